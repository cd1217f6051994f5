"""An output's server goes away for a while: nothing is lost, and nobody else waits.

SAWLOG_OUTAGE_MIB sets how much is written meanwhile (./dev soak outage: 1024).
"""
import os

import pytest
from support.agent import Agent
from support.destinations import Destinations
from support.records import compare
from support.waiting import wait_for
from support.workload import Workload

MIB = int(os.environ.get("SAWLOG_OUTAGE_MIB", "24"))
MEMORY_LIMIT = 144 << 20
DEADLINE_S = 120 + 4 * MIB


def wait_without_lag(agent: Agent, names: set[str], written_bytes: int) -> None:
    """Until these consumers have read so many bytes and everything of it is acknowledged."""
    def check():
        consumers = agent.consumers()
        behind = {name: (consumers[name]["lag_bytes"], consumers[name]["in_flight_lines"])
                  for name in names
                  if consumers[name]["lag_bytes"] > 0 or consumers[name]["in_flight_lines"] > 0
                  or consumers[name]["read_bytes"] < written_bytes}
        return not behind, behind

    wait_for(f"{sorted(names)} without lag", check, DEADLINE_S, pause=0.2)


def is_ready(agent: Agent) -> tuple[bool, str]:
    answer = agent.get("/health/ready")
    return answer.status_code == 200, answer.text


@pytest.mark.parametrize("down", ["elasticsearch", "opensearch", "kafka", "loki"])
def test_outage(binary, elasticsearch, opensearch, kafka, loki, tmp_path, down):
    destinations = Destinations(f"outage-{down}", tmp_path, elasticsearch, opensearch, kafka, loki)
    log = tmp_path / "app.log"
    workload, written = Workload(), {}
    everyone = {"metrics", *destinations.names()}
    written |= workload.append(log, 1 << 20)
    with Agent(tmp_path, {
        "memory_limit": f"{MEMORY_LIMIT >> 20}MiB",
        "sources": {"app": {"paths": [str(log)]}},
        "labels": destinations.labels,
        "outputs": destinations.config(batch={"bytes": "1MiB", "age": "200ms"},
                                       retry={"backoff_max": "2s"}),
    }) as agent:
        agent.start()
        agent.wait_up()
        wait_without_lag(agent, everyone, log.stat().st_size)
        wait_for("readiness", lambda: is_ready(agent))

        server = destinations.server(down)
        server.stop()
        try:
            written |= workload.append(log, MIB << 20)
            wait_without_lag(agent, everyone - {down}, log.stat().st_size)
            waiting = agent.consumers()[down]
            assert waiting["lag_bytes"] > 0
            wait_for(f"{down} reported", lambda: agent.consumers()[down]["health"] != "up")
            ready = agent.get("/health/ready")
            assert ready.status_code == 503 and down in ready.text
        finally:
            server.start()

        written |= workload.append(log, 1 << 20)
        wait_without_lag(agent, everyone, log.stat().st_size)
        wait_for("readiness", lambda: is_ready(agent))
        rss = agent.rss_bytes_max()
        assert agent.stop() == 0
    assert rss < MEMORY_LIMIT, f"{rss >> 20} MiB"
    for name in destinations.names():
        compare(written, destinations.read(name), "trace_id", labels={"env"})
