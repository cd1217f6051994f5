"""`sawlog replay`: what a real server refused is sent again when the cause is mended."""
import json
import subprocess
from collections import Counter
from pathlib import Path

import httpx
import pytest
from support import readers
from support.agent import BINARY, Agent

DEAD_LETTERS = 3  # exit code of run --once and of replay
BAD = range(0, 400, 4)  # of the lines


def lines() -> list[str]:
    return [json.dumps({"@timestamp": f"2026-11-21T07:06:{n % 60:02}Z", "message": f"ümläut {n}",
                        "trace_id": f"{n + 1:032x}", "size": "large" if n in BAD else n})
            for n in range(400)]


def replay(agent: Agent, *arguments: str) -> subprocess.CompletedProcess:
    letters = agent.directory / "state" / "dead" / "search"
    return subprocess.run([BINARY, "replay", "--config", agent.file, *arguments, letters],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)


def messages(url: str, index: str) -> Counter:
    return Counter(document["message"] for document in readers.read_elasticsearch(url, index))


@pytest.fixture
def refused(binary, elasticsearch, tmp_path, request) -> tuple[Agent, str, str]:
    """An agent some of whose lines do not fit the index: (agent, the server's URL, the index)."""
    index = request.node.name.replace("_", "-")
    httpx.put(f"{elasticsearch.url}/{index}", json={
        "mappings": {"properties": {"size": {"type": "long"}}}}).raise_for_status()
    log = tmp_path / "logs" / "app.log"
    log.parent.mkdir()
    log.write_text("\n".join(lines()) + "\n")
    agent = Agent(tmp_path, {
        "sources": {"app": {"paths": [str(log)]}},
        "outputs": {"search": {"type": "elasticsearch", "hosts": [elasticsearch.url],
                               "index": index, "batch": {"age": "50ms"}}}})
    assert agent.run_once() == DEAD_LETTERS, agent.tail_of_log()
    assert messages(elasticsearch.url, index).total() == 300
    return agent, elasticsearch.url, index


def shipped(directory: Path) -> dict[str, dict]:
    letters = (directory / "state" / "dead" / "search").read_text().splitlines()
    documents = [json.loads(json.loads(letter)["line"]) for letter in letters]
    return {document["message"]: document for document in documents}


def mend(url: str, index: str) -> None:
    """The field may be a text from now on, in an index of the same name."""
    httpx.delete(f"{url}/{index}").raise_for_status()


def test_what_was_refused_is_sent_again(refused):
    agent, url, index = refused
    want = shipped(agent.directory)
    assert len(want) == len(BAD)
    again = replay(agent)
    assert again.returncode == DEAD_LETTERS, "nothing is mended yet"
    assert "100 refused again" in again.stdout, again.stdout
    state = agent.directory / "state" / "dead"
    (state / "search.refused").rename(state / "search")
    assert shipped(agent.directory) == want

    mend(url, index)
    done = replay(agent)
    assert done.returncode == 0, done.stdout
    assert "100 sent again" in done.stdout
    arrived = {document["message"]: document
               for document in readers.read_elasticsearch(url, index)}
    assert arrived == want, "every field as it was set aside"
    assert sorted(path.name for path in state.iterdir()) == []

    second = replay(agent)
    assert second.returncode == 0 and "0 sent again" in second.stdout
    assert messages(url, index) == {message: 1 for message in want}


def test_a_killed_replay_goes_on_while_the_agent_runs(refused):
    agent, url, index = refused
    want = shipped(agent.directory)
    mend(url, index)
    # keeps what is not strings out again, so that the running agent sets aside more
    httpx.put(f"{url}/{index}", json={
        "mappings": {"properties": {"level": {"type": "object"}}}}).raise_for_status()
    agent.config["outputs"]["search"] |= {"keys": "as_is", "batch": {"bytes": "16KiB"}}
    agent.file.write_text(json.dumps(agent.config))
    log = agent.directory / "logs" / "app.log"
    with agent:
        agent.start()
        agent.wait_up()
        with log.open("a") as file:
            file.writelines('{"@timestamp":"2026-11-21T07:06:00Z","message":"new %d","level":"a"}\n'
                            % n for n in range(50))
        for _ in range(3):
            process = subprocess.Popen([BINARY, "replay", "--config", agent.file,
                                        agent.directory / "state" / "dead" / "search"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                process.wait(timeout=0.02)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        assert agent.stop() == 0
    assert agent.run_once() in (0, DEAD_LETTERS)
    httpx.put(f"{url}/{index}/_mapping", json={"properties": {"size": {"type": "text"}}})
    while replay(agent).returncode == 1:
        pass
    left = Counter()
    for name in ("search", "search.refused"):
        path = agent.directory / "state" / "dead" / name
        if path.exists():
            left += Counter(json.loads(json.loads(letter)["line"])["message"]
                            for letter in path.read_text().splitlines())
    arrived = messages(url, index)
    assert all(count == 1 for count in arrived.values())
    assert want.keys() <= arrived.keys()
    assert {f"new {n}" for n in range(50)} <= left.keys(), "set aside while the replay was at it"
