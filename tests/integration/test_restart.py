"""SIGTERM while a service writes: what is in flight is acknowledged, or sent and found again."""
import threading

from support import readers
from support.agent import Agent
from support.destinations import Destinations
from support.records import compare
from support.steady import Repeating, Writer
from support.waiting import wait_for

LINES_PER_SECOND = 1000
RESTARTS = 4


def test_restarts_lose_and_repeat_nothing(binary, elasticsearch, opensearch, kafka, loki, tmp_path):
    destinations = Destinations("restarts", tmp_path, elasticsearch, opensearch, kafka, loki)
    log = tmp_path / "app.log"
    writer = Writer(log, LINES_PER_SECOND)
    pushed_before = readers.loki_lines_received(loki.url)
    between = threading.Event()  # never set: a moment of delivery
    with Agent(tmp_path, {
        "sources": {"app": {"paths": [str(log)]}},
        "labels": destinations.labels,
        "outputs": destinations.config(batch={"bytes": "64KiB", "age": "100ms"}),
    }) as agent:
        with Repeating(writer.write, writer.TICK_S):
            for _ in range(RESTARTS):
                agent.start()
                agent.wait_up()
                between.wait(1.5)
                assert agent.stop() == 0, agent.tail_of_log()
        agent.start()
        agent.wait_up()

        def are_delivered():
            lines = {name: consumer["delivered_lines"]
                     for name, consumer in agent.consumers().items()}
            return set(lines.values()) == {len(writer.written)}, lines

        wait_for("everything", are_delivered)
        repeats = {name: agent.consumers()[name]["already_there_lines"]
                   for name in ("elasticsearch", "opensearch")}
        pushed = readers.loki_lines_received(loki.url) - pushed_before
        repeats["loki"] = pushed - len(writer.written)
        assert agent.stop() == 0
    print(f"{RESTARTS} restarts, {len(writer.written)} lines; sent twice, stored once: {repeats}")
    for name in destinations.names():
        compare(writer.written, destinations.read(name), "trace_id", labels={"env"})
