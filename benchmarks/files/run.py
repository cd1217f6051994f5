#!/usr/bin/env python3
"""What many files cost: idle ones, and the same bytes in one file or in many.

usage: run.py BUILD_DIR [--idle 50000] [--busy 1000] [--mib 256] [--seconds 130] [--runs 3]

Idle: so many small files in 50 directories are delivered; then, when nothing happens any more, the
agent's CPU time (all threads), its descriptors and its memory are measured over the seconds (two
looks at least: they are a minute apart at most).
Beside them one file is written to for as long: what a busy file costs among idle ones.
Busy: `run --once` over the same lines in one file and in many, in turns; the throughput of many to
that of one. Both deliver to the file output and derive the default metrics.
"""
import argparse
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

PIPELINE = Path(__file__).resolve().parent.parent / "pipeline"
DEADLINE_S = 600
TICKS = os.sysconf("SC_CLK_TCK")


def until(check, what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not check():
        if time.monotonic() > deadline:
            sys.exit(f"gave up waiting for {what}")
        time.sleep(0.1)


def write_config(directory: Path, paths: list[str], listen: str) -> Path:
    config = directory / "sawlog.yaml"
    config.write_text(json.dumps({  # JSON is YAML
        "state_dir": str(directory / "state"),
        "http": {"listen": listen},
        "sources": {"app": {"paths": paths}},
        "outputs": {"archive": {"type": "file", "path": str(directory / "archive.ndjson")}},
    }))
    return config


class Running:
    """The agent, following."""

    def __init__(self, build: Path, directory: Path, paths: list[str]):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        config = write_config(directory, paths, f"127.0.0.1:{self.port}")
        self.output = open(directory / "output", "wb")
        self.process = subprocess.Popen([build / "sawlog", "run", "--config", config],
                                        stdin=subprocess.DEVNULL, stdout=self.output,
                                        stderr=self.output)
        self.proc = Path(f"/proc/{self.process.pid}")

    def status(self) -> dict:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/status", timeout=60) as page:
                return json.load(page)
        except OSError:
            return {}

    def has_delivered(self, lines: int) -> bool:
        consumers = self.status().get("consumers", [])
        return bool(consumers) and all(
            consumer["delivered_lines"] >= lines for consumer in consumers)

    def cpu_s(self) -> float:
        fields = (self.proc / "stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def descriptors(self) -> int:
        return len(list((self.proc / "fd").iterdir()))

    def memory_mb(self) -> float:
        line = next(line for line in (self.proc / "status").read_text().splitlines()
                    if line.startswith("VmRSS"))
        return int(line.split()[1]) * 1024 / 1e6

    def cpu_percent(self, seconds: float, each_second=lambda: None) -> float:
        before, began = self.cpu_s(), time.monotonic()
        while time.monotonic() - began < seconds:
            each_second()
            time.sleep(1)
        return 100 * (self.cpu_s() - before) / (time.monotonic() - began)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait() != 0:
            sys.exit(f"the agent ended with {self.process.returncode}")
        self.output.close()


def idle(build: Path, directory: Path, count: int, seconds: float) -> None:
    logs = directory / "logs"
    for index in range(count):
        folder = logs / str(index % 50)
        if index < 50:
            folder.mkdir(parents=True)
        (folder / f"service-{index}.log").write_text(f'{{"message":"line of {index}"}}\n' * 10)
    began = time.monotonic()
    agent = Running(build, directory, [f"{logs}/*/*.log"])
    until(lambda: agent.has_delivered(10 * count), "the lines of the idle files")
    print(f"{count} files: delivered after {time.monotonic() - began:.1f} s with "
          f"{agent.cpu_s():.1f} CPU s")
    until(lambda: agent.status()["tail"]["files_open"] == 0, "the files to be closed")
    percent = agent.cpu_percent(seconds)
    print(f"idle: {percent:.2f} % of a core over {seconds:.0f} s, {agent.descriptors()} "
          f"descriptors, {agent.memory_mb():.0f} MB")
    with open(logs / "0" / "service-0.log", "a", encoding="ascii") as log:
        def write():
            log.write('{"message":"busy"}\n' * 100)
            log.flush()
        percent = agent.cpu_percent(seconds, write)
    print(f"one of them busy, 100 lines a second: {percent:.2f} % of a core, "
          f"{agent.descriptors()} descriptors")
    agent.stop()


def once(build: Path, directory: Path, logs: Path) -> float:
    """Seconds."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    config = write_config(directory, [f"{logs}/*.log"], "")
    began = time.monotonic()
    with open(directory / "output", "wb") as output:
        code = subprocess.run([build / "sawlog", "run", "--config", config, "--once"],
                              stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                              check=False).returncode
    if code != 0:
        sys.exit(f"the agent ended with {code}; see {directory}/output")
    return time.monotonic() - began


def busy(build: Path, directory: Path, count: int, mib: int, runs: int) -> None:
    one, many = directory / "one", directory / "many"
    one.mkdir(parents=True)
    many.mkdir()
    whole = one / "access.log"
    subprocess.run([sys.executable, PIPELINE / "workload.py", whole, "--mib", str(mib)], check=True)
    files = [open(many / f"access-{index:04}.log", "wb") for index in range(count)]
    with open(whole, "rb") as log:
        for number, line in enumerate(log):
            files[number % count].write(line)
    for file in files:
        file.close()
    size_mb = whole.stat().st_size / 1e6
    speeds = {"one": [], "many": []}
    for _ in range(runs):
        for name, logs in (("one", one), ("many", many)):
            speeds[name].append(size_mb / once(build, directory / f"run-{name}", logs))
    medians = {name: statistics.median(values) for name, values in speeds.items()}
    print(f"{size_mb:.0f} MB in one file: {medians['one']:.0f} MB/s; "
          f"in {count} files: {medians['many']:.0f} MB/s")
    print(f"ratio files_many_to_one {medians['many'] / medians['one']:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("build", type=Path)
    parser.add_argument("--idle", type=int, default=50_000)
    parser.add_argument("--busy", type=int, default=1000)
    parser.add_argument("--mib", type=int, default=256)
    parser.add_argument("--seconds", type=float, default=130)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    build = options.build.resolve()
    directory = build / "files"
    shutil.rmtree(directory, ignore_errors=True)
    if options.busy:
        busy(build, directory / "busy", options.busy, options.mib, options.runs)
    if options.idle:
        idle(build, directory / "idle", options.idle, options.seconds)
    shutil.rmtree(directory)


if __name__ == "__main__":
    main()
