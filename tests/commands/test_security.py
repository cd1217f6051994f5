"""What strangers can send: requests, file names, lines. None of it reaches the file system or a
terminal raw, and none of it stops the agent.

SAWLOG_FUZZ_REQUESTS sets how many broken requests are sent.
"""
import json
import os
import random
import socket
from pathlib import Path

import pytest
from support.agent import Agent
from support.waiting import wait_for

REQUESTS = int(os.environ.get("SAWLOG_FUZZ_REQUESTS", "400"))

NAMES = ["a\nb.log", "%s%n%00.log", "%2e%2e%2f..%2fetc.log", "\x1b[2J\x1b]0;x\x07.log", "-rf.log",
         "a b'\"$(touch x)`.log", "ü\u202e.log", "x" * 240 + ".log"]


@pytest.fixture
def agent(binary, tmp_path):
    (tmp_path / "logs").mkdir()
    with Agent(tmp_path / "agent", {
        "sources": {"app": {"paths": [str(tmp_path / "logs" / "*.log")]}},
        "outputs": {"archive": {"type": "file", "path": str(tmp_path / "agent" / "out.ndjson"),
                                "compression": "none", "batch": {"age": "10ms"}}},
    }) as agent:
        agent.start()
        agent.wait_up()
        yield agent


def ask(port: int, request: bytes, seconds: float = 20) -> bytes:
    """The answer to some bytes, until the agent closes."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        try:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            while block := connection.recv(65536):
                answer += block
        except ConnectionError:
            pass  # it was cut off: fine
    return answer


def files_below(path: Path) -> set[str]:
    return {str(file.relative_to(path)) for file in path.rglob("*")}


def test_file_names(agent, sawlog, tmp_path):
    logs = tmp_path / "logs"
    for number, name in enumerate(NAMES):
        (logs / name).write_text(f'{{"message":"{number}"}}\n')
    out = agent.directory / "out.ndjson"
    wait_for("every file", lambda: out.exists() and out.read_text().count("\n") == len(NAMES))
    paths = {json.loads(line)["log.file.path"] for line in out.read_text().splitlines()}
    assert paths == {str(logs / name) for name in NAMES}
    for line in agent.log.read_bytes().splitlines():
        json.loads(line)  # each line of its own log is one record
    for name in NAMES:
        (logs / name).write_text('{"message":"is cut off at its end')
    shown = sawlog("status", "--url", f"http://127.0.0.1:{agent.port}").stdout
    shown += sawlog("check", "--config", agent.file).stderr
    shown += sawlog("tail", "--no-follow", *(f"./{name}" for name in NAMES), cwd=logs).stdout
    assert not {"\x1b", "\x07", "\x9b"} & set(shown)
    json.loads(agent.get("/status").text)
    assert {path.name for path in tmp_path.iterdir()} == {"logs", "agent"}
    assert {path.name for path in logs.iterdir()} == set(NAMES)
    state = Path(agent.config["state_dir"])
    assert files_below(state) <= {"id", "consumers", "consumers/archive", "consumers/metrics",
                                  "dead", "files", "lock", "recorded"}


def test_lines(agent, sawlog, tmp_path):
    lines = [b'{"message":"\\u001b[2J","service.name":"../../../etc/passwd"}',
             b'{"log.level":"%s%n","trace_id":"\x00\xff\xfe","message":"' + b"a" * 100_000 + b'"}',
             b"\x1b[31m plain \x00\x01 text \x9b", b'{"' + b'{"a":' * 5000]
    (tmp_path / "logs" / "a.log").write_bytes(b"\n".join(lines) + b"\n")
    out = agent.directory / "out.ndjson"
    wait_for("every line", lambda: out.exists() and out.read_bytes().count(b"\n") == len(lines))
    for line in out.read_bytes().splitlines():
        assert b"\x1b" not in line and b"\x00" not in line
        json.loads(line)
    assert agent.get("/metrics").status_code == 200


PATHS = ["/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/metrics/../../etc",
         "/status%00", "/status\\..\\..", "/.git/config", "/api/v1/../../etc/shadow", "/%", "/%zz"]


@pytest.mark.parametrize("path", PATHS)
def test_no_path_leads_to_a_file(agent, path):
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answer = ask(agent.port, request.encode())
    assert b"root:" not in answer
    assert b" 200 " not in answer.split(b"\r\n")[0]


CASES = {
    "a long path": b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
    "a long header": b"GET /metrics HTTP/1.1\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
    "many headers": b"GET /metrics HTTP/1.1\r\n" + b"X: y\r\n" * 50_000 + b"\r\n",
    "a body that is too long": b"POST /record HTTP/1.1\r\nHost: x\r\nContent-Type: application/json"
                               b"\r\nContent-Length: 99999999\r\n\r\n" + b"a" * 200_000,
    "a length that is none": b"POST /reload HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    "endless chunks": b"POST /record HTTP/1.1\r\nContent-Type: application/json\r\n"
                      b"Transfer-Encoding: chunked\r\n\r\n" + b"ffff\r\n" + b"a" * 65535 + b"\r\n" +
                      b"ffff\r\n" + b"a" * 65535 + b"\r\n",
    "another protocol": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)),
    "nothing": b"",
    "half a request": b"GET /metrics HT",
}


@pytest.mark.parametrize("name", CASES)
def test_requests_are_limited(agent, name):
    answer = ask(agent.port, CASES[name])
    assert b" 200 " not in answer.split(b"\r\n")[0]
    assert agent.get("/health/live").status_code == 200
    assert agent.rss_bytes_max() < 200 << 20


def test_clients_that_say_nothing_do_not_hold_it_up(agent):
    silent = [socket.create_connection(("127.0.0.1", agent.port)) for _ in range(12)]
    try:
        assert agent.get("/health/live").status_code == 200
    finally:
        for connection in silent:
            connection.close()


def test_broken_requests(agent):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    draw = random.Random(seed)
    good = [b"GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: text/plain\r\nConnection: close\r\n\r\n",
            b"GET /api/v1/monitoring/status?a=b HTTP/1.0\r\n\r\n",
            b"POST /record HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: 55\r\nConnection: close\r\n\r\n"
            b'{"metric_type":"counter","name":"a","value":1,"labels":{}}']
    for _ in range(REQUESTS):
        request = bytearray(draw.choice(good))
        for _ in range(draw.randrange(1, 8)):
            at = draw.randrange(len(request))
            how = draw.randrange(3)
            if how == 0:
                request[at] = draw.randrange(256)
            elif how == 1:
                del request[at:at + draw.randrange(1, 20)]
            else:
                request[at:at] = bytes(draw.randrange(256) for _ in range(draw.randrange(1, 20)))
            request = request or bytearray(b"G")
        ask(agent.port, bytes(request))
    assert agent.get("/health/live").status_code == 200
    assert agent.stop() == 0


def test_another_address_demands_a_token(sawlog, tmp_path):
    file = tmp_path / "sawlog.yaml"
    file.write_text("http: {listen: '0.0.0.0:7295'}\nsources: {app: {paths: [/a.log]}}\n"
                    "outputs: {o: {type: stdout}}\n")
    done = sawlog("check", "--config", file)
    assert done.returncode == 2
    assert "'http.listen' is open to other hosts; set http.token" in done.stderr
