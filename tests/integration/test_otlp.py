"""OTLP to a real receiver: Loki's own, with what it makes of resource, scope and attributes."""
import json
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from support import readers
from support.agent import Agent
from support.workload import Workload

NOW = datetime.now(timezone.utc)
TENANT = "otlp"


@pytest.fixture(scope="module")
def run(binary, tenant_loki, tmp_path_factory) -> tuple[list[dict], dict[str, dict]]:
    """(the entries in Loki, what was written by trace_id), after two kills and a last run."""
    directory = tmp_path_factory.mktemp("otlp")
    log = directory / "logs" / "app.log"
    log.parent.mkdir()
    written = Workload().append(log, 1 << 20)
    extra = {"@timestamp": NOW.isoformat(), "level": "error", "message": "payment failed",
             "service.name": "checkout", "service.version": "2.1", "log.logger": "checkout.cart",
             "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "00f067aa0ba902b7",
             "event.name": "payment", "error.type": "Timeout", "error.stack_trace": "at x\nat y",
             "order": {"id": 17, "total": 12.5}}
    with log.open("a") as file:
        file.write(json.dumps(extra) + "\nplain text\n")
    agent = Agent(directory, {
        "sources": {"app": {"paths": [str(log)]}},
        "outputs": {"otel": {"type": "otlp", "url": f"{tenant_loki.url}/otlp",
                             "headers": {"X-Scope-OrgID": TENANT},
                             "batch": {"bytes": "64KiB", "age": "50ms"}}},
    })
    with agent:
        for _ in range(2):
            agent.start()
            agent.wait_up()
            agent.kill()
    assert agent.run_once() == 0, agent.tail_of_log()
    begin, end = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
    entries = readers.read_loki(tenant_loki.url, '{service_name=~".+"}',
                                int(begin.timestamp()) * 10**9, int(end.timestamp()) * 10**9,
                                TENANT)
    return entries, written


def test_each_record_arrives(run):
    """Loki shows a repeat once, because it is the same in every byte."""
    entries, written = run
    counts = Counter(entry["metadata"]["trace_id"] for entry in entries
                     if entry["metadata"].get("trace_id") in written)
    assert counts == {trace_id: 1 for trace_id in written}
    assert len(entries) == len(written) + 2


def test_the_mapping(run):
    entries, _ = run
    entry = next(entry for entry in entries if entry["line"] == "payment failed")
    assert entry["labels"]["service_name"] == "checkout"
    assert entry["time_ns"] == int(NOW.timestamp() * 10**6) * 1000
    metadata = entry["metadata"]
    want = {"severity_number": "17", "severity_text": "error", "scope_name": "checkout.cart",
            "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "00f067aa0ba902b7",
            "service_version": "2.1", "error_type": "Timeout", "exception_type": "Timeout",
            "exception_stacktrace": "at x\nat y", "order_id": "17", "order_total": "12.5"}
    assert {name: metadata.get(name) for name in want} == want
    assert len(metadata["log_record_uid"]) == 38
    assert metadata["log_file_path"] == str(Path(metadata["log_file_path"]).resolve())


def test_a_line_of_text_has_the_time_at_which_it_was_read(run):
    entries, _ = run
    entry = next(entry for entry in entries if entry["line"] == "plain text")
    assert "severity_text" not in entry["metadata"]
    assert abs(entry["time_ns"] / 1e9 - NOW.timestamp()) < 600
