"""config/logrotate/ with the real logrotate: several rotations by each, every line once."""
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from conftest import ROOT
from support.agent import Agent
from support.waiting import wait_for

CONFIGURATIONS = ROOT / "config" / "logrotate"
ROTATIONS = 4

# Writes numbered lines as the service of each configuration would: argument 1 says how.
SERVICE = r"""
import os, signal, sys, threading
moment = threading.Event().wait
mode, path, pauses = sys.argv[1], sys.argv[2], sys.argv[3]
def opened(): return open(path, "a", buffering=1)
log = opened()
def reopen(*_):
    global log
    log = opened()
def is_still_there():
    try:
        return os.path.samestat(os.stat(path), os.fstat(log.fileno()))
    except FileNotFoundError:
        return False
signal.signal(signal.SIGUSR1, reopen)
ends = False
def end(*_):
    global ends
    ends = True
signal.signal(signal.SIGTERM, end)
number = 0
while not ends:
    if os.path.exists(pauses):
        open(pauses + ".seen", "w").close()
        moment(0.002)
        continue
    if mode == "library" and not is_still_there():
        reopen()
    log.write('{"message":"m","n":%d}\n' % number)
    number += 1
    moment(0.0005)
print(number)
"""

MODES = {"library": "library", "signal": "signal", "copytruncate": "append",
         "orchestrator": "library", "sawlog": "library"}


class Service:
    def __init__(self, mode: str, log: Path, run: Path):
        self.pause = run / "pause"
        self.process = subprocess.Popen([sys.executable, "-c", SERVICE, mode, log, self.pause],
                                        stdout=subprocess.PIPE, text=True)

    def hold(self):
        self.pause.touch()
        wait_for("the service to hold", Path(f"{self.pause}.seen").exists)

    def go_on(self):
        self.pause.unlink()
        Path(f"{self.pause}.seen").unlink()

    def stop(self) -> int:
        """How many lines it wrote."""
        self.process.send_signal(signal.SIGTERM)
        return int(self.process.communicate(timeout=30)[0])


def rotate(configuration: Path, state: Path):
    subprocess.run(["logrotate", "-f", "-s", state, configuration], check=True,
                   env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"})


def arrived(file: Path) -> Counter:
    if not file.exists():
        return Counter()
    return Counter(json.loads(line)["n"] for line in file.read_text().splitlines())


@pytest.mark.parametrize("name", sorted(file.name for file in CONFIGURATIONS.iterdir()))
def test_each_line_once(binary, tmp_path, name):
    text = (CONFIGURATIONS / name).read_text()
    text = text.replace("/var/log", str(tmp_path / "log")).replace("/run/", f"{tmp_path}/run/")
    folder = Path(text.partition("/*.log")[0].split()[-1])
    folder.mkdir(parents=True)
    (tmp_path / "run").mkdir()
    configuration = tmp_path / name
    configuration.write_text(text)
    configuration.chmod(0o644)
    output = tmp_path / "out.ndjson"
    agent = Agent(tmp_path / "agent", {
        "sources": {"app": {"paths": [str(folder / "*.log")]}},
        "outputs": {"archive": {"type": "file", "path": str(output), "compression": "none",
                                "batch": {"age": "20ms"}}}})
    service = Service(MODES[name], folder / "app.log", tmp_path / "run")
    (tmp_path / "run" / "web.pid").write_text(str(service.process.pid))
    with agent:
        agent.start()
        agent.wait_up()
        for _ in range(ROTATIONS):
            seen = len(arrived(output))
            wait_for("some lines", lambda: len(arrived(output)) > seen + 100)
            if name == "copytruncate":  # its gap is logrotate's own
                service.hold()
            rotate(configuration, tmp_path / "logrotate.state")
            if name == "copytruncate":
                service.go_on()
        count = service.stop()
        wait_for("every line", lambda: len(arrived(output)) >= count, 30)
        assert arrived(output) == Counter(range(count))
