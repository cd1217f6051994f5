"""Alerts without Prometheus: from lines in a log to a real SMTP server (STARTTLS, authentication),
webhooks, and a real Alertmanager.
"""
import email
import email.policy
import http.server
import json
import shutil
import ssl
import stat
import subprocess
import urllib.request
from datetime import datetime, timezone

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from stack import Agent, Listener, free_port, wait_for

PASSWORD = "hunter2-hunter2"


class MailServer:
    """Takes mail for nobody but who has upgraded to TLS and knows the password."""

    def __init__(self, directory):
        self.ca = directory / "mail.pem"
        key = directory / "mail.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                        "-keyout", key, "-out", self.ca], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca, key)
        self.inbox = []
        self.port = free_port()
        self.controller = Controller(
            self, hostname="127.0.0.1", port=self.port, server_hostname="localhost",
            tls_context=context, require_starttls=True, auth_required=True,
            authenticator=self.authenticate)
        self.controller.start()

    @staticmethod
    def authenticate(_server, _session, _envelope, _mechanism, data) -> AuthResult:
        is_right = (data.login, data.password) == (b"alerts@example.com", PASSWORD.encode())
        return AuthResult(success=is_right)

    async def handle_DATA(self, _server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.inbox.append((envelope.mail_from, envelope.rcpt_tos, session.ssl is not None, message))
        return "250 taken"


class Hooks:
    """What was posted, by path."""

    def __init__(self):
        self.received = received = {"/hook": [], "/slack": []}

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                received[self.path].append(json.loads(body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.listener = Listener(Handler)
        self.url = f"http://{self.listener.address}"


class Service:
    """An agent with every kind of receiver, and the log that it follows."""

    def __init__(self, directory, mail, hooks, alertmanager, password=PASSWORD):
        self.log = directory / "app.log"
        self.log.touch()
        # The guides' file as it is, but for the server and the minute.
        (directory / "alerting.json").write_text(json.dumps({
            "email_alerts": {
                "enabled": True, "smtp_server": "localhost", "smtp_port": mail.port,
                "username": "alerts@example.com", "password": password,
                "recipients": ["admin@example.com"]},
            "alert_rules": [
                {"name": "high_cpu_usage", "condition": "cpu_usage > 100.5", "duration": "5m",
                 "severity": "critical"},
                {"name": "high_error_rate", "condition": "error_rate > 5", "duration": "1s",
                 "severity": "critical"}]}, indent=2))
        self.agent = Agent(directory, {
            "sources": {"app": {"paths": [str(self.log)]}},
            "outputs": {"see": {"type": "file", "path": str(directory / "out.zst")}},
            "labels": {"env": "test"},
            "metrics": {"rules": [{"gauge": "queue_length", "value": "queue.length",
                                   "labels": {"queue": "queue.name"}}]},
            "alerts": {
                "file": "alerting.json", "interval": "1s", "group_wait": "1s",
                "group_interval": "1s",
                "rules": [{"name": "queue_long", "condition": "queue_length > 5",
                           "summary": "{queue} has {value} waiting", "labels": {"team": "mail"}}],
                "receivers": {
                    "hook": {"type": "webhook", "url": f"{hooks.url}/hook",
                             "severities": ["warning"]},
                    "slack": {"type": "slack", "url": f"{hooks.url}/slack", "channel": "#alerts",
                              "severities": ["warning"]},
                    "manager": {"type": "alertmanager", "url": alertmanager.url}}}})

    def queue(self, length: int) -> None:
        self.write({"queue.name": "mail", "queue.length": length})

    def write(self, *events: dict) -> None:
        time = datetime.now(timezone.utc).isoformat()
        with self.log.open("a") as log:
            for event in events:
                log.write(json.dumps({"@timestamp": time, "message": "x"} | event) + "\n")

    def told(self, what: str) -> dict[str, dict]:
        """The alerts' part of /status: rules or receivers, by name."""
        return {one["name"]: one for one in self.agent.get("/status").json()["alerts"][what]}

    def rules(self) -> dict[str, dict]:
        return self.told("rules")

    def receivers(self) -> dict[str, dict]:
        return self.told("receivers")

    def silence(self, match: dict, duration: str) -> None:
        body = json.dumps({"match": match, "duration": duration}).encode()
        urllib.request.urlopen(urllib.request.Request(
            f"http://127.0.0.1:{self.agent.port}/alerts/silence", body,
            {"Content-Type": "application/json"}), timeout=10).close()


@pytest.fixture(scope="module")
def mail(tmp_path_factory):
    server = MailServer(tmp_path_factory.mktemp("mail"))
    yield server
    server.controller.stop()


@pytest.fixture
def service(tmp_path, mail, alertmanager):
    hooks = Hooks()
    one = Service(tmp_path, mail, hooks, alertmanager)
    one.hooks = hooks.received
    one.agent.config["alerts"]["receivers"]["team"] = {
        "type": "email", "server": f"localhost:{mail.port}", "username": "alerts@example.com",
        "password": PASSWORD, "from": "sawlog@example.com", "to": ["team@example.com"],
        "tls": {"ca": str(mail.ca)}, "severities": ["critical"]}
    one.agent.file.write_text(json.dumps(one.agent.config))
    with one.agent:
        one.agent.start()
        one.agent.wait_up()
        yield one
    hooks.listener.close()


def test_an_alert_reaches_everybody_and_so_does_its_end(service, alertmanager):
    service.queue(9)
    hook = wait_for("the webhook", lambda: service.hooks["/hook"])[0]
    assert (hook["status"], hook["receiver"], hook["truncatedAlerts"]) == ("firing", "hook", 0)
    alert, = hook["alerts"]
    assert alert["annotations"]["summary"] == "mail has 9 waiting"
    assert alert["labels"] | {"instance": ""} == {
        "alertname": "queue_long", "severity": "warning", "queue": "mail", "team": "mail",
        "env": "test", "instance": ""}
    slack = wait_for("Slack", lambda: service.hooks["/slack"])[0]
    assert slack["channel"] == "#alerts"
    assert slack["text"].startswith("[FIRING 1] warning queue_long (")
    assert slack["attachments"][0]["color"] == "warning"
    managed, = wait_for("the Alertmanager", lambda: alertmanager.alerts(alertname="queue_long"))
    assert managed["status"]["state"] == "active"
    assert managed["annotations"]["summary"] == "mail has 9 waiting"
    assert service.rules()["queue_long"]["state"] == "firing"
    assert service.rules()["high_cpu_usage"]["state"] == "inactive"
    assert 'sawlog_alerts{alertname="queue_long",state="firing"} 1\n' \
        in service.agent.get("/metrics").text

    service.queue(0)
    end = wait_for("the end", lambda: service.hooks["/hook"][1:])[0]
    assert end["status"] == "resolved"
    assert end["alerts"][0]["labels"] == alert["labels"]
    wait_for("the end in Slack", lambda: service.hooks["/slack"][1:])
    wait_for("the end at the Alertmanager",
             lambda: not alertmanager.alerts(alertname="queue_long"))
    assert service.rules()["queue_long"]["state"] == "inactive"


def test_mail_goes_over_tls_to_a_server_that_asks_who_we_are(service, mail):
    service.write(*[{"event.name": "http.request", "http.request.method": "GET",
                     "http.route": "/orders", "http.response.status_code": status}
                    for status in (200, 503, 503, 503)])
    wait_for("the mail", lambda: mail.inbox)
    sender, to, is_encrypted, message = mail.inbox[0]
    assert (sender, to, is_encrypted) == ("sawlog@example.com", ["team@example.com"], True)
    assert message["Subject"].startswith("[FIRING 1] critical high_error_rate (")
    assert message["To"] == "team@example.com"
    assert "error_rate > 5 (now 75)" in message.get_content()
    # The guides' own receiver trusts the system's authorities, and this one is none of them.
    assert service.receivers()["team"] | {"sent": 1} == {
        "name": "team", "up": True, "reason": "", "sent": 1, "failed": 0}
    wait_for("the refusal", lambda: "certificate" in service.receivers()["email"]["reason"])
    assert PASSWORD not in service.agent.log.read_text()
    assert PASSWORD not in service.agent.get("/status").text


def test_a_crash_tells_nothing_twice(service):
    service.queue(9)
    wait_for("the webhook", lambda: service.hooks["/hook"])
    state = service.agent.directory / "state" / "alerts"
    # Once as an alert, and once as what each of three receivers was told.
    wait_for("the state", lambda: state.read_bytes().count(b"mail has 9 waiting") == 4)
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    service.agent.kill()
    service.agent.start()
    service.agent.wait_up()
    wait_for("the alert", lambda: service.rules()["queue_long"]["state"] == "firing")
    service.queue(0)
    wait_for("the end", lambda: service.hooks["/hook"][1:])
    assert [one["status"] for one in service.hooks["/hook"]] == ["firing", "resolved"]


def test_silence_and_reload(service):
    service.silence({"alertname": "queue_long"}, "1h")
    service.queue(9)
    wait_for("the alert", lambda: service.rules()["queue_long"]["state"] == "firing")
    assert service.rules()["queue_long"]["alerts"][0]["silenced"]
    assert service.hooks["/hook"] == []
    # Another limit comes by a reload; the silence and who was told what stay.
    service.agent.config["alerts"]["rules"][0]["condition"] = "queue_length > 50"
    service.agent.file.write_text(json.dumps(service.agent.config))
    answer = urllib.request.urlopen(urllib.request.Request(
        f"http://127.0.0.1:{service.agent.port}/reload", b""), timeout=30)
    assert b"alerts changed" in answer.read()
    wait_for("the new limit", lambda: service.rules()["queue_long"]["state"] == "inactive")
    service.queue(99)
    wait_for("the alert", lambda: service.rules()["queue_long"]["state"] == "firing")
    assert service.hooks["/hook"] == []
    service.silence({"alertname": "queue_long"}, "0s")
    told = wait_for("the webhook", lambda: service.hooks["/hook"])
    assert told[0]["alerts"][0]["value"] == 99


def test_conditions_are_checked(tmp_path):
    from support.agent import BINARY
    shutil.copy(__file__, tmp_path / "app.log")
    (tmp_path / "sawlog.yaml").write_text(json.dumps({
        "sources": {"app": {"paths": [str(tmp_path / "*.log")]}},
        "outputs": {"see": {"type": "stdout"}},
        "alerts": {"rules": [{"name": "x", "condition": "rate(http_request_total[5m]) > 1"}],
                   "receivers": {"a": {"type": "alertmanager", "url": "http://localhost:9093"}}}}))
    checked = subprocess.run([BINARY, "check", "--config", tmp_path / "sawlog.yaml"],
                             capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    assert "no preset and no rule makes a metric 'http_request_total'; did you mean " \
           "'http_requests_total'?" in checked.stdout + checked.stderr
