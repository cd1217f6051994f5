"""What stands in front of a server that checks nobody: TLS with a certificate of its own, and an
Authorization that it wants to see. Everything else is passed on."""
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

PASSED_ON = ("Content-Type", "Content-Encoding", "X-Scope-OrgID")


class Proxy:
    def __init__(self, directory: Path, upstream: str, authorization: str):
        self.ca = directory / "proxy.pem"
        key = directory / "proxy.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                        "-keyout", key, "-out", self.ca], check=True, capture_output=True)
        self.authorization = authorization
        self.refused = 0
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca, key)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler(upstream))
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"https://localhost:{self.server.server_address[1]}"

    def handler(proxy, upstream: str):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers["Authorization"] != proxy.authorization:
                    proxy.refused += 1
                    return self.answer(401, b"who are you?")
                passed_on = httpx.post(upstream + self.path, content=body, timeout=60, headers={
                    name: self.headers[name] for name in PASSED_ON if name in self.headers})
                self.answer(passed_on.status_code, passed_on.content)

            def answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                if status != 204:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(self, *_) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
