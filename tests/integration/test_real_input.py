"""A Python service's logs, rotated and compressed while the agent is killed five times.

Every record is read back from every destination and compared with the files; the metrics are
compared with an independent count over the events in the files. SAWLOG_REQUESTS sets how many
requests the service gets.
"""
import asyncio
import json
import math
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import httpx
import pytest
from service import traffic
from support.agent import Agent
from support.destinations import Destinations
from support.logrotate import Logrotate
from support.records import (compare, flat, http_events, http_requests_total, is_json,
                             read_rotated, route, text_lines, without_head)
from support.servers import free_ports
from support.waiting import wait_for

REQUESTS = int(os.environ.get("SAWLOG_REQUESTS", "5000"))
KILLS = 5
ROTATIONS = 6
LOGS = ["app.json", "access.log", "error.log"]


class Service:
    def __init__(self, directory: Path):
        self.port = free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}"
        with open(directory.parent / "service.out", "wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, Path(__file__).parent / "service" / "app.py", str(self.port),
                 directory], stdin=subprocess.DEVNULL, stdout=output, stderr=output)

    def is_up(self) -> bool:
        try:
            return httpx.get(self.url + "/health",
                             headers={"x-request-id": "up"}).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)


def crash(agent: Agent) -> None:
    agent.wait_up()
    agent.kill()
    agent.start()


@pytest.fixture(scope="module")
def run(binary, elasticsearch, opensearch, kafka, loki, tmp_path_factory):
    """(destinations, the agent's directory and configuration, the logs' directory)."""
    directory = tmp_path_factory.mktemp("real_input")
    logs = directory / "logs"
    logs.mkdir()
    destinations = Destinations("real-input", directory, elasticsearch, opensearch, kafka, loki)
    agent = Agent(directory, {
        "sources": {"shop": {"paths": [str(logs / name) for name in LOGS]}},
        "labels": destinations.labels,
        "outputs": destinations.config(batch={"bytes": "64KiB", "age": "100ms"}),
    })
    logrotate = Logrotate(directory, [logs / name for name in LOGS])
    service = Service(logs)
    with agent:
        try:
            agent.start()
            wait_for("the service", service.is_up)
            on_the_way = {REQUESTS * (2 * n + 1) // (2 * KILLS): lambda: crash(agent)
                          for n in range(KILLS)}
            on_the_way |= {REQUESTS * n // (ROTATIONS + 1): logrotate.run
                           for n in range(1, ROTATIONS + 1)}
            assert len(on_the_way) == KILLS + ROTATIONS
            asyncio.run(traffic.send(service.url, REQUESTS, on_the_way))
        finally:
            service.stop()
        agent.wait_up()
        assert agent.stop() == 0, agent.tail_of_log()
    assert agent.run_once() == 0, agent.tail_of_log()
    return destinations, agent, logs


@pytest.fixture(scope="module")
def written(run) -> dict[str, list[bytes]]:
    """The lines in the files, rotated ones included."""
    _, _, logs = run
    lines = {name: read_rotated(logs, name) for name in LOGS}
    handled = {event["request_id"] for event in http_events(lines["app.json"])}
    assert len(handled - {"up"}) == REQUESTS
    assert any(b"Traceback" in line for line in lines["error.log"])
    assert list(logs.glob("app.json.*.gz"))
    return lines


def check(written, arrived: list[dict]) -> None:
    """The JSON events one by one; plain text line by line, whether joined or not."""
    lines = [line for name in LOGS for line in written[name]]
    # a service that comes up is asked more than once under the same id
    events = {event["request_id"]: event for line in lines if is_json(line)
              for event in [json.loads(line)] if event["request_id"] != "up"}
    ups = [record for record in arrived if flat(record).get("request_id") == "up"]
    assert len(ups) == sum(is_json(line) and b'"up"' in line for line in lines)
    compare(events, [record for record in arrived
                     if flat(record).get("request_id", "up") != "up"],
            "request_id", labels={"env"})

    want = Counter(without_head(line.decode()) for line in lines if not is_json(line))
    got = text_lines([record for record in arrived if "request_id" not in flat(record)])
    lost, more = want - got, got - want
    assert not lost, f"{lost.total()} of {want.total()} lines lost, {list(lost)[:3]}"
    assert not more, f"{more.total()} lines too many, {list(more)[:3]}"


@pytest.mark.parametrize("output", ["elasticsearch", "opensearch", "kafka", "loki", "file"])
def test_each_line_once(run, written, output):
    destinations, _, _ = run
    check(written, destinations.read(output))


def test_metrics_are_exact(run, written):
    _, agent, _ = run
    events = http_events(written["app.json"])
    with agent:
        agent.start()
        agent.wait_up()
        series = agent.metrics()
    counted = {labels: value for (name, labels), value in series.items()
               if name == "http_requests_total"}
    assert counted == http_requests_total(events)
    check_durations(series, events)


def check_durations(series: dict, events: list[dict]) -> None:
    """http_request_duration_seconds: count, sum and every bucket of each method and endpoint."""
    name = "http_request_duration_seconds"
    durations = {}
    for event in events:
        labels = frozenset({("method", event["method"]), ("endpoint", route(event["endpoint"]))})
        durations.setdefault(labels, []).append(event["duration"])
    counts = {labels: value for (n, labels), value in series.items() if n == name + "_count"}
    assert counts == {labels: len(values) for labels, values in durations.items()}
    for labels, values in durations.items():
        assert math.isclose(series[name + "_sum", labels], math.fsum(values), rel_tol=1e-12)
    for (n, labels), value in series.items():
        if n == name + "_bucket":
            bound = float(dict(labels)["le"])
            own = frozenset(pair for pair in labels if pair[0] != "le")
            assert value == sum(duration <= bound for duration in durations[own])
