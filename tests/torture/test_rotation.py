"""The real logrotate, a service that writes 20,000 numbered lines a second, and the real agent,
killed with -9 every second: each line arrives once, in every mode of rotation.

SAWLOG_TORTURE_SECONDS: how long each mode is tortured. All modes run at the same time.
"""
import gzip
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from support.agent import Agent
from support.waiting import wait_for

SECONDS = float(os.environ.get("SAWLOG_TORTURE_SECONDS", "5"))
LINES_PER_SECOND = int(os.environ.get("SAWLOG_TORTURE_RATE", "20000"))
ROTATE_EVERY_SECONDS = 1.3
KILL_EVERY_SECONDS = 1.0
NUMBER = re.compile(rb'"n":(\d{8})')
FIRST = 10_000_000
OTHER_DISK = Path("/dev/shm")
AT_A_TIME = 4


@dataclass
class Mode:
    name: str
    directives: list[str]
    reopens: bool = True  # the service, soon after each rotation
    deletes: bool = False  # instead of a rotation
    truncates: bool = False
    olddir: str = ""  # on the "same" or an "other" file system

    is_safe_without_agent: bool = True

    @property
    def loses_files(self) -> bool:
        """Some lines are in no file any more when the service has let go of the rotated one."""
        compresses_at_once = ("compress" in self.directives
                              and "delaycompress" not in self.directives and not self.truncates)
        return self.deletes or "rotate 1" in self.directives or compresses_at_once


KEEP = "rotate 1000"
MODES = [
    Mode("create", ["create 0644", KEEP]),
    Mode("nocreate", ["nocreate", KEEP]),
    Mode("copytruncate", ["copytruncate", KEEP], reopens=False, truncates=True),
    Mode("copytruncate_compress", ["copytruncate", "compress", KEEP], reopens=False,
         truncates=True),
    Mode("copy", ["copy", KEEP], reopens=False),
    Mode("compress", ["nocreate", "compress", KEEP]),
    Mode("compress_zst", ["nocreate", "compress", "compresscmd /usr/bin/zstd",
                          "compressext .zst", "compressoptions -q --rm", KEEP]),
    Mode("compress_xz", ["create 0644", "compress", "compresscmd /usr/bin/xz", "compressext .xz",
                         "compressoptions -0", KEEP]),
    Mode("delaycompress", ["nocreate", "compress", "delaycompress", KEEP]),
    Mode("dateext", ["create 0644", "dateext", "dateformat -%Y%m%d-%s", "compress", KEEP]),
    Mode("rotate_1", ["create 0644", "rotate 1"], is_safe_without_agent=False),
    Mode("olddir", ["create 0644", "olddir old", "compress", KEEP], olddir="same"),
    Mode("olddir_other_disk", ["copytruncate", "olddir {other}", KEEP], reopens=False,
         truncates=True, olddir="other"),
    Mode("maxsize", ["create 0644", "maxsize 100k", "compress", "delaycompress", KEEP]),
    Mode("delete", [], deletes=True, is_safe_without_agent=False),
]


def numbers_in(data: bytes) -> list[int]:
    return [int(number) - FIRST for number in NUMBER.findall(data)]


class Writer:
    """writer.py as a process."""

    def __init__(self, log: Path):
        self.process = subprocess.Popen(
            [sys.executable, Path(__file__).parent / "writer.py", log, str(LINES_PER_SECOND)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, command: str) -> str:
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def reopen(self) -> None:
        assert self.ask("r") == "reopened"

    def write_on(self, seconds: float) -> None:
        """Waits until it has written what it writes in that time."""
        want = int(self.ask("n")) + seconds * LINES_PER_SECOND
        wait_for("the service", lambda: int(self.ask("n")) >= want, pause=0.02)

    def stop(self) -> int:
        written = int(self.ask("q"))
        self.process.wait()
        return written


class Torture:
    """One mode: its directory, service, logrotate and agent."""

    def __init__(self, mode: Mode, directory: Path):
        self.mode, self.directory = mode, directory
        self.logs = directory / "logs"
        self.logs.mkdir(parents=True)
        self.log = self.logs / "app.log"
        paths = [str(self.logs / "*.log")]
        self.other = OTHER_DISK / f"sawlog-torture-{os.getpid()}-{mode.name}"
        directives = [line.format(other=self.other) for line in mode.directives]
        if mode.olddir:
            old = self.logs / "old" if mode.olddir == "same" else self.other
            old.mkdir()
            paths.append(str(old / "*"))
        self.config = self.write_config("logrotate.conf", directives)
        self.with_postrotate = self.write_config(
            "postrotate.conf", [*directives, "postrotate", "echo rotated; read go", "endscript"])
        self.logs.chmod(0o755)
        self.agent = Agent(directory / "agent", {
            "sources": {"app": {"paths": paths}},
            "outputs": {"archive": {"type": "file", "path": str(directory / "out" / "app.ndjson"),
                                    "compression": "none", "keys": "as_is"}},
        })
        self.rotations = self.kills = self.written = self.lost = self.twice = 0
        self.lost_by_logrotate = 0

    def write_config(self, name: str, directives: list[str]) -> Path:
        config = self.directory / name
        config.write_text(f'"{self.log}" {{\n  ' + "\n  ".join(directives) + "\n}\n")
        config.chmod(0o644)
        return config

    # ---- what happens ----

    def rotate(self, between=None) -> None:
        """between: what logrotate's postrotate script does, before anything is compressed."""
        if self.mode.deletes:
            self.log.unlink()
        else:
            config = self.with_postrotate if between else self.config
            # gzip complains, and logrotate with it, when the service writes on meanwhile
            process = subprocess.Popen(
                ["logrotate", "-f", "-s", self.directory / "state", config],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            if between:
                assert process.stdout.readline() == b"rotated\n"
                between()
            process.communicate(b"go\n")
        self.rotations += 1

    def kill(self) -> None:
        self.agent.kill()
        self.agent.start()
        self.kills += 1

    def is_caught_up(self) -> bool:
        """Everything in files without their live name was delivered."""
        try:
            files = self.agent.get("/status").json()["files"]
        except httpx.TransportError:
            return False
        return all(file["state"] == "reading" for file in files)

    def wait_until_seen(self) -> None:
        """The agent has looked since it was started: it has the files open."""
        if self.mode.loses_files:
            self.agent.wait_up()
            wait_for("the first look", lambda: self.agent.get("/status").json()["files"])

    def wait_until_safe(self) -> None:
        """Where lines are in no file any more, a dead agent has nothing to read them from."""
        if self.mode.loses_files:
            wait_for("the rotated files to be read", self.is_caught_up)

    def run(self) -> None:
        self.agent.start()
        writer = Writer(self.log)
        began = time.monotonic()
        next_kill, next_rotation = began + KILL_EVERY_SECONDS, began + ROTATE_EVERY_SECONDS
        while time.monotonic() < began + SECONDS:
            if time.monotonic() >= next_rotation:
                self.wait_until_safe()
                self.rotate()
                next_rotation = time.monotonic() + ROTATE_EVERY_SECONDS
                if self.mode.reopens:
                    self.kill()
                    writer.write_on(0.1)  # into the file that was rotated
                    self.wait_until_seen()
                    writer.reopen()
                    self.wait_until_safe()
            if time.monotonic() >= next_kill:
                self.kill()
                next_kill = time.monotonic() + KILL_EVERY_SECONDS
            writer.write_on(0.02)
        self.finish(writer)

    def run_stopped(self) -> None:
        """Two rotations pass, and compress, while the agent is not there."""
        self.agent.start()
        writer = Writer(self.log)
        wait_for("some lines", lambda: self.delivered().total() > LINES_PER_SECOND / 2)
        self.agent.kill()
        for _ in range(2):
            writer.write_on(0.5)
            self.rotate(between=writer.reopen if self.mode.reopens else None)
        writer.write_on(0.5)
        self.agent.start()
        self.finish(writer)

    def finish(self, writer: Writer) -> None:
        written = writer.stop()
        self.agent.wait_up()
        wait_for("the rotated files to be read", self.is_caught_up)
        assert self.agent.stop() == 0, self.agent.tail_of_log()
        assert self.agent.run_once() == 0, self.agent.tail_of_log()
        delivered = self.delivered()
        self.twice = sum(count - 1 for count in delivered.values())
        missing = set(range(written)) - delivered.keys()
        # what is in no file was lost by logrotate, between its copy and its truncation
        in_files = self.in_files() if self.mode.truncates else missing
        self.lost, self.lost_by_logrotate = len(missing & in_files), len(missing - in_files)
        self.written = written

    # ---- what came out ----

    def delivered(self) -> Counter:
        numbers = Counter()
        for file in (self.directory / "out").glob("app.ndjson*"):
            numbers.update(numbers_in(file.read_bytes()))
        return numbers

    def in_files(self) -> set[int]:
        numbers = set()
        for file in [*self.logs.rglob("app.log*"), *self.other.glob("app.log*")]:
            data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
            numbers.update(numbers_in(data))
        return numbers

    def __str__(self) -> str:
        return (f"{self.written} lines, {self.rotations} rotations, {self.kills} times kill -9: "
                f"lost {self.lost}, twice {self.twice}, by logrotate {self.lost_by_logrotate}")


@pytest.fixture(scope="session")
def tortured(tmp_path_factory):
    """The finished tortures by name; several modes at a time."""
    directories = tmp_path_factory.mktemp("torture")  # here: pytest's factory is for one thread

    def run(name: str, mode: Mode, is_stopped: bool) -> Torture:
        directory = directories / name
        directory.mkdir()
        torture = Torture(mode, directory)
        try:
            with torture.agent:
                torture.run_stopped() if is_stopped else torture.run()
        finally:
            shutil.rmtree(torture.other, ignore_errors=True)
        return torture

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        running = {mode.name: pool.submit(run, mode.name, mode, False) for mode in MODES}
        running |= {mode.name + "_stopped": pool.submit(run, mode.name + "_stopped", mode, True)
                    for mode in MODES if mode.is_safe_without_agent}
        yield running


def check(torture: Torture) -> None:
    print(torture)
    assert torture.rotations > 0
    assert (torture.lost, torture.twice) == (0, 0), f"{torture}\n{torture.agent.tail_of_log()}"
    assert torture.lost_by_logrotate == 0 or torture.mode.truncates


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
def test_killed_every_second(tortured, mode):
    torture = tortured[mode.name].result()
    check(torture)
    assert torture.kills > 0


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode.is_safe_without_agent],
                         ids=lambda mode: mode.name)
def test_stopped_during_two_rotations(tortured, mode):
    check(tortured[mode.name + "_stopped"].result())
