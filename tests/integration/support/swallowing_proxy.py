"""A proxy before a server that lets it do its work and keeps the answer to itself.

What the agent then knows is what it knows after a cut connection: nothing.
"""
import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class SwallowingProxy:
    def __init__(self, url: str):
        self.upstream = urlsplit(url).netloc
        self.swallows = False  # answers to _bulk: the connection is closed instead
        self.swallowed = 0
        self.forbids_reading = False  # as for a user with the right to write only
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if proxy.forbids_reading and "_bulk" not in self.path:
                    self.answer(403, "application/json", b'{"error":{"type":"security_exception"}}')
                    return
                upstream = http.client.HTTPConnection(proxy.upstream, timeout=60)
                try:
                    upstream.request(self.command, self.path, body, dict(self.headers))
                    answer = upstream.getresponse()
                    content = answer.read()
                except OSError:
                    self.close_connection = True
                    return
                finally:
                    upstream.close()
                if proxy.swallows and "_bulk" in self.path:
                    proxy.swallowed += 1
                    self.close_connection = True
                    return
                self.answer(answer.status, answer.headers.get("Content-Type", ""), content)

            def answer(self, status: int, content_type: str, content: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(content)))
                try:
                    self.end_headers()
                    self.wfile.write(content)
                except OSError:  # the agent is gone
                    self.close_connection = True

            do_GET = do_POST = do_PUT = forward

            def log_message(self, *_) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self) -> "SwallowingProxy":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.server.shutdown()
        self.server.server_close()
