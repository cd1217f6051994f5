"""What only Elasticsearch and OpenSearch do: rollovers, their refusals, blocks, templates."""
import json

import httpx
import pytest
from support import readers
from support.records import compare
from support.search import append, make_agent, run_command, wait_delivered, wait_health
from support.servers import free_ports
from support.swallowing_proxy import SwallowingProxy
from support.waiting import wait_for
from support.workload import Workload

PRODUCTS = ["elasticsearch", "opensearch"]


@pytest.fixture(params=PRODUCTS)
def server(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def index(name) -> str:
    """A plain index of the test's own."""
    return name.replace("logs-", "plain-")


def put(server, path: str, body: dict) -> None:
    httpx.put(server.url + path, json=body, timeout=60).raise_for_status()


def post(server, path: str) -> None:
    httpx.post(server.url + path, timeout=60).raise_for_status()


# ---- exactly once over a rollover ----


def write_over_a_rollover(server, directory, name: str, crashes: bool, may_read: bool):
    """(what was written, the agent's log): a rollover while answers are lost."""
    log, workload = directory / "app.log", Workload()
    with SwallowingProxy(server.url) as proxy, \
            make_agent(directory, proxy.url, data_stream=name) as agent:
        assert run_command(agent, "setup")[0] == 0
        proxy.forbids_reading = not may_read
        written = workload.append(log, 64 << 10)
        agent.start()
        agent.wait_up()
        wait_delivered(agent, len(written))

        proxy.swallows = True
        written |= workload.append(log, 256 << 10)
        wait_for("requests without an answer", lambda: proxy.swallowed >= 3)
        if crashes:
            agent.kill()
        post(server, f"/{name}/_rollover")
        proxy.swallows = False
        if crashes:
            agent.start()
            agent.wait_up()
        written |= workload.append(log, 64 << 10)
        wait_delivered(agent, len(written))
        assert not may_read or agent.consumers()["search"]["already_there_lines"] > 0
        assert agent.stop() == 0
        return written, agent.log.read_text()


@pytest.mark.parametrize("crashes", [False, True], ids=["cut", "crash"])
def test_once_over_a_rollover(binary, server, tmp_path, name, crashes):
    written, _ = write_over_a_rollover(server, tmp_path, name, crashes, may_read=True)
    compare(written, readers.read_elasticsearch(server.url, name), "trace_id", labels=set())
    taken = httpx.get(f"{server.url}/{name}/_stats/docs").json()["indices"]
    assert len(taken) == 2 and all(index["primaries"]["docs"]["count"] > 0
                                   for index in taken.values())


def test_who_may_not_read_is_told_and_repeats(binary, server, tmp_path, name):
    """Which shows, too, that the test above can fail."""
    written, log = write_over_a_rollover(server, tmp_path, name, crashes=False, may_read=False)
    documents = readers.read_elasticsearch(server.url, name)
    assert len(documents) > len(written)
    assert {document["trace_id"] for document in documents} == written.keys()
    assert log.count("may be there twice") == 1


# ---- the classes of answers ----


def test_a_refused_line_holds_up_nobody(binary, server, tmp_path, name):
    append(tmp_path, 5)
    append(tmp_path, 1, "poison", value='"no number"')
    append(tmp_path, 5)
    agent = make_agent(tmp_path, server.url, data_stream=name)
    assert agent.run_once() == 3
    documents = readers.read_elasticsearch(server.url, name)
    assert [document["message"] for document in documents] == ["fine"] * 10
    letter, = map(json.loads, (tmp_path / "state" / "dead" / "search").read_text().splitlines())
    assert letter["reason.type"] in ("document_parsing_exception", "mapper_parsing_exception")
    assert "[n]" in letter["reason.message"] and "no number" in letter["reason.message"]
    assert json.loads(letter["line"])["message"] == "poison"


def test_a_dead_host_is_set_aside(binary, server, tmp_path, name):
    dead = f"http://127.0.0.1:{free_ports(1)}"
    append(tmp_path, 100)
    with make_agent(tmp_path, "", hosts=[dead, server.url], data_stream=name) as agent:
        agent.start()
        agent.wait_up()
        wait_delivered(agent, 100)
        wait_health(agent, "up")
        code, lines = run_command(agent, "check", "--connect")
        assert code == 1 and f"cannot reach '{dead}'" in lines[-1]
        assert agent.stop() == 0
    assert len(readers.read_elasticsearch(server.url, name)) == 100


def block(server, index: str, value: bool) -> None:
    put(server, f"/{index}/_settings", {"index.blocks.write": value})


def keep_from_making(server, pattern: str) -> None:
    put(server, "/_cluster/settings", {"persistent": {"action.auto_create_index": pattern}})


FAULTS = {
    # what a person broke: (the output's own keys, how it is broken, how it is mended, its name)
    "write_block": ({}, lambda server, index: block(server, index, True),
                    lambda server, index: block(server, index, False), "cluster_block_exception"),
    "closed": ({}, lambda server, index: post(server, f"/{index}/_close"),
               lambda server, index: post(server, f"/{index}/_open"), "index_closed_exception"),
    "pipeline": ({"pipeline": "later"}, lambda server, index: None,
                 lambda server, index: put(server, "/_ingest/pipeline/later", {"processors": []}),
                 "pipeline with id [later] does not exist"),
    "missing": ({},
                lambda server, index: keep_from_making(server, "-absent*,*"),
                lambda server, index: put(server, "/absent", {}), "no such index [absent]"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_operators_fault_pauses_and_loses_nothing(binary, server, tmp_path, index, fault):
    keys, break_it, mend_it, reason = FAULTS[fault]
    if fault == "missing":
        index = "absent"
    else:
        put(server, f"/{index}", {})
    append(tmp_path, 3)
    break_it(server, index)
    with make_agent(tmp_path, server.url, index=index, **keys) as agent:
        try:
            agent.start()
            agent.wait_up()
            assert reason in wait_health(agent, "paused")["reason"]
            ready = agent.get("/health/ready")
            assert ready.status_code == 503 and reason in ready.text
        finally:
            mend_it(server, index)
        wait_delivered(agent, 3)
        wait_health(agent, "up")
        assert agent.consumers()["search"]["dead_lettered_lines"] == 0
        assert agent.stop() == 0
    assert len(readers.read_elasticsearch(server.url, index)) == 3


# ---- where lines go ----


def test_indices_by_the_records_time(binary, server, tmp_path, index):
    days = ["2026-11-20T23:59:59.999999Z", "2026-11-21T00:00:00.000000Z",
            "2026-11-21T01:30:00.000000+02:00", "2024-02-29T12:00:00Z"]
    (tmp_path / "app.log").write_text("".join(
        json.dumps({"@timestamp": day, "message": day}) + "\n" for day in days))
    agent = make_agent(tmp_path, server.url, index=f"{index}-%Y.%m.%d")
    assert agent.run_once() == 0, agent.tail_of_log()
    there = {day: [document["message"]
                   for document in readers.read_elasticsearch(server.url, f"{index}-{day}")]
             for day in ("2026.11.20", "2026.11.21", "2024.02.29")}
    assert there == {"2026.11.20": [days[0], days[2]], "2026.11.21": [days[1]],
                     "2024.02.29": [days[3]]}


def test_a_pipeline_gets_the_lines(binary, opensearch, tmp_path, name):
    """The Elasticsearch of these tests comes without processors."""
    put(opensearch, f"/_ingest/pipeline/{name}", {"processors": [
        {"set": {"field": "seen", "value": "yes"}}]})
    append(tmp_path, 3)
    agent = make_agent(tmp_path, opensearch.url, data_stream=name, pipeline=name)
    assert agent.run_once() == 0, agent.tail_of_log()
    documents = readers.read_elasticsearch(opensearch.url, name)
    assert [document["seen"] for document in documents] == ["yes"] * 3


# ---- a small and busy server ----


def test_too_large_and_too_much_at_once(binary, tight_elasticsearch, tmp_path, name):
    """Requests over 1 MB get 413, and several at once 429: everything arrives all the same."""
    written = Workload().append(tmp_path / "app.log", 12 << 20)
    with make_agent(tmp_path, tight_elasticsearch.url, data_stream=name, in_flight=8,
                    batch={"bytes": "4MiB"}) as agent:
        agent.start()
        agent.wait_up()
        wait_delivered(agent, len(written))
        search = agent.consumers()["search"]
        assert agent.stop() == 0
    assert search["dead_lettered_lines"] == 0
    # the size is remembered: far fewer refusals than requests
    assert 0 < search["retries"] < search["requests"]
    compare(written, readers.read_elasticsearch(tight_elasticsearch.url, name), "trace_id",
            labels=set())


def test_a_line_that_is_too_large_alone(binary, tight_elasticsearch, tmp_path, name):
    append(tmp_path, 2)
    append(tmp_path, 1, "x" * (1100 << 10))
    append(tmp_path, 2)
    agent = make_agent(tmp_path, tight_elasticsearch.url, data_stream=name)
    agent.config["sources"]["app"]["line_bytes_max"] = "2MiB"
    agent.file.write_text(json.dumps(agent.config))
    assert agent.run_once() == 3
    assert len(readers.read_elasticsearch(tight_elasticsearch.url, name)) == 4
    letter = json.loads((tmp_path / "state" / "dead" / "search").read_text())
    assert letter["reason.type"] == "too_large"


# ---- setup ----


CONFLICTS = [
    {"http.route": "/a"}, {"http": {"route": "/b", "new": 1}},
    {"cart.items": 3}, {"cart": {"items": 4, "total": 2.5}},
    {"n": 1}, {"n": "a word"}, {"flag": True}, {"flag": "maybe"},
    {"day": "2026-11-25"}, {"day": "no day"}, {"labels": {"anything": "goes"}},
    {"event.duration": "soon"}, {"error": {"message": "m", "stack_trace": "s"}},
]
# only where dotted names stay as they are
SCALARS_AND_OBJECTS = [{"cart": "scalar"}, {"day": {"of": "week"}}]


def test_setup_installs_templates_that_refuse_little(binary, server, tmp_path, name):
    agent = make_agent(tmp_path, server.url, data_stream=name)
    code, lines = run_command(agent, "setup")
    assert code == 0, lines
    assert f"search: installed index template 'sawlog-{name}'" in lines
    code, lines = run_command(agent, "setup")
    assert code == 0 and len(lines) == 2 and all("is there already" in line for line in lines)

    conflicts = CONFLICTS + (SCALARS_AND_OBJECTS if "elasticsearch" in name else [])
    with open(tmp_path / "app.log", "w") as file:
        for number, fields in enumerate(conflicts):
            time = f"2026-11-21T07:06:55.{number:06}Z"
            file.write(json.dumps({"@timestamp": time, "message": "m", **fields}) + "\n")
    assert agent.run_once() == 0, (tmp_path / "state" / "dead" / "search").read_text()
    assert len(readers.read_elasticsearch(server.url, name)) == len(conflicts)
    fields = httpx.get(f"{server.url}/{name}/_field_caps?fields=*").json()["fields"]
    assert set(fields["http.route"]) == {"keyword"} and set(fields["event.duration"]) == {"long"}
    assert set(fields["@timestamp"]) == {"date"} and set(fields["message"]) == {"text"}


def test_setup_leaves_others_templates_alone(binary, server, tmp_path, name):
    put(server, f"/_index_template/sawlog-{name}", {"index_patterns": ["logs-others-*"]})
    agent = make_agent(tmp_path, server.url, data_stream=name)
    code, lines = run_command(agent, "setup")
    assert code == 1 and "is not ours" in lines[-1]


# ---- check --connect ----


def test_connect_tells_what_is_there(binary, server, tmp_path, index):
    put(server, f"/{index}", {})
    agent = make_agent(tmp_path, server.url, index=index)
    code, lines = run_command(agent, "check", "--connect")
    assert code == 0 and "search: works: " in lines[-1] and f"index '{index}'" in lines[-1]
    block(server, index, True)
    code, lines = run_command(agent, "check", "--connect")
    assert code == 1 and f"'index.blocks.write' of '{index}' keeps lines out" in lines[-1]
