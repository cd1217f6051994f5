"""Files come, rotate and go all the time: memory stays under the limit, nothing is lost.

SAWLOG_CHURN_SECONDS sets how long (./dev soak churn: 600).
"""
import json
import os
import time
from pathlib import Path

import pytest
from support.agent import Agent
from support.waiting import wait_for

SECONDS = float(os.environ.get("SAWLOG_CHURN_SECONDS", "3"))
LIMIT_MIB = 96
FILES = 50
ROTATED_MAX = 300  # then the services wait


@pytest.fixture
def agent(binary, tmp_path):
    for folder in ["logs", "kept"]:
        (tmp_path / folder).mkdir()
    (tmp_path / "kept" / "service.log").write_text('{"message":"nobody takes this"}\n')
    with Agent(tmp_path / "agent", {
        "memory_limit": f"{LIMIT_MIB}MiB",
        "metrics": {"presets": ["log"], "series_total_max": 10_000},
        "sources": {"app": {"paths": [str(tmp_path / "logs" / "*.log")]},
                    "kept": {"paths": [str(tmp_path / "kept" / "*.log")]}},
        "outputs": {
            "archive": {"type": "file", "path": str(tmp_path / "agent" / "out.ndjson"),
                        "sources": ["app"], "compression": "none", "rotate": {"bytes": "64GiB"},
                        "batch": {"age": "50ms", "bytes": "1MiB"}},
            "search": {"type": "elasticsearch", "hosts": ["http://127.0.0.1:1"],
                       "sources": ["kept"], "batch": {"bytes": "1MiB"}},
        },
    }) as agent:
        agent.start()
        agent.wait_up()
        wait_for("its first look", lambda: agent.get("/status").json()["files"])
        yield agent


class Arrived:
    """Which numbers stand in the output, and how often; read as it grows."""

    def __init__(self, file: Path):
        self.file, self.offset = file, 0
        self.counts = bytearray()

    def look(self):
        if not self.file.exists():
            return
        with open(self.file, "rb") as output:
            output.seek(self.offset)
            lines = output.read().rpartition(b"\n")[0]
        self.offset += len(lines) + (1 if lines else 0)
        for line in lines.splitlines():
            number = json.loads(line)["n"]
            self.counts.extend(bytes(max(0, number + 1 - len(self.counts))))
            self.counts[number] += 1

    def has(self, numbers: list[int]) -> bool:
        return all(number < len(self.counts) and self.counts[number] for number in numbers)


class Churn:
    """Services that write, rotate often, and whose rotated files go when they were read."""

    def __init__(self, arrived: Arrived, logs: Path, kept: Path):
        self.arrived, self.logs, self.kept = arrived, logs, kept
        self.written = self.rotations = 0
        self.numbers = [[] for _ in range(FILES)]  # of each service, in its present file
        self.rotated = []  # (file, its numbers)

    def turn(self):
        for service, numbers in enumerate(self.numbers):
            self.write(self.logs / f"service-{service}.log", numbers)
            if service % 5 == self.rotations % 5:
                self.rotate(service)
        with open(self.kept / "service.log", "a") as log:
            log.write('{"message":"nobody takes this"}\n')
        self.rotations += 1
        wait_for("the agent to keep up", self.has_room, 120)

    def has_room(self) -> bool:
        self.arrived.look()
        for file, numbers in list(self.rotated):
            if self.arrived.has(numbers):
                file.unlink()
                self.rotated.remove((file, numbers))
        return len(self.rotated) < ROTATED_MAX

    def write(self, file: Path, numbers: list[int]):
        with open(file, "a") as log:
            for _ in range(10):
                log.write(f'{{"message":"{"x" * 200}","n":{self.written}}}\n')
                numbers.append(self.written)
                self.written += 1

    def rotate(self, service: int):
        old = self.logs / f"service-{service}.log.{self.rotations}"
        (self.logs / f"service-{service}.log").rename(old)
        self.rotated.append((old, self.numbers[service]))
        self.numbers[service] = []


def open_descriptors(agent: Agent) -> int:
    return len(list(Path(f"/proc/{agent.process.pid}/fd").iterdir()))


def test_memory_stays_under_the_limit(agent, tmp_path):
    arrived = Arrived(agent.directory / "out.ndjson")
    churn = Churn(arrived, tmp_path / "logs", tmp_path / "kept")
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        churn.turn()

    def has_all():
        arrived.look()
        return len(arrived.counts) >= churn.written and all(arrived.counts)
    wait_for("every line", has_all, 120)
    assert arrived.counts == bytearray(b"\x01" * churn.written), "each line once"
    rss = agent.rss_bytes_max()
    print(f"{churn.written} lines, {churn.rotations} rotations in {SECONDS:g} s, "
          f"{rss / 2**20:.0f} MiB of {LIMIT_MIB}")
    assert rss <= LIMIT_MIB << 20
    wait_for("rotated files to be closed", lambda: open_descriptors(agent) < 40 + 2 * FILES)
    assert agent.stop() == 0
