"""The file output: files that rotate by size and by time, read by the standard tools while they are
written, and kill -9 around a rotation."""
import json
import random
import subprocess
import threading
from pathlib import Path

import pytest
from support.agent import Agent
from support.records import compare
from support.steady import Repeating, Writer
from support.waiting import wait_for

LINES_PER_SECOND = 3000
KILLS = 4
CASES = {"size": (["cat"], {"compression": "none", "rotate": {"bytes": "1MiB", "keep": 1000}}),
         "age_zstd": (["zstd", "-dcq"],
                      {"compression": "zstd", "rotate": {"age": "1s", "keep": 1000}}),
         "age_gzip": (["gzip", "-dcq"],
                      {"compression": "gzip", "rotate": {"age": "1s", "keep": 1000}})}


class Reader:
    """A person with a standard tool, who looks again and again."""

    def __init__(self, directory: Path, tool: list[str]):
        self.directory, self.tool = directory, tool
        self.looks = self.unfinished = 0

    def read(self, file: Path) -> tuple[bool, list[bytes]]:
        """(whether its end is that of a frame and of a line, its lines)."""
        with open(file, "rb") as compressed:
            done = subprocess.run(self.tool, stdin=compressed, capture_output=True)
        is_whole = done.returncode == 0 and done.stdout[-1:] in (b"", b"\n")
        self.looks += 1
        self.unfinished += not is_whole
        return is_whole, done.stdout.splitlines()

    def look(self) -> None:
        """All but the last file are whole always; the last one, too, but for the very moment in
        which a frame is appended, or a kill -9 within it."""
        files = sorted(self.directory.iterdir())
        for file in files:
            try:
                is_whole, lines = self.read(file)
            except FileNotFoundError:  # begun, and not yet saved when the agent was killed
                continue
            assert is_whole or file == files[-1], f"{file.name}: {lines[-1:]}"
            for line in lines[:-1]:
                json.loads(line)

    def lines(self) -> list[bytes]:
        """Everything; the agent has ended."""
        lines = []
        for file in sorted(self.directory.iterdir()):
            is_whole, of_file = self.read(file)
            assert is_whole, file
            lines += of_file
        return lines


@pytest.mark.parametrize("case", CASES)
def test_once_and_readable_while_it_rotates(binary, tmp_path, case):
    tool, keys = CASES[case]
    log, output = tmp_path / "app.log", tmp_path / "output"
    output.mkdir()
    writer, reader = Writer(log, LINES_PER_SECOND), Reader(output, tool)
    chance = random.Random(case)
    between = threading.Event()  # never set: the time between two kills
    with Agent(tmp_path, {
        "sources": {"app": {"paths": [str(log)]}},
        "outputs": {"file": {"type": "file", "path": str(output / "records.json"),
                             "batch": {"age": "50ms"}, **keys}},
    }) as agent:
        agent.start()
        with Repeating(writer.write, writer.TICK_S):
            for _ in range(KILLS):
                with Repeating(reader.look, 0.01):
                    between.wait(chance.uniform(1.2, 2.2))
                agent.kill()
                agent.start()
        agent.wait_up()
        wait_for("everything", lambda: (
            (file := agent.consumers()["file"])["delivered_lines"] == len(writer.written), file))
        assert agent.stop() == 0, agent.tail_of_log()
    print(f"{case}: {len(writer.written)} lines in {len(list(output.iterdir()))} files, "
          f"looked at {reader.looks} times, of these {reader.unfinished} within a write")
    assert len(list(output.iterdir())) > 2
    assert reader.unfinished < reader.looks / 10
    compare(writer.written, [json.loads(line) for line in reader.lines()], "trace_id", labels=set())
