"""What a real agent answers: values that are recorded, the summary, tokens, HTTPS."""
import json
import ssl
import subprocess
import time

import httpx
import pytest
from day import to_line
from stack import Scraper, wait_for
from support.agent import Agent

PREFIXES = ["", "/api/v1/monitoring", "/api/v1", "/monitoring"]
GUIDE = {"metric_type": "counter", "name": "custom_events_total", "value": 1,
         "labels": {"event_type": "signup"}}
SIGNUPS = ("custom_events_total", frozenset({("event_type", "signup")}))


def make_agent(directory, **http) -> Agent:
    agent = Agent(directory, {
        "sources": {"app": {"paths": [str(directory / "app.json")]}},
        "outputs": {"archive": {"type": "file", "path": str(directory / "records.json"),
                                "compression": "none"}}})
    agent.config["http"] |= http
    agent.file.write_text(json.dumps(agent.config))
    return agent


@pytest.fixture
def agent(tmp_path):
    with make_agent(tmp_path) as one:
        one.start()
        one.wait_up()
        yield one


def post(agent: Agent, body, path: str = "/record", **headers: str) -> httpx.Response:
    return httpx.post(f"http://127.0.0.1:{agent.port}{path}", json=body, headers=headers,
                      timeout=10)


# ---- POST /record ---------------------------------------------------------------------------

def test_a_recorded_value_is_counted_once_through_every_crash(agent):
    for number in range(30):
        assert post(agent, GUIDE, PREFIXES[number % 4] + "/record").status_code == 200
        if number % 6 == 5:
            agent.kill()
            agent.start()
            agent.wait_up()
    wait_for("30 signups", lambda: agent.metrics().get(SIGNUPS) == 30, 20)
    agent.kill()
    agent.start()
    agent.wait_up()
    assert agent.metrics()[SIGNUPS] == 30


def test_all_types_are_recorded_and_go_to_no_output(agent):
    assert post(agent, {"metric_type": "gauge", "name": "depth", "value": 7}).status_code == 200
    assert post(agent, {"metric_type": "histogram", "name": "job_seconds",
                        "value": 0.3}).status_code == 200
    series = wait_for("both", lambda: (
        ("job_seconds_count", frozenset()) in (found := agent.metrics()), found), 20)[1]
    assert series["depth", frozenset()] == 7
    assert series["job_seconds_bucket", frozenset({("le", "0.25")})] == 0
    assert series["job_seconds_bucket", frozenset({("le", "0.5")})] == 1
    assert agent.stop() == 0
    assert not (agent.directory / "records.json").exists()


def test_what_contradicts_a_metric_is_refused(agent):
    assert post(agent, GUIDE).status_code == 200
    wait_for("the signup", lambda: agent.metrics().get(SIGNUPS) == 1, 20)
    answer = post(agent, GUIDE | {"labels": {"other": "x"}})
    assert (answer.status_code, answer.json()) == (
        400, {"error": "'custom_events_total' has other labels"})
    assert post(agent, GUIDE | {"metric_type": "gauge"}).status_code == 400
    assert post(agent, GUIDE | {"value": "one"}).json() == {"error": "'value' must be a number"}
    assert post(agent, {"metric_type": "gauge", "name": "http_requests_total",
                        "value": 1}).status_code == 400


@pytest.mark.parametrize("http, status", [
    ({"record": "never"}, 403),
    ({"token": "secret"}, 401),
    ({"token": "secret", "record": "always"}, 401),
])
def test_recording_can_be_off_or_ask_for_a_token(tmp_path, http, status):
    with make_agent(tmp_path, **http) as agent:
        agent.start()
        wait_for("the agent", lambda: is_live(agent))
        assert post(agent, GUIDE).status_code == status
        if "token" in http:
            assert post(agent, GUIDE, Authorization="Bearer secret").status_code == 200


def is_live(agent: Agent) -> bool:
    try:
        return agent.get("/health/live").status_code == 200
    except httpx.TransportError:
        return False


# ---- the summary ----------------------------------------------------------------------------

def test_the_summary_says_what_happened(agent):
    records = [{"method": "GET", "path": "/", "status": status, "duration": 0.2}
               for status in 9 * [200] + [503]]
    records += [{"event.name": "llm.request", "model": "large", "input_tokens": 90,
                 "output_tokens": 10, "cost": 0.5}]
    (agent.directory / "app.json").write_bytes(b"".join(map(to_line, records)))
    summary = wait_for("the summary", lambda: (
        (found := agent.get("/api/v1/monitoring/summary").json())["requests"]["total"] == 10 and
        found["tokens"]["total"] == 100, found), 20)[1]
    assert summary["errors"]["total"] == 1
    assert summary["errors"]["percent"] == pytest.approx(10)
    assert 0.1 < summary["latency_seconds"]["p50"] <= 0.25
    assert summary["requests"]["per_second"] == pytest.approx(10 / summary["window_seconds"])
    assert summary["tokens"]["input"] == 90
    assert summary["cost_dollars"]["total"] == 0.5
    assert summary["cost_dollars"]["by_model"] == {"large": 0.5}
    assert summary["metrics"]["http_requests_total"]["status_code"] == {"200": 9, "503": 1}
    assert summary["metrics"]["http_request_duration_seconds"]["mean"] == pytest.approx(0.2)


# ---- exemplars ------------------------------------------------------------------------------

def test_prometheus_finds_the_traces(agent, tmp_path):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    (tmp_path / "app.json").write_bytes(to_line(
        {"ts": time.time(), "method": "GET", "path": "/", "status": 200, "duration": 0.2,
         "trace_id": trace}))
    prometheus = Scraper(tmp_path / "prometheus", agent.port)
    try:
        for metric in ("http_requests_total", "http_request_duration_seconds_bucket"):
            found = wait_for("an exemplar", lambda: prometheus.exemplars(metric), 20)
            assert found[0]["exemplars"][0]["labels"] == {"trace_id": trace}
    finally:
        prometheus.close()


# ---- HTTPS ----------------------------------------------------------------------------------

def certificate(directory, name: str) -> tuple[str, str]:
    """(certificate, key) of one that signed itself."""
    cert, key = str(directory / f"{name}.pem"), str(directory / f"{name}.key")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "1", "-subj", f"/CN={name}", "-addext",
         "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
        check=True, stderr=subprocess.DEVNULL)
    return cert, key


def test_https_for_those_with_a_certificate(tmp_path):
    cert, key = certificate(tmp_path, "server")
    client, client_key = certificate(tmp_path, "client")
    with make_agent(tmp_path, tls={"cert": cert, "key": key, "client_ca": client}) as agent:
        agent.start()
        url = f"https://127.0.0.1:{agent.port}/health"

        def ask(with_certificate: bool) -> int:
            context = ssl.create_default_context(cafile=cert)
            if with_certificate:
                context.load_cert_chain(client, client_key)
            try:
                return httpx.get(url, verify=context, timeout=5).status_code
            except httpx.TransportError:
                return 0

        wait_for("the agent", lambda: ask(True) == 200, 20)
        assert ask(False) == 0
        with pytest.raises(httpx.TransportError):
            httpx.get(url.replace("https", "http"), timeout=5)


def test_a_certificate_that_cannot_be_used_is_said_at_the_start(tmp_path):
    cert, _ = certificate(tmp_path, "server")
    _, other_key = certificate(tmp_path, "other")
    with make_agent(tmp_path, tls={"cert": cert, "key": other_key}) as agent:
        agent.start()
        assert agent.process.wait(20) != 0
        agent.process = None
        assert "its key or client_ca cannot be used" in agent.tail_of_log()
