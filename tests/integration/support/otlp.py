"""OTLP's log records as a collector wrote them, and what a line must look like as one, worked out
apart from the agent (opentelemetry-proto's JSON; docs/outputs/otlp.md)."""
import json
from datetime import datetime, timezone
from pathlib import Path

from support.records import canonical, instant

SEVERITIES = {"trace": 1, "debug": 5, "info": 9, "warn": 13, "error": 17, "fatal": 21}
RESOURCE = {"service.name": "service.name", "service.version": "service.version",
            "host.name": "host.name"}
RENAMED = {"error.message": "exception.message", "error.stack_trace": "exception.stacktrace",
           "log.origin.file.name": "code.file.path", "log.origin.file.line": "code.line.number",
           "log.origin.function": "code.function.name"}
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def value_of(value: dict):
    """Of an AnyValue. Integers are strings in protobuf's JSON."""
    (kind, content), = value.items() if value else (("none", None),)
    if kind == "intValue":
        return int(content)
    if kind == "arrayValue":
        return [value_of(item) for item in content.get("values", [])]
    if kind == "kvlistValue":
        return attributes(content.get("values", []))
    return content


def attributes(pairs: list[dict]) -> dict:
    named = {pair["key"]: value_of(pair["value"]) for pair in pairs}
    assert len(named) == len(pairs), f"a name stands twice: {pairs}"
    return named


def read_records(file: Path) -> list[dict]:
    """Every log record that the collector wrote, with its resource and scope."""
    records = []
    for request in file.read_text().splitlines():
        for resource in json.loads(request)["resourceLogs"]:
            for scope in resource["scopeLogs"]:
                for record in scope["logRecords"]:
                    records.append({
                        **record, "body": value_of(record["body"]),
                        "attributes": attributes(record.get("attributes", [])),
                        "resource": attributes(resource["resource"].get("attributes", [])),
                        "scope": scope["scope"].get("name", "")})
    return records


def unix_ns(time: str) -> int:
    since = instant(time) - EPOCH
    return ((since.days * 86400 + since.seconds) * 10**6 + since.microseconds) * 1000


def expected(line: dict, host: str, path: str, labels: dict[str, str]) -> dict:
    """The record that a written JSON line is, but for its id."""
    fields = canonical(line)
    record = {
        "timeUnixNano": str(unix_ns(fields.pop("@timestamp"))),
        "severityText": (level := fields.pop("log.level")), "severityNumber": SEVERITIES[level],
        "body": fields.pop("message"), "scope": fields.pop("log.logger", fields.get("logger", "")),
    }
    for key, name in (("trace_id", "traceId"), ("span_id", "spanId"), ("event.name", "eventName")):
        if key in fields:
            record[name] = fields.pop(key)
    record["resource"] = {name: fields.pop(key) for key, name in RESOURCE.items() if key in fields}
    record["resource"].setdefault("service.name", "unknown_service")
    record["resource"].setdefault("host.name", host)
    if "error.type" in fields:
        fields["exception.type"] = fields["error.type"]
    record["attributes"] = {RENAMED.get(key, key): value for key, value in fields.items()}
    record["attributes"] |= {"log.file.path": path, **labels}
    return record
