"""OTLP to a real OpenTelemetry collector: every record, field by field, through its death."""
import json
import socket
from collections import Counter
from pathlib import Path

import pytest
from support.agent import Agent
from support.otlp import expected, read_records
from support.waiting import wait_for
from support.workload import Workload

LABELS = {"env": "test"}
UID = "log.record.uid"
AT = "2026-11-21T07:06:55.123456Z"
# what a workload does not have: (one line each, its fields beside time, level and message)
ODD = [
    {"service.name": "shop", "service.version": "2.1", "log.logger": "shop.cart", "n": 1},
    {"service.name": "shop", "log.logger": "shop.cart", "event.name": "payment",
     "span_id": "00f067aa0ba902b7", "error.type": "Timeout", "error.message": "too late",
     "error.stack_trace": "at x\nat y"},
    {"log.origin.file.name": "cart.cpp", "log.origin.file.line": 17, "log.origin.function": "add"},
    {"nested": {"deep": {"er": 1}, "flag": False}, "list": [1, "two", 2.5, True], "empty": ""},
    {"large": 2**62, "negative": -5, "exponent": 1.5e300, "truth": True},
    {"text": 'quotes " and \\ and\ttabs', "umlaut ü": "Zürich ✔", "emoji": "😀"},
]


def odd_line(number: int, fields: dict) -> dict:
    return {"@timestamp": AT, "log.level": list(("trace", "debug", "fatal"))[number % 3],
            "message": f"odd {number}", "trace_id": f"{number + 1:032x}", **fields}


def without_id(record: dict) -> dict:
    rest = {key: value for key, value in record["attributes"].items() if key != UID}
    return {**record, "attributes": rest}


@pytest.fixture(scope="module")
def run(binary, otelcol, tmp_path_factory) -> tuple[list[dict], dict[str, dict], Path]:
    """(the collector's records, what was written by trace_id, the log), with the collector and the
    agent killed meanwhile."""
    directory = tmp_path_factory.mktemp("collector")
    log = directory / "app.log"
    workload = Workload()
    with log.open("w") as file:
        odd = [odd_line(number, fields) for number, fields in enumerate(ODD)]
        file.writelines(json.dumps(line) + "\n" for line in odd)
    written = {line["trace_id"]: line for line in odd} | workload.append(log, 2 << 20)
    with Agent(directory, {
        "sources": {"app": {"paths": [str(log)]}},
        "labels": LABELS,
        "outputs": {"otel": {"type": "otlp", "url": otelcol.url, "retry": {"backoff_max": "1s"},
                             "batch": {"bytes": "64KiB", "age": "50ms"}}},
    }) as agent:
        agent.start()
        agent.wait_up()
        wait_for("the first records", lambda: agent.consumers()["otel"]["delivered_lines"] > 0)
        agent.kill()
        otelcol.stop("KILL")
        written |= workload.append(log, 1 << 20)
        agent.start()
        agent.wait_up()
        wait_for("the loss noticed", lambda: agent.consumers()["otel"]["health"] == "unreachable")
        otelcol.start()
        wait_for("everything", lambda: (
            (otel := agent.consumers()["otel"])["delivered_lines"] == len(written), otel))
        assert otel_is_clean(agent), agent.consumers()["otel"]
        assert agent.stop() == 0
    otelcol.stop()  # its file is written to the end then
    return read_records(otelcol.directory / "records.json"), written, log


def otel_is_clean(agent: Agent) -> bool:
    return agent.consumers()["otel"]["dead_lettered_lines"] == 0


def test_each_record_arrives_field_by_field(run):
    records, written, log = run
    arrived = {record["traceId"]: record for record in records}
    assert arrived.keys() == written.keys()
    wrong = [(want, got) for trace_id, line in written.items()
             if (got := without_id(arrived[trace_id])) !=
             (want := expected(line, socket.gethostname(), str(log), LABELS))]
    assert not wrong, f"{len(wrong)} of {len(written)}; wanted {wrong[0][0]}, got {wrong[0][1]}"


def test_a_repeat_is_the_same_and_has_its_id(run):
    records, written, _ = run
    counts = Counter(record["attributes"][UID] for record in records)
    assert len(counts) == len(written)
    by_id = {record["attributes"][UID]: record for record in records}
    assert all(record == by_id[record["attributes"][UID]] for record in records)
    print(f"OTLP: {len(written)} lines, 0 lost, {len(records) - len(written)} repeats")


def test_a_line_of_text(binary, otelcol, tmp_path):
    otelcol.start()
    (tmp_path / "app.log").write_text("plain text\n")
    agent = Agent(tmp_path, {
        "sources": {"app": {"paths": [str(tmp_path / "app.log")]}},
        "outputs": {"otel": {"type": "otlp", "url": otelcol.url, "compression": "none"}}})
    assert agent.run_once() == 0, agent.tail_of_log()
    otelcol.stop()
    record = read_records(otelcol.directory / "records.json")[-1]
    assert record["body"] == "plain text"
    assert "timeUnixNano" not in record and int(record["observedTimeUnixNano"]) > 0
    assert "severityText" not in record and "traceId" not in record
