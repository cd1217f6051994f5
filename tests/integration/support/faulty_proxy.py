"""A proxy before a server that answers some requests itself, byte for byte as a test wants it,
however wrong, and passes on the others. Such a request never reaches the server."""
import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class FaultyProxy:
    def __init__(self, url: str, port: int = 0):
        self.upstream = urlsplit(url).netloc
        self.answer = b""  # to _bulk instead of the server's; the connection ends behind it
        self.repeat = 1  # of the answer's last byte: how long it is
        self.faults = self.passed_on = 0  # requests to _bulk
        self.is_gone = False
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                is_bulk = "_bulk" in self.path
                try:
                    if proxy.is_gone:  # though the connection was kept
                        self.close_connection = True
                        return
                    if is_bulk and proxy.answer:
                        proxy.faults += 1
                        self.close_connection = True
                        return self.fault()
                    proxy.passed_on += is_bulk
                    self.pass_on(body)
                except OSError:  # one of the two is gone
                    self.close_connection = True

            def fault(self) -> None:
                self.wfile.write(proxy.answer)
                rest = proxy.answer[-1:] * (1 << 20)
                for _ in range(proxy.repeat >> 20):
                    self.wfile.write(rest)

            def pass_on(self, body: bytes) -> None:
                upstream = http.client.HTTPConnection(proxy.upstream, timeout=60)
                try:
                    upstream.request(self.command, self.path, body, dict(self.headers))
                    answer = upstream.getresponse()
                    content = answer.read()
                finally:
                    upstream.close()
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.headers.get("Content-Type", ""))
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = forward

            def log_message(self, *_) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "FaultyProxy":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.is_gone = True
        self.server.shutdown()
        self.server.server_close()
