"""Soaks of the way out of an outage: ./dev soak backlog.

SAWLOG_BACKLOG_MIB is what waits for one output (a sink that answers at once, so that the agent is
what is measured), SAWLOG_OUTAGE_SECONDS how long each real server is away, one after the other.
"""
import json
import os
import subprocess
import threading
import time

import httpx
import pytest
from support.agent import ROOT, Agent
from support.destinations import Destinations
from support.records import compare
from support.servers import free_ports
from support.steady import Repeating, Writer
from support.waiting import wait_for
from support.workload import Workload

MIB = int(os.environ.get("SAWLOG_BACKLOG_MIB", "0"))
OUTAGE_S = int(os.environ.get("SAWLOG_OUTAGE_SECONDS", "0"))
MEMORY_LIMIT = 256 << 20
RSS_MAX = MEMORY_LIMIT + (32 << 20)
LINES_PER_SECOND = 1000
LINE_BYTES = 280  # about
BEHIND_S_MAX = 5  # how much of what is written the others may have before them
SINK = ROOT / "build" / "bench" / "pipeline_sink"
PIECE = 16 << 20
pytestmark = pytest.mark.timeout(7200)
WAITING_S = 20  # over which the CPU time of back pressure is measured


class Sink:
    """Takes _bulk at once. It keeps its port, and counts from when it was started."""

    def __init__(self):
        self.port = free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "Sink":
        self.process = subprocess.Popen([SINK, str(self.port)])
        wait_for("the sink", lambda: self.lines() is not None)
        return self

    def __exit__(self, *_) -> None:
        self.process.terminate()
        self.process.wait()

    def lines(self) -> int | None:
        try:
            # verify: else each question reads all certificates, and takes the agent's time
            return httpx.get(self.url + "/totals", timeout=30, verify=False).json()["lines"]
        except httpx.TransportError:
            return None


@pytest.fixture(scope="module")
def backlog(tmp_path_factory):
    """(file, its lines)."""
    directory = tmp_path_factory.mktemp("backlog")
    piece = directory / "piece"
    lines = len(Workload().append(piece, PIECE))
    log = directory / "app.log"
    content = piece.read_bytes()
    times = (MIB << 20) // PIECE
    with open(log, "wb") as file:
        for _ in range(times):
            file.write(content)
    return log, lines * times


def make_agent(directory, log, sink: Sink) -> Agent:
    return Agent(directory, {
        "memory_limit": f"{MEMORY_LIMIT >> 20}MiB",
        "sources": {"app": {"paths": [str(log)]}},
        "outputs": {"search": {"type": "elasticsearch", "hosts": [sink.url],
                               "retry": {"backoff_max": "2s"}}},
    })


def test_a_backlog_is_drained_at_full_speed(binary, tmp_path, backlog):
    log, lines = backlog
    sink = Sink()
    with sink:
        begun = time.monotonic()
        assert make_agent(tmp_path / "usual", log, sink).run_once(1800) == 0
        usual_s = time.monotonic() - begun
        assert sink.lines() == lines
    with make_agent(tmp_path / "outage", log, sink) as agent:
        agent.start()
        agent.wait_up()
        # the metrics have read all of it, and the output holds what it may hold
        wait_for("the metrics", lambda: agent.consumers()["metrics"]["delivered_lines"] == lines,
                 600, pause=0.5)
        wait_for("the loss noticed", lambda: agent.consumers()["search"]["health"] == "unreachable")
        before = agent.cpu_seconds()
        threading.Event().wait(WAITING_S)
        waiting_cpu = (agent.cpu_seconds() - before) / WAITING_S
        with sink:
            wait_for("the first lines", lambda: sink.lines() > 0, pause=0.01)
            begun = time.monotonic()
            wait_for("all lines", lambda: sink.lines() == lines, 1800, pause=0.2)
            drained_s = time.monotonic() - begun
        rss = agent.rss_bytes_max()
        assert agent.stop() == 0
    print(f"{MIB} MiB: {MIB / usual_s:.0f} MiB/s as usual (metrics beside), "
          f"{MIB / drained_s:.0f} MiB/s after the outage, RSS at most {rss >> 20} MiB, "
          f"{100 * waiting_cpu:.1f} % of a CPU while waiting")
    assert rss < RSS_MAX
    assert usual_s / drained_s >= 0.8
    assert waiting_cpu < 0.02


def is_behind(agent: Agent, name: str, bytes_max: float) -> bool:
    consumer = agent.consumers()[name]
    return consumer["delivered_lines"] == 0 or consumer["lag_bytes"] > bytes_max


def watch(agent: Agent, names: set[str], worst: dict[str, int]) -> None:
    consumers = agent.consumers()
    for name in names:
        worst[name] = max(worst.get(name, 0), consumers[name]["lag_bytes"])


def test_one_after_the_other_is_away(binary, elasticsearch, opensearch, kafka, loki, tmp_path):
    destinations = Destinations("backlog", tmp_path, elasticsearch, opensearch, kafka, loki)
    log = tmp_path / "app.log"
    writer = Writer(log, LINES_PER_SECOND)
    everyone = {"metrics", *destinations.names()}
    between = threading.Event()  # never set
    with Agent(tmp_path, {
        "memory_limit": "512MiB",
        "sources": {"app": {"paths": [str(log)]}},
        "labels": destinations.labels,
        "outputs": destinations.config(retry={"backoff_max": "5s"}),
    }) as agent:
        agent.start()
        agent.wait_up()
        with Repeating(writer.write, writer.TICK_S):
            # the first lines make indices and topics, which takes some seconds
            wait_for("everyone to keep up", lambda: not any(
                is_behind(agent, name, LINES_PER_SECOND * LINE_BYTES) for name in everyone), 120)
            for down in ("elasticsearch", "opensearch", "kafka", "loki"):
                server, worst = destinations.server(down), {}
                server.stop()
                with Repeating(lambda: watch(agent, everyone - {down}, worst), 1):
                    between.wait(OUTAGE_S)
                waiting = agent.consumers()[down]["lag_bytes"]
                server.start()
                behind = {name: round(lag / LINE_BYTES / LINES_PER_SECOND, 1)
                          for name, lag in worst.items()}
                print(f"{down} away for {OUTAGE_S} s, {waiting >> 20} MiB before it; "
                      f"the others at most so many seconds behind: {json.dumps(behind)}")
                assert max(behind.values()) <= BEHIND_S_MAX
                wait_for(f"{down} without a backlog", lambda: not is_behind(
                    agent, down, BEHIND_S_MAX * LINES_PER_SECOND * LINE_BYTES), 600)
        wait_for("everything", lambda: all(
            consumer["delivered_lines"] == len(writer.written)
            for consumer in agent.consumers().values()), 600)
        rss = agent.rss_bytes_max()
        assert agent.stop() == 0
    assert rss < (512 + 32) << 20
    for name in destinations.names():
        compare(writer.written, destinations.read(name), "trace_id", labels={"env"})
