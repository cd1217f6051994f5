"""The agent as a process: built, configured, started, killed, asked."""
import json
import os
import re
import signal
import subprocess
from pathlib import Path

import httpx

from support.servers import free_ports
from support.waiting import wait_for

ROOT = Path(__file__).resolve().parents[3]
BINARY = ROOT / "build" / "release" / "sawlog"

SAMPLE = re.compile(r"^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def parse_metrics(text: str) -> dict[tuple[str, frozenset], float]:
    """{(name, {(label, value), …}): value} of Prometheus' text format."""
    series = {}
    for line in text.splitlines():
        match = SAMPLE.match(line)
        if match:
            labels = frozenset((name, re.sub(r'\\(["\\])', r"\1", value).replace("\\n", "\n"))
                               for name, value in LABEL.findall(match.group(2) or ""))
            series[match.group(1), labels] = float(match.group(3))
    return series


class Agent:
    """One configuration, its state directory, and at most one process."""

    def __init__(self, directory: Path, config: dict):
        self.directory = directory
        self.port = free_ports(1)
        self.config = {"state_dir": str(directory / "state"),
                       "http": {"listen": f"127.0.0.1:{self.port}"}, **config}
        self.file = directory / "sawlog.yaml"
        self.log = directory / "sawlog.log"
        self.process = None
        directory.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps(self.config, indent=2))  # JSON is YAML

    # ---- its life ----

    def start(self) -> None:
        assert self.process is None
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([BINARY, "run", "--config", self.file],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def wait_up(self, seconds: float = 30) -> None:
        """Until it answers /status: configuration and state are loaded."""
        wait_for("the agent's /status", self.is_up, seconds)

    def is_up(self) -> bool:
        assert self.process.poll() is None, f"the agent ended:\n{self.tail_of_log()}"
        try:
            return self.get("/status").status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """As a crash does."""
        self.process.kill()
        self.process.wait()
        self.process = None

    def pause(self) -> None:
        """As a host that sleeps does."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def stop(self, seconds: float = 30) -> int:
        """By SIGTERM; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self.process = None

    def run_once(self, seconds: float = 120) -> int:
        """`sawlog run --once`: its exit code."""
        with open(self.log, "ab") as log:
            return subprocess.run(
                [BINARY, "run", "--config", self.file, "--once", "--timeout", f"{seconds:g}s"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=seconds + 30).returncode

    def __enter__(self) -> "Agent":
        return self

    def __exit__(self, *_) -> None:
        if self.process is not None:
            self.kill()

    def tail_of_log(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-30:])

    # ---- what it says ----

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=10, verify=False)

    def consumers(self) -> dict[str, dict]:
        """/status, by the consumer's name."""
        return {consumer["name"]: consumer for consumer in self.get("/status").json()["consumers"]}

    def metrics(self) -> dict[tuple[str, frozenset], float]:
        """What /metrics serves; waits while it is withheld after a start."""
        answer = wait_for("/metrics", lambda: self.metrics_answer())
        return parse_metrics(answer[1])

    def metrics_answer(self) -> tuple[bool, str]:
        answer = self.get("/metrics")
        return answer.status_code == 200, answer.text

    def cpu_seconds(self) -> float:
        """User and system time of the running process so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_bytes_max(self) -> int:
        """The most memory that the running process ever held."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) * 1024
