"""SIGHUP and POST /reload: validate, build, swap.

SAWLOG_RELOADS sets how often (./dev soak reload: 1000).
"""
import json
import os
import signal
import threading
from collections import Counter
from pathlib import Path

import httpx
import pytest
from support.agent import Agent
from support.servers import free_ports
from support.waiting import wait_for

RELOADS = int(os.environ.get("SAWLOG_RELOADS", "40"))
LINES_A_FILE = 2000


class Service:
    """Writes numbered lines into logs that it rotates, until it is stopped."""

    def __init__(self, directory: Path):
        self.directory = directory
        self.counts = {"app": 0, "web": 0}
        self.ends = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ends.set()
        self.thread.join()

    def run(self):
        while not self.ends.is_set():
            for name in self.counts:
                self.write(name, 20)
            self.ends.wait(0.005)

    def write(self, name: str, count: int):
        begin = self.counts[name]
        file = self.directory / f"{name}.log"
        if begin and begin % LINES_A_FILE == 0:
            file.rename(self.directory / f"{name}.log.{begin // LINES_A_FILE}")
        with open(file, "a") as log:
            for number in range(begin, begin + count):
                log.write(f'{{"message":"m","event.name":"work","n":"{name}-{number}"}}\n')
        self.counts[name] = begin + count

    def lines(self) -> set[str]:
        return {f"{name}-{number}" for name, count in self.counts.items()
                for number in range(count)}


def arrived(file: Path) -> Counter:
    if not file.exists():
        return Counter()
    return Counter(json.loads(line)["n"] for line in file.read_text().splitlines())


def archive(directory: Path, name: str, **keys) -> dict:
    return {"type": "file", "path": str(directory / f"{name}.ndjson"), "compression": "none",
            "batch": {"age": "20ms"}, **keys}


class Reloading(Agent):
    """An agent whose configuration is written anew; each reload is waited for."""

    def reload(self, config: dict) -> dict:
        """What /status says of reloads afterwards."""
        self.file.write_text(json.dumps({"state_dir": self.config["state_dir"],
                                         "http": self.config["http"], **config}))
        before = self.reloads()
        self.process.send_signal(signal.SIGHUP)
        return wait_for("the reload", lambda: self.reloads_after(before))

    def reloads(self) -> dict:
        return self.get("/status").json()["reload"]

    def reloads_after(self, before: dict) -> dict | None:
        now = self.reloads()
        is_done = now["done"] + now["failed"] > before["done"] + before["failed"]
        return now if is_done else None

    def resources(self) -> dict:
        process = Path("/proc", str(self.process.pid))
        status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
        return {"descriptors": len(list((process / "fd").iterdir())),
                "threads": int(status["Threads"]), "rss_kib": int(status["VmRSS"].split()[0])}


@pytest.fixture
def make_agent(binary, tmp_path):
    agents = []

    def make(**config) -> Reloading:
        agent = Reloading(tmp_path, config)
        agents.append(agent)
        agent.start()
        agent.wait_up()
        return agent
    yield make
    for agent in agents:
        agent.__exit__()


def configuration(directory: Path, turn: int) -> dict:
    """Turn by turn, something of each kind changes; the last turn has everything."""
    sources = {"app": {"paths": [str(directory / "app.log")], "labels": {"turn": str(turn % 3)}}}
    if turn % 2 == 0:
        sources["web"] = {"paths": [str(directory / "web.log")]}
    outputs = {"kept": archive(directory, "kept"),
               "changed": archive(directory, "changed", batch={"age": f"{20 + turn % 5}ms"})}
    if turn % 4 < 2:
        outputs["comes_and_goes"] = archive(directory, "comes_and_goes")
    rules = [{"counter": "work_total", "where": "event.name == 'work'",
              "labels": {"v": "event.name"}}]
    if turn % 3 == 0:
        rules.append({"counter": "more_total"})
    return {"sources": sources, "outputs": outputs, "metrics": {"presets": [], "rules": rules}}


def test_reloads_lose_repeat_and_leak_nothing(make_agent, tmp_path):
    agent = make_agent(**configuration(tmp_path, 0))
    with Service(tmp_path) as service:
        early = None
        for turn in range(1, RELOADS + 1):
            assert agent.reload(configuration(tmp_path, turn))["last_error"] == "", turn
            if turn == RELOADS // 2:
                early = agent.resources()
    assert agent.reload(configuration(tmp_path, 0))["failed"] == 0
    wanted = service.lines()
    for name in ["kept", "changed", "comes_and_goes"]:
        file = tmp_path / f"{name}.ndjson"
        if name != "comes_and_goes":  # for that one some rotated files are gone
            wait_for(f"all lines in {name}", lambda: set(arrived(file)) == wanted, 60)
        repeated = [line for line, count in arrived(file).items() if count > 1]
        assert repeated == [], f"{name}: {len(repeated)} lines came twice: {repeated[:5]}"
        assert set(arrived(file)) <= wanted
    counter = ("work_total", frozenset({("v", "work")}))
    wait_for("the counter", lambda: agent.metrics().get(counter) == len(wanted))
    late = agent.resources()
    print(f"{RELOADS} reloads, {len(wanted)} lines: {early} → {late}")
    assert late["threads"] <= early["threads"] + 1
    assert late["descriptors"] <= early["descriptors"] + 12  # rotated files that nobody has let go
    assert late["rss_kib"] <= early["rss_kib"] * 1.3 + 8 * 1024
    assert agent.stop() == 0


def test_a_file_that_is_wrong_changes_nothing(make_agent, tmp_path):
    agent = make_agent(**configuration(tmp_path, 0))
    after = agent.reload({"sources": {"app": {"path": ["/a.log"]}}, "outputs": {}})
    assert after["failed"] == 1
    assert "unknown key 'path' in sources.app; did you mean 'paths'?" in after["last_error"]
    assert agent.metrics()["sawlog_config_last_reload_successful", frozenset()] == 0
    assert "did you mean 'paths'?" in agent.tail_of_log()
    service = Service(tmp_path)
    service.write("app", 5)
    wait_for("the lines", lambda: set(arrived(tmp_path / "kept.ndjson")) == service.lines())

    after = agent.reload(configuration(tmp_path, 1))
    assert (after["failed"], after["done"], after["last_error"]) == (1, 1, "")
    assert agent.metrics()["sawlog_config_last_reload_successful", frozenset()] == 1


def test_an_output_that_cannot_be_built_changes_nothing(make_agent, tmp_path):
    agent = make_agent(**configuration(tmp_path, 0))
    service = Service(tmp_path)
    service.write("app", 5)
    wait_for("the lines", lambda: set(arrived(tmp_path / "changed.ndjson")) == service.lines())
    broken = configuration(tmp_path, 1)
    broken["outputs"]["renamed"] = archive(tmp_path, "changed", renamed_from="changed")
    del broken["outputs"]["changed"]
    broken["outputs"]["search"] = {"type": "elasticsearch", "hosts": ["http://127.0.0.1:1"],
                                   "dead_letter": {"path": str(tmp_path / "app.log" / "dead")}}
    after = agent.reload(broken)
    assert after["failed"] == 1
    assert "output 'search'" in after["last_error"]
    service.write("app", 5)
    file = tmp_path / "changed.ndjson"
    wait_for("the lines", lambda: set(arrived(file)) == service.lines())
    assert set(arrived(file).values()) == {1}
    assert set(agent.consumers()) == {"metrics", "kept", "changed", "comes_and_goes"}


def test_a_renamed_output_goes_on(make_agent, tmp_path):
    agent = make_agent(**configuration(tmp_path, 0))
    service = Service(tmp_path)
    service.write("app", 5)
    wait_for("the lines", lambda: set(arrived(tmp_path / "changed.ndjson")) == service.lines())
    renamed = configuration(tmp_path, 0)
    renamed["outputs"]["new_name"] = {**renamed["outputs"].pop("changed"),
                                      "renamed_from": "changed"}
    assert agent.reload(renamed)["last_error"] == ""
    service.write("app", 5)
    file = tmp_path / "changed.ndjson"
    wait_for("the lines", lambda: set(arrived(file)) == service.lines())
    assert set(arrived(file).values()) == {1}
    wait_for("the ledger", lambda: agent.consumers()["new_name"]["delivered_lines"] == 10)


def test_an_output_that_left_pins_nothing_and_goes_on_later(make_agent, tmp_path):
    with_it = configuration(tmp_path, 0)
    agent = make_agent(**with_it)
    service = Service(tmp_path)
    service.write("app", 5)
    file = tmp_path / "comes_and_goes.ndjson"
    wait_for("the lines", lambda: set(arrived(file)) == service.lines())
    assert agent.reload(configuration(tmp_path, 2))["last_error"] == ""
    service.write("app", 5)
    (tmp_path / "app.log").rename(tmp_path / "app.log.1")

    def is_let_go() -> bool:
        return all(entry["path"] != str(tmp_path / "app.log")
                   for entry in agent.get("/status").json()["files"])
    wait_for("the rotated file to be let go", is_let_go)
    assert agent.reload(with_it)["last_error"] == ""
    service.write("app", 5)
    # what was rotated away meanwhile is not read again; what it had is not repeated
    late = {f"app-{number}" for number in range(10, 15)}
    wait_for("the new lines", lambda: late <= set(arrived(file)))
    assert set(arrived(file).values()) == {1}


def records(file: Path) -> list[dict]:
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


# What a source says, a line, and what of it must be in the record; the keys are those of the turn
# before, so that each reload also takes something back.
SOURCE_TURNS = [
    ({"labels": {"env": "dev"}}, "a=1 msg=hello", {"message": "hello", "a": "1", "env": "dev"}),
    ({"labels": {"env": "prod"}, "format": "plain"}, "a=1 msg=hello",
     {"message": "a=1 msg=hello", "env": "prod"}),
    ({"format": "plain", "redact": ["email"]}, "to a@example.org",
     {"message": "to [email]", "env": None}),
    ({"format": "regex", "pattern": r"(?P<who>\w+) (?P<message>.*)"}, "ann to a@example.org",
     {"who": "ann", "message": "to a@example.org"}),
    ({"fields": {"message": "said"}, "enrich": "none"}, '{"said":"yes"}',
     {"message": "yes", "host.name": None}),
    ({"where": "message == 'this'"}, '{"message":"that"}\n{"message":"this"}',
     {"message": "this"}),
    ({"multiline": {"start": "^begin"}}, "begin\nmore\nbegin", {"message": "begin\nmore"}),
    ({"multiline": "none"}, "begin", {"message": "begin"}),
]


def test_the_next_line_obeys_the_new_source(make_agent, tmp_path):
    def configured(keys: dict) -> dict:
        return {"sources": {"app": {"paths": [str(tmp_path / "app.log")], **keys}},
                "outputs": {"kept": archive(tmp_path, "kept")}}
    agent = make_agent(**configured(SOURCE_TURNS[0][0]))
    for turn, (keys, text, wanted) in enumerate(SOURCE_TURNS):
        if turn > 0:
            assert agent.reload(configured(keys))["last_error"] == ""
        seen = len(records(tmp_path / "kept.ndjson"))
        with open(tmp_path / "app.log", "a") as log:
            log.write(f"{text}\n")
        wait_for(f"a record of {text!r}", lambda: len(records(tmp_path / "kept.ndjson")) > seen)
        record = records(tmp_path / "kept.ndjson")[seen]
        assert {name: record.get(name) for name in wanted} == wanted, keys


def test_host_metrics_and_included_files(make_agent, tmp_path):
    conf_d = tmp_path / "conf.d"
    conf_d.mkdir()
    agent = make_agent(**configuration(tmp_path, 0))
    (conf_d / "more.yaml").write_text(json.dumps({"outputs": {"more": archive(tmp_path, "more")}}))
    included = {**configuration(tmp_path, 0), "include": ["conf.d/*.yaml"], "host_metrics": True}
    assert agent.reload(included)["last_error"] == ""
    assert "more" in agent.consumers()
    assert any(name == "node_load1" for name, _ in agent.metrics())
    (conf_d / "more.yaml").write_text("outputs: {more: {type: stdin}}")
    after = agent.reload({**included, "host_metrics": False})
    assert "conf.d/more.yaml:1:" in after["last_error"]
    assert "more" in agent.consumers()
    assert any(name == "node_load1" for name, _ in agent.metrics())


def test_post_reload(make_agent, tmp_path):
    agent = make_agent(**configuration(tmp_path, 0))
    url = f"http://127.0.0.1:{agent.port}/reload"
    agent.file.write_text(json.dumps({**agent.config, **configuration(tmp_path, 3)}))
    answer = httpx.post(url, timeout=30)
    assert answer.status_code == 200, answer.text
    assert answer.text == "outputs: 1 changed, 1 gone; sources changed\n"
    assert httpx.post(url, timeout=30).text == "nothing changed\n"
    agent.file.write_text("nonsense")
    answer = httpx.post(url, timeout=30)
    assert answer.status_code == 422
    assert "must be a map of keys" in answer.text
    assert httpx.post(url, headers={"Origin": "http://localhost"}, timeout=30).status_code == 403
    assert httpx.get(url, timeout=30).status_code == 404


def test_the_endpoint_moves_and_the_state_directory_does_not(make_agent, tmp_path):
    agent = make_agent(**configuration(tmp_path, 0))
    moved = {**agent.config, "http": {"listen": f"127.0.0.1:{free_ports(1)}"}}
    old_port = agent.port
    agent.port = int(moved["http"]["listen"].rpartition(":")[2])
    agent.file.write_text(json.dumps(moved))
    assert httpx.post(f"http://127.0.0.1:{old_port}/reload", timeout=30).status_code == 200
    wait_for("the new address", agent.is_up)

    agent.file.write_text(json.dumps({**moved, "state_dir": str(tmp_path / "elsewhere")}))
    answer = httpx.post(f"http://127.0.0.1:{agent.port}/reload", timeout=30)
    assert answer.status_code == 422
    assert "'state_dir' can only change with a restart" in answer.text
