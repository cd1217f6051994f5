"""A real Prometheus and a real Alertmanager on 127.0.0.1, with the shipped configuration.

What is replaced in it: addresses, waiting times, and where secrets are. What they talk to is served
by this process.
"""
import http.server
import json
import re
import shutil
import socket
import socketserver
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import exposition
from pack import ALERTMANAGER, PROMETHEUS, ROOT, program

sys.path.insert(0, str(ROOT / "tests" / "integration"))
from bad_day import BadDay  # noqa: E402
from support.agent import Agent  # noqa: E402
from support.waiting import wait_for  # noqa: E402


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get_json(url: str, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read() or b"null")


class Process:
    """A server that answers /-/ready when it is up; its log is kept beside its data."""

    def __init__(self, name: str, directory: Path, port: int, *options: str):
        self.url = f"http://127.0.0.1:{port}"
        self.log = directory / f"{name}.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [program(name), f"--web.listen-address=127.0.0.1:{port}", *options],
                cwd=directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            wait_for(f"{name} to be ready", self.is_ready, 30)
        except BaseException:
            self.stop()
            raise

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text(errors="replace")[-3000:]
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, ConnectionError):
            return False

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Listener:
    """A server of this process, in a thread, until close()."""

    def __init__(self, handler, server=http.server.ThreadingHTTPServer):
        self.server = server(("127.0.0.1", 0), handler)
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


# ---- Prometheus -----------------------------------------------------------------------------

def exporter(render) -> Listener:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = render().encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return Listener(Handler)


class Server:
    """A Prometheus that can be asked; process is set by who starts it."""

    process: Process

    def query(self, expression: str) -> list[dict]:
        """The series of an instant query."""
        query = urllib.parse.urlencode({"query": expression})
        data = get_json(f"{self.process.url}/api/v1/query?{query}")["data"]
        return data["result"] if data["resultType"] in ("vector", "matrix") else [data]


class Scraper(Server):
    """Asks one agent four times a second, as fast as it is worth."""

    def __init__(self, directory: Path, agent_port: int):
        directory.mkdir()
        (directory / "prometheus.yml").write_text(
            "global: {scrape_interval: 250ms}\n"
            "scrape_configs:\n"
            f"  - {{job_name: agent, static_configs: [{{targets: ['127.0.0.1:{agent_port}']}}]}}\n")
        self.process = Process(
            "prometheus", directory, free_port(), "--config.file=prometheus.yml",
            "--storage.tsdb.path=data", "--log.level=warn", "--enable-feature=exemplar-storage")

    def exemplars(self, expression: str) -> list[dict]:
        query = urllib.parse.urlencode({"query": expression, "start": time.time() - 10 * 86400,
                                        "end": time.time() + 60})
        return get_json(f"{self.process.url}/api/v1/query_exemplars?{query}")["data"]

    def close(self) -> None:
        self.process.stop()


class Prometheus(Server):
    """With a real agent that follows the log of a very bad day, the exporters beside it, and
    another agent in trouble; Redis' exporter is not there at all.
    """

    def __init__(self, directory: Path, alertmanager_url: str):
        began = time.monotonic()
        self.agent = Agent(directory / "agent", {
            "sources": {"app": {"paths": [str(directory / "app.json")]}},
            "outputs": {"archive": {"type": "file", "path": str(directory / "archive.zst")},
                        "nobody": {"type": "loki", "url": f"http://127.0.0.1:{free_port()}"}}})
        self.agent.start()
        self.agent.wait_up()
        self.day = BadDay(directory / "app.json")

        def since(render):
            return exporter(lambda: render(time.monotonic() - began))

        self.exporters = {
            "in trouble": since(exposition.agent),
            "127.0.0.1:9100": since(exposition.node),
            "127.0.0.1:8081": since(exposition.containers),
            "127.0.0.1:9115": exporter(lambda: exposition.probe(time.time())),
        }
        port = free_port()
        addresses = {shipped: one.address for shipped, one in self.exporters.items()}
        addresses["127.0.0.1:7295"] = (f"127.0.0.1:{self.agent.port}, "
                                       f"{addresses.pop('in trouble')}")
        addresses |= {"127.0.0.1:9090": f"127.0.0.1:{port}",
                      "127.0.0.1:9093": alertmanager_url.removeprefix("http://")}
        self.configure(directory, addresses)
        self.process = Process(
            "prometheus", directory, port, "--config.file=prometheus.yml",
            "--storage.tsdb.path=data", "--log.level=warn")
        self.url = self.process.url

    def agent_metrics(self) -> set[str]:
        """The names of all that the real agent serves; a histogram's without _bucket and so on."""
        types = re.findall(r"^# TYPE (\w+) (\w+)$", self.agent.get("/metrics").text, re.MULTILINE)
        return {name for name, _ in types}

    def configure(self, directory: Path, addresses: dict[str, str]) -> None:
        shutil.copytree(PROMETHEUS, directory, dirs_exist_ok=True)
        text = (directory / "prometheus.yml").read_text()
        for shipped, here in addresses.items():
            assert shipped in text, f"prometheus.yml does not name {shipped}"
            text = text.replace(shipped, here)
        text = re.sub(r"(scrape_interval|evaluation_interval): 15s", r"\1: 250ms", text)
        (directory / "prometheus.yml").write_text(text)
        (directory / "targets" / "api.yml").write_text('[{targets: ["https://api.test/health"]}]')
        (directory / "targets" / "redis.yml").write_text(
            f'[{{targets: ["127.0.0.1:{free_port()}"]}}]')

    def rules(self) -> list[dict]:
        groups = get_json(f"{self.url}/api/v1/rules")["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]

    def close(self) -> None:
        self.process.stop()
        self.day.close()
        self.agent.kill()
        for one in self.exporters.values():
            one.close()


# ---- Alertmanager ---------------------------------------------------------------------------

class MailHandler(socketserver.StreamRequestHandler):
    """As much SMTP as one message needs."""

    def handle(self):
        self.say("220 here")
        while line := self.rfile.readline():
            word = line.split()[0].upper() if line.split() else b""
            if word == b"DATA":
                self.say("354 go on")
                lines = iter(self.rfile.readline, b".\r\n")
                self.server.inbox.append(("email", b"".join(lines).decode()))
                self.say("250 taken")
            elif word == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")


class MailServer(socketserver.ThreadingTCPServer):
    daemon_threads = True


class Alertmanager:
    """Its notifications arrive in inbox: (channel, text)."""

    def __init__(self, directory: Path):
        self.inbox = []
        inbox = self.inbox

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                inbox.append((self.path.strip("/"), body))
                self.send_response(202 if self.path == "/pagerduty" else 200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_):
                pass

        self.http = Listener(Handler)
        self.mail = Listener(MailHandler, MailServer)
        self.mail.server.inbox = inbox
        self.configure(directory)
        self.process = Process(
            "prometheus-alertmanager", directory, free_port(),
            "--config.file=alertmanager.yml", "--storage.path=data",
            "--cluster.listen-address=", "--log.level=warn")
        self.url = self.process.url

    def configure(self, directory: Path) -> None:
        shutil.copytree(ALERTMANAGER, directory, dirs_exist_ok=True)
        secrets = directory / "secrets"
        (secrets / "slack_api_url").write_text(f"http://{self.http.address}/slack")
        (secrets / "pagerduty_routing_key").write_text("key")
        (secrets / "smtp_password").write_text("password")
        text = (directory / "alertmanager.yml").read_text()
        for shipped, here in {
            "smtp_smarthost: smtp.example.com:587":
                f"smtp_smarthost: {self.mail.address}\n  smtp_require_tls: false\n"
                f"  pagerduty_url: http://{self.http.address}/pagerduty",
            "127.0.0.1:5001/alerts": f"{self.http.address}/webhook",
            "/etc/alertmanager/secrets": str(secrets),
        }.items():
            assert shipped in text, f"alertmanager.yml does not say {shipped}"
            text = text.replace(shipped, here)
        text = re.sub(r"group_wait: \w+", "group_wait: 100ms", text)
        (directory / "alertmanager.yml").write_text(text)

    def post(self, *alerts: dict) -> None:
        """Each by its labels; the texts are like those of the rules."""
        get_json(f"{self.url}/api/v2/alerts", [
            {"labels": labels,
             "annotations": {"summary": f"summary of {labels['alertname']}",
                             "description": "five < six", "runbook": "docs/monitoring.md#x"}}
            for labels in alerts])

    def alerts(self, **labels: str) -> list[dict]:
        """Those that have these labels."""
        query = urllib.parse.urlencode(
            [("filter", f'{name}="{value}"') for name, value in labels.items()])
        return get_json(f"{self.url}/api/v2/alerts?{query}")

    def received(self, word: str) -> dict[str, str]:
        """{channel: the first message there that has the word in it}"""
        found = {}
        for channel, text in list(self.inbox):
            if word in text:
                found.setdefault(channel, text)
        return found

    def close(self) -> None:
        self.process.stop()
        self.http.close()
        self.mail.close()
