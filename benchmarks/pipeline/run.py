#!/usr/bin/env python3
"""The pipeline benchmark: a file of JSON access logs to a local sink that speaks _bulk.

usage: run.py BUILD_DIR [--mib 512] [--runs 3] [--only NAME]

Sawlog ships to one `elasticsearch` output with gzip and derives the default metrics; so it does
with the lines as they are (`keys: as_is`, `enrich: none`: sawlog-as-is), and so without
compression (sawlog-plain). rsyslog (imfile, mmjsonparse, omelasticsearch, from apt) ships the same
file to the same sink, without compression and without metrics, for it has neither. They take turns.
CPU is user and system time of the agent's process alone, GB are 10^9 bytes of the input, memory is
the peak resident set. All lines must arrive.
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
from dataclasses import dataclass
from functools import partial
from pathlib import Path

HERE = Path(__file__).resolve().parent
DEADLINE_S = 900


@dataclass
class Result:
    mb_per_s: float
    cpu_s_per_gb: float
    rss_mb: float


class Sink:
    """The destination, as a process of its own."""

    def __init__(self, binary: Path):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen([binary, str(self.port)])
        until(self.is_up, "the sink")

    def is_up(self) -> bool:
        try:
            return self.totals()["lines"] == 0
        except OSError:
            return False

    def totals(self) -> dict:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/totals", timeout=30) as answer:
            return json.load(answer)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


def until(check, what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not check():
        if time.monotonic() > deadline:
            sys.exit(f"gave up waiting for {what}")
        time.sleep(0.02)


# ---- the agents: (command, how it ends by itself) -----------------------------------------------


def sawlog(build: Path, directory: Path, log: Path, port: int, source: dict = {},
           output: dict = {}) -> tuple[list, bool]:
    config = directory / "sawlog.yaml"
    config.write_text(json.dumps({  # JSON is YAML
        "state_dir": str(directory / "state"),
        "http": {"listen": ""},
        "sources": {"access": {"paths": [str(log)], **source}},
        "outputs": {"search": {"type": "elasticsearch", "hosts": [f"http://127.0.0.1:{port}"],
                               **output}},
    }))
    return [build / "sawlog", "run", "--config", config, "--once"], True


AS_IS = {"source": {"enrich": "none"}, "output": {"keys": "as_is"}}
PLAIN = {"output": {"compression": "none"}}


def rsyslog(build: Path, directory: Path, log: Path, port: int) -> tuple[list, bool]:
    config = directory / "rsyslog.conf"
    config.write_text(f"""
global(workDirectory="{directory}" maxMessageSize="64k")
module(load="imfile" mode="inotify")
module(load="mmjsonparse")
module(load="omelasticsearch")
template(name="document" type="list") {{ property(name="$!all-json") }}
input(type="imfile" file="{log}" tag="access" ruleset="ship")
ruleset(name="ship" queue.type="LinkedList" queue.size="50000" queue.dequeueBatchSize="5000") {{
  action(type="mmjsonparse" cookie="")
  action(type="omelasticsearch" server="127.0.0.1" serverport="{port}" searchIndex="logs"
         searchType="" bulkmode="on" maxbytes="4m" template="document"
         action.resumeRetryCount="-1")
}}
""")
    return ["/usr/sbin/rsyslogd", "-n", "-f", config, "-i", directory / "rsyslog.pid"], False


AGENTS = {"sawlog": sawlog, "sawlog-as-is": partial(sawlog, **AS_IS),
          "sawlog-plain": partial(sawlog, **PLAIN), "rsyslog": rsyslog}


def measure(name: str, build: Path, directory: Path, log: Path, lines: int) -> Result:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    sink = Sink(build / "pipeline_sink")
    command, ends_by_itself = AGENTS[name](build, directory, log, sink.port)
    try:
        with open(directory / "output", "wb") as output:
            began = time.monotonic()
            agent = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output,
                                     stderr=output)
        if not ends_by_itself:
            until(lambda: sink.totals()["lines"] >= lines, f"all lines from {name}")
            took = time.monotonic() - began
            agent.send_signal(signal.SIGTERM)
        _, status, usage = os.wait4(agent.pid, 0)
        if ends_by_itself:
            took = time.monotonic() - began
        agent.returncode = os.waitstatus_to_exitcode(status)
        arrived = sink.totals()["lines"]
    finally:
        sink.stop()
    if agent.returncode != 0 or arrived != lines:
        sys.exit(f"{name} ended with {agent.returncode}; {arrived} of {lines} lines arrived; "
                 f"see {directory}/output")
    size = log.stat().st_size
    return Result(size / 1e6 / took, (usage.ru_utime + usage.ru_stime) / (size / 1e9),
                  usage.ru_maxrss * 1024 / 1e6)


def workload(directory: Path, mib: int) -> tuple[Path, int]:
    """The input, made once; and its lines."""
    log = directory / f"access-{mib}.log"
    if not log.exists():
        directory.mkdir(parents=True, exist_ok=True)
        part = log.with_suffix(".part")
        subprocess.run([sys.executable, HERE / "workload.py", part, "--mib", str(mib)], check=True)
        part.rename(log)
    with open(log, "rb") as file:
        return log, sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def median(results: list[Result]) -> Result:
    return Result(*(statistics.median(getattr(result, field) for result in results)
                    for field in ("mb_per_s", "cpu_s_per_gb", "rss_mb")))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("build", type=Path)
    parser.add_argument("--mib", type=int, default=512)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=AGENTS)
    options = parser.parse_args()

    directory = options.build.resolve() / "pipeline"
    log, lines = workload(directory, options.mib)
    names = [options.only] if options.only else list(AGENTS)
    results = {name: [] for name in names}
    for turn in range(options.runs):
        for name in names:
            result = measure(name, options.build.resolve(), directory / name, log, lines)
            results[name].append(result)
            print(f"run {turn + 1}  {name:12}  {result.mb_per_s:6.1f} MB/s  "
                  f"{result.cpu_s_per_gb:6.2f} CPU s/GB  {result.rss_mb:5.0f} MB", flush=True)

    print(f"\n{log.stat().st_size / 1e6:.0f} MB, {lines} lines; median of {options.runs}\n")
    print("agent          MB/s   CPU s/GB   peak RSS MB")
    medians = {name: median(results[name]) for name in names}
    for name, middle in medians.items():
        print(f"{name:12} {middle.mb_per_s:6.1f}   {middle.cpu_s_per_gb:8.2f}   "
              f"{middle.rss_mb:11.0f}")
    if not options.only:
        ours, theirs = medians["sawlog"], medians["rsyslog"]
        print(f"\nratio pipeline_speed_rsyslog {ours.mb_per_s / theirs.mb_per_s:.1f}")
        print(f"ratio pipeline_memory_rsyslog {theirs.rss_mb / ours.rss_mb:.1f}")
        print(f"ratio pipeline_cpu_rsyslog {theirs.cpu_s_per_gb / ours.cpu_s_per_gb:.1f}")


if __name__ == "__main__":
    main()
