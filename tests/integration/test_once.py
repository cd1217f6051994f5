"""`sawlog run --once`: to the end of the files, into each output, everything acknowledged.

SAWLOG_ONCE_MIB sets the size of the input (./dev soak once: 512).
"""
import os

import pytest
from support.agent import Agent
from support.destinations import Destinations
from support.records import compare
from support.workload import Workload

MIB = int(os.environ.get("SAWLOG_ONCE_MIB", "24"))


@pytest.fixture(scope="module")
def once(binary, elasticsearch, opensearch, kafka, loki, tmp_path_factory):
    """(destinations, what was written, the traffic at each before and after a second run)."""
    directory = tmp_path_factory.mktemp("once")
    destinations = Destinations("once", directory, elasticsearch, opensearch, kafka, loki)
    written = Workload().append(directory / "app.log", MIB << 20)
    agent = Agent(directory, {
        "sources": {"app": {"paths": [str(directory / "app.log")]}},
        "labels": destinations.labels,
        "outputs": destinations.config(),
    })
    deadline_s = 120 + 2 * MIB
    assert agent.run_once(deadline_s) == 0, agent.tail_of_log()
    first = {name: destinations.traffic(name) for name in destinations.names()}
    assert agent.run_once(deadline_s) == 0, agent.tail_of_log()
    second = {name: destinations.traffic(name) for name in destinations.names()}
    return destinations, written, first, second


OUTPUTS = ["elasticsearch", "opensearch", "kafka", "loki", "file"]


@pytest.mark.parametrize("output", OUTPUTS)
def test_everything_arrives_once(once, output):
    destinations, written, _, _ = once
    compare(written, destinations.read(output), "trace_id", labels={"env"})


@pytest.mark.parametrize("output", OUTPUTS)
def test_a_second_run_sends_nothing(once, output):
    _, _, first, second = once
    assert second[output] == first[output]
