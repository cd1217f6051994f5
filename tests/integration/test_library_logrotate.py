"""The library under the real logrotate: numbered lines from two processes into one file.

50,000 lines a second in sum while logrotate rotates as fast as it can. Nothing is lost and nothing
torn in the modes that docs/library.md recommends; what copytruncate and immediate compression lose
(it is logrotate's doing, whoever writes) is measured. SAWLOG_LOGROTATE_SECONDS sets how long.
"""
import gzip
import json
import os
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from support.agent import BINARY, Agent

SECONDS = int(os.environ.get("SAWLOG_LOGROTATE_SECONDS", "2"))
PROCESSES = ["a", "b"]
LINES_PER_SECOND = 25_000  # of each
KEEP = "rotate 9999\nmissingok\nnotifempty\n"

LOSES_NOTHING = {
    "create": "create 0644\ncompress\ndelaycompress",
    "nocreate": "nocreate\ncompress\ndelaycompress",
    "dateext": "nocreate\ndateext\ndateformat -%Y%m%d-%s\ncompress\ndelaycompress",
    "size": "size 100k\nnocreate\ncompress\ndelaycompress",
    "uncompressed": "create 0644\nnocompress",
    "postrotate": "create 0644\ncompress\ndelaycompress\npostrotate\n"
                  "  kill -HUP $(cat {pids})\nendscript",
}
LOSES_BY_ITSELF = {
    "compress": "nocreate\ncompress",
    "copytruncate": "copytruncate\nnocompress",
}


class Numbers:
    """The processes and logrotate, in a directory of their own."""

    def __init__(self, directory: Path, directives: str):
        self.logs = directory / "logs"
        self.logs.mkdir()
        self.logs.chmod(0o755)
        self.file = self.logs / "app.log"
        self.state = directory / "logrotate.state"
        self.config = directory / "logrotate.conf"
        pids = directory / "pids"
        self.config.write_text(
            f"{self.file} {{\n{KEEP}{directives.replace('{pids}', str(pids))}\n}}\n")
        self.config.chmod(0o644)
        self.force = [] if "size" in directives else ["--force"]
        self.processes = [
            subprocess.Popen([BINARY.parent / "log_numbers", self.file, name,
                              str(LINES_PER_SECOND), str(SECONDS)],
                             stdout=subprocess.PIPE, text=True) for name in PROCESSES]
        pids.write_text(" ".join(str(process.pid) for process in self.processes))

    def rotate_until_they_end(self) -> int:
        rotations = 0
        while any(process.poll() is None for process in self.processes):
            subprocess.run(["logrotate", *self.force, "--state", self.state, self.config],
                           stderr=subprocess.DEVNULL, check=False)
            rotations += 1
        assert all(process.returncode == 0 for process in self.processes)
        return rotations

    @property
    def wanted(self) -> Counter:
        return Counter((name, n) for name in PROCESSES for n in range(LINES_PER_SECOND * SECONDS))


def lines_of(directory: Path) -> list[bytes]:
    lines = []
    for path in directory.iterdir():
        data = path.read_bytes()
        lines += (gzip.decompress(data) if path.suffix == ".gz" else data).splitlines()
    return lines


def counted(lines: list[bytes]) -> tuple[Counter, int]:
    """How often each number is there, and how many lines are torn."""
    numbers, torn = Counter(), 0
    for line in lines:
        try:
            record = json.loads(line)
            numbers[record["process"], record["n"]] += 1
        except (ValueError, KeyError):
            torn += 1
    return numbers, torn


@pytest.mark.parametrize("mode", LOSES_NOTHING)
def test_nothing_is_lost_and_nothing_torn(mode, tmp_path, record_property):
    numbers = Numbers(tmp_path, LOSES_NOTHING[mode])
    rotations = numbers.rotate_until_they_end()
    got, torn = counted(lines_of(numbers.logs))
    record_property("rotations", rotations)
    print(f"{mode}: {sum(got.values())} lines, {rotations} rotations")
    assert rotations >= SECONDS
    assert torn == 0
    assert sum((numbers.wanted - got).values()) == 0
    assert sum((got - numbers.wanted).values()) == 0


@pytest.mark.parametrize("mode", LOSES_BY_ITSELF)
def test_what_logrotate_loses_by_itself(mode, tmp_path, record_property):
    numbers = Numbers(tmp_path, LOSES_BY_ITSELF[mode])
    rotations = numbers.rotate_until_they_end()
    got, torn = counted(lines_of(numbers.logs))
    lost = sum((numbers.wanted - got).values())
    for name, value in [("rotations", rotations), ("lost", lost), ("torn", torn)]:
        record_property(name, value)
    print(f"{mode}: {lost} of {numbers.wanted.total()} lines lost, {torn} torn, "
          f"in {rotations} rotations")
    # Whole batches at most, and what is there is there once.
    assert lost < numbers.wanted.total() / 2
    assert sum((got - numbers.wanted).values()) == 0
    if mode == "compress":
        assert torn == 0


def test_a_running_agent_gets_what_immediate_compression_loses(tmp_path):
    output = tmp_path / "delivered"
    output.mkdir()
    numbers = None
    with Agent(tmp_path / "agent", {
            "sources": {"app": {"paths": [str(tmp_path / "logs" / "app.log")]}},
            "metrics": {"presets": []},
            "outputs": {"copy": {"type": "file", "path": str(output / "all.ndjson"),
                                 "compression": "none"}}}) as agent:
        agent.start()
        agent.wait_up()
        numbers = Numbers(tmp_path, LOSES_BY_ITSELF["compress"])
        numbers.rotate_until_they_end()
        agent.stop()
        assert agent.run_once() == 0, agent.tail_of_log()
    got, torn = counted(lines_of(output))
    assert torn == 0
    assert sum((numbers.wanted - got).values()) == 0
    assert sum((got - numbers.wanted).values()) == 0
