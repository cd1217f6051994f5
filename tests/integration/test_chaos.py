"""kill -9 of the agent, of the server, or of both, at random moments, while a service writes 5,000
lines a second and logrotate does its work: nothing is lost, and nothing is there twice.

SAWLOG_CHAOS_ROUNDS is the number of kills for each destination (./dev soak chaos --rounds N),
SAWLOG_CHAOS_SEED what they are drawn from.
"""
import os
import random
import threading

import httpx
import pytest
from support.agent import Agent
from support.destinations import Destinations
from support.logrotate import Logrotate
from support.records import compare
from support.steady import Repeating, Writer
from support.waiting import wait_for

ROUNDS = int(os.environ.get("SAWLOG_CHAOS_ROUNDS", "3"))
SEED = int(os.environ.get("SAWLOG_CHAOS_SEED", "1"))
ROUNDS_AT_ONCE = 10  # then what arrived is compared, and everything begins anew
LINES_PER_SECOND = 5000
DESTINATIONS = ["elasticsearch", "opensearch", "kafka", "loki", "file"]
VICTIMS = ["agent", "server", "both"]
pytestmark = pytest.mark.timeout(600 + 90 * ROUNDS)  # a server that starts may take half a minute


class Ledger:
    """At every scrape: what was read is delivered, set aside or on its way, and no figure that was
    shown once goes back, whoever was killed meanwhile."""

    def __init__(self, agent: Agent):
        self.agent, self.delivered, self.scrapes = agent, {}, 0

    def scrape(self) -> None:
        try:
            consumers = self.agent.consumers()
        except Exception:  # it was just killed
            return
        self.scrapes += 1
        for name, consumer in consumers.items():
            settled = sum(consumer[f"{fate}_lines"] for fate in (
                "delivered", "dead_lettered", "filtered", "abandoned", "in_flight"))
            assert consumer["read_lines"] == settled, (name, consumer)
            assert consumer["delivered_lines"] >= self.delivered.get(name, 0), (name, consumer)
            self.delivered[name] = consumer["delivered_lines"]


def kill(victim: str, agent: Agent, server) -> None:
    if victim != "server":
        agent.kill()
    if victim != "agent":
        server.stop("KILL")


def start_again(victim: str, agent: Agent, server, chance: random.Random) -> None:
    starts = []
    if victim != "server":
        starts.append(agent.start)
    if victim != "agent":
        starts.append(server.start)
    chance.shuffle(starts)
    for start in starts:
        start()


def wait_delivered(agent: Agent, name: str, lines: int) -> None:
    def check():
        consumer = agent.consumers()[name]
        return consumer["delivered_lines"] >= lines and consumer["in_flight_lines"] == 0, consumer

    wait_for(f"{lines} lines at {name}", check, 600, pause=0.2)


def run(destinations: Destinations, name: str, victims: list[str], chance: random.Random) -> str:
    """What one agent's life came to, in a sentence; asserts that it is what it should be."""
    server = None if name == "file" else destinations.server(name)
    logs = destinations.directory / "logs"
    logs.mkdir(parents=True)
    log = logs / "app.log"
    agent = Agent(destinations.directory, {
        "sources": {"app": {"paths": [str(log)]}},
        "labels": destinations.labels,
        "outputs": {name: destinations.config(retry={"backoff_max": "2s"})[name]},
    })
    logrotate = Logrotate(destinations.directory, [log])
    writer, ledger = Writer(log, LINES_PER_SECOND), Ledger(agent)
    between = threading.Event()  # never set: the time between two kills
    with agent:
        agent.start()
        with Repeating(writer.write, writer.TICK_S), Repeating(logrotate.run, 1.3), \
                Repeating(ledger.scrape, 0.2):
            for victim in victims:
                between.wait(chance.uniform(0.3, 2.5))
                kill(victim, agent, server)
                start_again(victim, agent, server, chance)
            between.wait(0.5)
        agent.wait_up()
        wait_delivered(agent, name, len(writer.written))
        ledger.scrape()
        already_there = agent.consumers()[name]["already_there_lines"]
        assert agent.stop() == 0, agent.tail_of_log()
    assert ledger.scrapes > len(victims)
    compare(writer.written, destinations.read(name), "trace_id", labels={"env"})
    if name in ("elasticsearch", "opensearch"):  # else its next start replays this, too
        httpx.post(f"{server.url}/_flush", timeout=120).raise_for_status()
    return (f"{len(victims)} kills, {len(writer.written)} lines, 0 lost, 0 twice, "
            f"{already_there} found there after the last start")


@pytest.mark.parametrize("name", DESTINATIONS)
def test_chaos(binary, elasticsearch, opensearch, kafka, loki, tmp_path, name):
    chance = random.Random(f"{SEED} {name}")
    for first in range(0, ROUNDS, ROUNDS_AT_ONCE):
        rounds = range(first, min(first + ROUNDS_AT_ONCE, ROUNDS))
        victims = [VICTIMS[round % len(VICTIMS)] if name != "file" else "agent"
                   for round in rounds]
        chance.shuffle(victims)
        test = f"chaos-{name}-{first}"
        destinations = Destinations(test, tmp_path / test, elasticsearch, opensearch, kafka, loki)
        print(f"{name}, seed {SEED}, rounds from {first}:",
              run(destinations, name, victims, chance))
