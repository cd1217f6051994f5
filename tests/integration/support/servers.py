"""Kafka, Elasticsearch, OpenSearch, Loki and a collector, each on free ports of 127.0.0.1.

The scripts are in tests/integration/servers; a server keeps its data over stop() and start().
"""
import os
import socket
import subprocess
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[1] / "servers"
PORTS_IN_A_ROW = 3  # the most that a script uses from PORT on


class ServerUnavailable(Exception):
    """It cannot be had on this machine; the message says why."""


def free_ports(count: int = PORTS_IN_A_ROW) -> int:
    """The first of count neighbouring ports that nobody listens on."""
    for _ in range(200):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            first = probe.getsockname()[1]
        if first + count < 65536 and all(is_free(first + i) for i in range(count)):
            return first
    raise ServerUnavailable(f"no {count} free ports in a row")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


class Server:
    def __init__(self, name: str, directory: Path, environment: dict[str, str] | None = None,
                 settings: list[str] | None = None, folder: str = "", is_secure: bool = False):
        """settings: lines for the server's configuration, as its start script takes them."""
        self.name = name
        self.directory = directory / (folder or name)
        self.is_secure = is_secure
        self.settings = settings or []
        self.port = free_ports()
        self.environment = environment or {}

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{'https' if self.is_secure else 'http'}://{self.address}"

    def start(self) -> None:
        done = subprocess.run(
            [SCRIPTS / self.name / "start", self.directory, str(self.port), *self.arguments()],
            env=os.environ | self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise ServerUnavailable(f"{self.name}: {done.stdout.strip()[-2000:]}")

    def arguments(self) -> list:
        arguments = []
        if self.name == "elasticsearch":
            arguments.append("secure" if self.is_secure else "plain")
        if self.settings:
            file = self.directory.with_suffix(".settings")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("\n".join(self.settings) + "\n")
            arguments.append(file)
        return arguments

    def stop(self, signal: str = "TERM") -> None:
        if self.directory.exists():
            subprocess.run([SCRIPTS / self.name / "stop", self.directory, signal], check=True)
