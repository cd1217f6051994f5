"""The agent as a process: systemd's protocol, rights of files, users, limits, clocks."""
import os
import pwd
import resource
import shutil
import signal
import socket
import stat
import subprocess
from pathlib import Path

import pytest
from support.agent import BINARY, Agent
from support.waiting import wait_for


@pytest.fixture
def configured(binary, tmp_path):
    (tmp_path / "app.log").write_text('{"message":"one"}\n')
    with Agent(tmp_path / "agent", {
        "sources": {"app": {"paths": [str(tmp_path / "app.log")]}},
        "outputs": {"archive": {"type": "file", "path": str(tmp_path / "agent" / "out.ndjson"),
                                "compression": "none", "batch": {"age": "10ms"}}},
    }) as agent:
        yield agent


def start(agent: Agent, *arguments, **options) -> None:
    with open(agent.log, "ab") as log:
        agent.process = subprocess.Popen([BINARY, "run", "--config", agent.file, *arguments],
                                         stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                         **options)


def delivered(agent: Agent) -> bool:
    return agent.consumers()["archive"]["delivered_lines"] == 1


def test_systemd_is_told(configured, tmp_path):
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(path)
        notify.settimeout(30)

        def next_but_watchdog() -> str:
            while True:
                state = notify.recv(4096).decode()
                if state != "WATCHDOG=1":
                    return state
        start(configured, env={**os.environ, "NOTIFY_SOCKET": path, "WATCHDOG_USEC": "300000"})
        assert next_but_watchdog().splitlines()[0] == "READY=1"
        configured.wait_up()  # it is ready when it answers
        assert notify.recv(4096) == b"WATCHDOG=1"
        configured.process.send_signal(signal.SIGHUP)
        assert next_but_watchdog().startswith("RELOADING=1\nMONOTONIC_USEC=")
        assert next_but_watchdog().startswith("READY=1\n")
        configured.process.send_signal(signal.SIGTERM)
        assert next_but_watchdog().startswith("STOPPING=1")
        assert configured.process.wait(30) == 0


def test_the_state_is_for_the_owner(configured):
    start(configured)
    wait_for("the line", lambda: configured.is_up() and delivered(configured))
    state = Path(configured.config["state_dir"])
    for path in [state, *state.rglob("*")]:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path
    assert configured.stop() == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_root_is_given_up(configured, tmp_path):
    nobody = pwd.getpwnam("nobody")
    for path in [tmp_path, *tmp_path.parents]:
        if path.owner() == "root" and path.is_relative_to("/tmp") and path != Path("/tmp"):
            path.chmod(0o755)
    shutil.chown(configured.directory, "nobody")
    start(configured, "--user", "nobody")
    wait_for("the line", lambda: configured.is_up() and delivered(configured))
    status = Path(f"/proc/{configured.process.pid}/status").read_text()
    assert f"Uid:\t{nobody.pw_uid}\t{nobody.pw_uid}\t{nobody.pw_uid}" in status
    assert "NoNewPrivs:\t1" in status
    assert "CapEff:\t0000000000000000" in status
    assert Path(configured.config["state_dir"]).owner() == "nobody"
    assert configured.stop() == 0
    start(configured, "--user", "nobody-of-that-name")
    assert configured.process.wait(30) == 2
    configured.process = None
    assert "cannot become user 'nobody-of-that-name': there is none" in configured.tail_of_log()


def test_one_agent_at_a_time(configured):
    start(configured)
    configured.wait_up()
    second = subprocess.run([BINARY, "run", "--config", configured.file], capture_output=True,
                            text=True, timeout=30)
    assert second.returncode == 1
    assert (f"cannot use the state directory '{configured.config['state_dir']}': process "
            f"{configured.process.pid} uses it (one agent at a time)") in second.stderr


def test_its_own_log_may_be_a_file(configured, tmp_path):
    log = tmp_path / "own.log"
    start(configured, "--log", str(log))
    configured.wait_up()
    wait_for("a line of its log", lambda: '"message":"running"' in log.read_text())
    log.rename(tmp_path / "own.log.1")
    configured.process.send_signal(signal.SIGHUP)
    wait_for("the new log", lambda: log.exists() and "configuration reloaded" in log.read_text())
    assert configured.stop() == 0


def test_open_files_are_raised_to_what_is_allowed(configured):
    def lower():
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
    start(configured, preexec_fn=lower)
    configured.wait_up()
    limits = Path(f"/proc/{configured.process.pid}/limits").read_text()
    soft, hard = next(line.split()[3:5] for line in limits.splitlines() if "open files" in line)
    assert soft == hard


@pytest.mark.skipif(shutil.which("faketime") is None, reason="faketime is not installed")
@pytest.mark.parametrize("first, then", [("1970-01-01 00:00:05", "2026-11-25 12:00:00"),
                                         ("2099-12-31 23:59:59", "2026-11-25 12:00:00")])
def test_a_broken_clock(configured, tmp_path, first, then):
    environment = {**os.environ, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    log, out = tmp_path / "app.log", configured.directory / "out.ndjson"
    command = [BINARY, "run", "--config", configured.file, "--once", "--timeout", "60s"]
    for number, time in enumerate([first, then]):
        with open(log, "a") as file:
            file.write(f'{{"message":"line {number}"}}\n')
        done = subprocess.run(["faketime", time, *command], env=environment, capture_output=True,
                              text=True, timeout=90)
        assert done.returncode == 0, done.stderr
        log.rename(tmp_path / f"app.log.{number}")
    assert [part in out.read_text() for part in ["one", "line 0", "line 1"]] == [True] * 3
    assert out.read_text().count("\n") == 3
