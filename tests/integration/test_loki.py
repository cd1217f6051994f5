"""What Loki refuses, limits and keeps apart, with a Loki that has tenants."""
import base64
import json
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from support import readers
from support.agent import Agent
from support.proxy import Proxy
from support.waiting import wait_for

DEAD_LETTERS = 3  # exit code of run --once
NOW = datetime.now(timezone.utc)


def line(message: str, at: datetime, **fields) -> str:
    time = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return json.dumps({"@timestamp": time, "message": message, **fields})


def write(directory: Path, name: str, lines: list[str]) -> Path:
    path = directory / "logs" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(text + "\n" for text in lines))
    return path


def agent_for(directory: Path, loki, tenant: str, **output) -> Agent:
    return Agent(directory, {
        "sources": {"app": {"paths": [str(directory / "logs" / "*.log")], "enrich": "none"}},
        "outputs": {"loki": {"type": "loki", "url": loki.url, "tenant": tenant,
                             "labels": ["service.name"], "retry": {"backoff_max": "1s"},
                             **output}},
    })


def stored(loki, tenant: str) -> list[dict]:
    """Everything that Loki shows of a tenant."""
    begin, end = NOW - timedelta(days=9), NOW + timedelta(days=1)
    return readers.read_loki(loki.url, '{service_name=~".+"}', int(begin.timestamp()) * 10**9,
                             int(end.timestamp()) * 10**9, tenant)


def messages(entries: list[dict]) -> Counter:
    return Counter(json.loads(entry["line"])["message"] for entry in entries)


def dead_letters(directory: Path) -> dict[str, str]:
    """reason.type by message."""
    letters = (directory / "state" / "dead" / "loki").read_text().splitlines()
    return {json.loads(json.loads(letter)["line"])["message"][:20]:
            json.loads(letter)["reason.type"] for letter in letters}


def test_each_tenant_has_its_own(binary, tenant_loki, tmp_path):
    for tenant in ("team-a", "team-b"):
        write(tmp_path / tenant, "app.log", [line(f"of {tenant}", NOW)])
        assert agent_for(tmp_path / tenant, tenant_loki, tenant).run_once() == 0
    for tenant in ("team-a", "team-b"):
        assert messages(stored(tenant_loki, tenant)) == {f"of {tenant}": 1}


def test_only_refused_entries_go_to_the_dead_letters(binary, tenant_loki, tmp_path):
    good = [line(f"good {n}", NOW - timedelta(seconds=500 - n)) for n in range(500)]
    # in a stream of its own: in that of the others it would be too far behind
    bad = {"too old": (line("too old", NOW - timedelta(days=8), **{"service.name": "old"}),
                       "greater_than_max_sample_age"),
           "too new": (line("too new", NOW + timedelta(minutes=20)), "too_far_in_future"),
           "too far behind": (line("too far behind", NOW - timedelta(hours=2)), "too_far_behind"),
           "x" * 20: (line("x" * 300_000, NOW), "line_too_long")}
    for position, (text, _) in zip((100, 200, 300, 400), bad.values()):
        good.insert(position, text)
    write(tmp_path, "app.log", good)
    assert agent_for(tmp_path, tenant_loki, "mixed").run_once() == DEAD_LETTERS
    assert messages(stored(tenant_loki, "mixed")) == {f"good {n}": 1 for n in range(500)}
    assert dead_letters(tmp_path) == {name: reason for name, (_, reason) in bad.items()}


def test_labels_that_loki_refuses(binary, tenant_loki, tmp_path):
    names = {"short": "short", "long": "a-name-of-more-than-16-bytes"}
    write(tmp_path, "app.log", [line(message, NOW, **{"service.name": name})
                                 for message, name in names.items()])
    agent = agent_for(tmp_path, tenant_loki, "tight-labels")
    assert agent.run_once() == DEAD_LETTERS
    assert messages(stored(tenant_loki, "tight-labels")) == {"short": 1}
    assert dead_letters(tmp_path) == {"long": "label_value_too_long"}


def test_too_many_labels(binary, tenant_loki, tmp_path):
    """Two are the limit, and service_name counts as none."""
    write(tmp_path, "app.log", [line("one", NOW, level="info", env="test", region="eu",
                                     **{"service.name": "shop"})])
    agent = agent_for(tmp_path, tenant_loki, "tight-labels",
                      labels=["service.name", "log.level", "env", "region"])
    assert agent.run_once() == DEAD_LETTERS
    assert dead_letters(tmp_path) == {"one": "max_label_names_per_series"}


def test_a_backlog_of_days_is_merged(binary, tenant_loki, tmp_path):
    """Rotated files and a quiet second file, all of one stream, are never too far behind."""
    hours = {"app.log": range(0, 24), "app.log.1": range(24, 48), "app.log.2": range(48, 72),
             "worker.log": range(0, 72)}
    want = Counter()
    for name, ages in hours.items():
        lines = [line(f"{name} {age} {minute}", NOW - timedelta(hours=age, minutes=minute))
                 for age in reversed(ages) for minute in (50, 30, 10)]
        write(tmp_path, name, lines)
        want.update(json.loads(text)["message"] for text in lines)
    agent = agent_for(tmp_path, tenant_loki, "backlog")
    agent.config["sources"]["app"]["backfill"] = True
    agent.file.write_text(json.dumps(agent.config))
    assert agent.run_once() == 0, agent.tail_of_log()
    assert messages(stored(tenant_loki, "backlog")) == want


def test_a_request_above_the_burst_passes_in_parts(binary, tenant_loki, tmp_path):
    """The tenant may send 10 KB a second, and 20 KB at once."""
    write(tmp_path, "app.log", [line(f"{n} " + "x" * 100, NOW) for n in range(250)])
    agent = agent_for(tmp_path, tenant_loki, "tight-rate")
    assert agent.run_once() == 0, agent.tail_of_log()
    assert len(stored(tenant_loki, "tight-rate")) == 250


def test_a_stream_that_is_refused_holds_up_no_other(binary, tenant_loki, tmp_path):
    """The tenant may have two streams: the third waits, and is not lost."""
    log = write(tmp_path, "app.log", [line("one", NOW, **{"service.name": name}) for name in "abc"])
    with agent_for(tmp_path, tenant_loki, "tight-streams",
                   batch={"age": "100ms"}) as agent:
        agent.start()
        agent.wait_up()
        wait_for("the refusal", lambda: "stream" in agent.consumers()["loki"].get("reason", ""))
        with log.open("a") as file:
            file.writelines(line("two", NOW, **{"service.name": name}) + "\n" for name in "abc")
        wait_for("the others", lambda: (
            len(seen := stored(tenant_loki, "tight-streams")) == 4, messages(seen)))
        assert agent.consumers()["loki"]["dead_lettered_lines"] == 0
        assert agent.consumers()["loki"]["lag_bytes"] > 0


def test_metadata_that_is_not_allowed_loses_nothing(binary, tenant_loki, tmp_path):
    write(tmp_path, "app.log", [line("one", NOW)])
    with agent_for(tmp_path, tenant_loki, "no-metadata", batch={"age": "100ms"}) as agent:
        agent.start()
        agent.wait_up()
        wait_for("the pause", lambda: agent.consumers()["loki"]["health"] == "paused")
        ready = agent.get("/health/ready")
        assert ready.status_code == 503 and "structured metadata" in ready.text
        assert agent.consumers()["loki"]["dead_lettered_lines"] == 0


def test_equal_lines_of_two_files_stay_two_and_are_shown_once(binary, tenant_loki, tmp_path):
    lines = [line(f"same {n}", NOW) for n in range(2000)]
    for name in ("a.log", "b.log"):
        write(tmp_path, name, lines)
    with agent_for(tmp_path, tenant_loki, "twice", batch={"bytes": "16KiB", "age": "10ms"},
                   metadata=["trace_id"]) as agent:
        for _ in range(3):
            agent.start()
            agent.wait_up()
            agent.kill()
    assert agent.run_once() == 0, agent.tail_of_log()
    # worse than any crash: everything is sent again, under the same identities
    (tmp_path / "state" / "consumers" / "loki").unlink()
    assert agent.run_once() == 0, agent.tail_of_log()
    assert messages(stored(tenant_loki, "twice")) == {f"same {n}": 2 for n in range(2000)}


@pytest.mark.parametrize("credentials, authorization", [
    ({"username": "sawlog", "password": "s3cret"},
     "Basic " + base64.b64encode(b"sawlog:s3cret").decode()),
    ({"bearer": "t0ken"}, "Bearer t0ken"),
])
def test_tls_and_credentials(binary, tenant_loki, tmp_path, credentials, authorization):
    tenant = authorization.split()[0].lower()
    write(tmp_path, "app.log", [line("one", NOW)])
    with Proxy(tmp_path, tenant_loki.url, authorization) as proxy:
        agent = agent_for(tmp_path, proxy, tenant, **credentials, tls={"ca": str(proxy.ca)})
        assert agent.run_once() == 0, agent.tail_of_log()
        assert messages(stored(tenant_loki, tenant)) == {"one": 1}

        write(tmp_path, "second.log", [line("two", NOW)])
        proxy.authorization = "another"
        with agent:
            agent.start()
            agent.wait_up()
            wait_for("the pause", lambda: agent.consumers()["loki"]["health"] == "paused")
            assert "401" in agent.get("/health/ready").text
        assert proxy.refused > 0
    secret = list(credentials.values())[-1]
    assert secret not in agent.log.read_text()


def test_an_unknown_certificate_is_refused(binary, tenant_loki, tmp_path):
    write(tmp_path, "app.log", [line("one", NOW)])
    with Proxy(tmp_path, tenant_loki.url, "") as proxy, \
            agent_for(tmp_path, proxy, "nobody") as agent:
        agent.start()
        agent.wait_up()
        wait_for("the pause", lambda: agent.consumers()["loki"]["health"] == "paused")
        assert "certificate" in agent.get("/health/ready").text
        assert proxy.refused == 0
