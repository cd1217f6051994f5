"""`sawlog status`: one screen, JSON, a health check."""
import json
import os

import httpx
import pytest
from support.agent import Agent
from support.waiting import wait_for


@pytest.fixture
def agent(binary, tmp_path):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "app.log").write_text('{"message":"one"}\n{"message":"two"}\n')
    with Agent(tmp_path, {
        "sources": {"app": {"paths": [str(tmp_path / "logs" / "*.log")]}},
        "outputs": {"archive": {"type": "file", "path": str(tmp_path / "out.zst")},
                    "search": {"type": "elasticsearch", "hosts": ["http://127.0.0.1:1"],
                               "batch": {"age": "10ms"}}},
    }) as agent:
        agent.start()
        agent.wait_up()
        yield agent


def test_one_screen(agent, sawlog):
    wait_for("the output to be missed",
             lambda: agent.consumers()["search"]["health"] == "unreachable")
    wait_for("the archive", lambda: agent.consumers()["archive"]["delivered_lines"] == 2)
    done = sawlog("status", "--url", f"http://127.0.0.1:{agent.port}")
    assert done.returncode == 1, "search is not there: not ready"
    lines = done.stdout.splitlines()
    assert lines[0].endswith("not ready")
    assert any(line.startswith("  ! output 'search' is unreachable: ") for line in lines)
    rows = {line.split()[0]: line.split()[1:] for line in lines if line.startswith("  ")}
    assert rows["archive"][:3] == ["up", "2", "0"]
    assert rows["search"][:3] == ["unreachable", "0", "2"]
    assert rows["app"][0] == "1"
    assert str(agent.directory / "logs" / "app.log") in done.stdout


def test_json_and_address_from_the_configuration(agent, sawlog):
    done = sawlog("status", "--json", "--config", agent.file)
    assert {consumer["name"] for consumer in json.loads(done.stdout)["consumers"]} == {
        "metrics", "archive", "search"}


def is_live(agent: Agent) -> bool:
    try:
        return agent.get("/health/live").status_code == 200
    except httpx.TransportError:
        return False


def test_nobody_is_there(sawlog):
    done = sawlog("status", "--url", "http://127.0.0.1:1")
    assert done.returncode == 1
    assert done.stderr.startswith("sawlog status: cannot reach 'http://127.0.0.1:1/status': ")


def test_a_token_is_asked_for(agent, sawlog):
    agent.kill()
    agent.config["http"]["token"] = "correct horse"
    agent.file.write_text(json.dumps(agent.config))
    agent.start()
    url = f"http://127.0.0.1:{agent.port}"
    wait_for("the agent", lambda: is_live(agent))
    done = sawlog("status", "--url", url)
    assert done.returncode == 1
    assert "answers 401: a token is needed" in done.stderr
    done = sawlog("status", "--url", url, env={**os.environ, "SAWLOG_TOKEN": "correct horse"})
    assert done.stdout.startswith("sawlog ")
    assert sawlog("status", "--config", agent.file).stdout.startswith("sawlog ")
