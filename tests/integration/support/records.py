"""What a line must look like at its destination, worked out apart from the agent."""
import gzip
import json
import re
from collections import Counter
from datetime import datetime
from pathlib import Path

TIME_ALIASES = ("timestamp", "time", "ts", "asctime")
TEXT_ALIASES = ("msg", "event")
LEVEL_ALIASES = ("level", "severity", "levelname", "lvl")
LEVELS = {"trace": "trace", "debug": "debug", "info": "info", "notice": "info", "warn": "warn",
          "warning": "warn", "error": "error", "critical": "fatal", "fatal": "fatal"}
# a scalar under one of these names goes one level down
OBJECTS = {"error": "error.message", "host": "host.name", "service": "service.name"}
# what the agent may add to a line
ADDED = {"host.name", "log.file.path", "trace.id", "span.id", "@timestamp", "ecs.version",
         "service.name"}


def flat(record: dict, prefix: str = "") -> dict:
    """{"a": {"b": 1}} as {"a.b": 1}."""
    fields = {}
    for key, value in record.items():
        if isinstance(value, dict):
            fields |= flat(value, prefix + key + ".")
        else:
            fields[prefix + key] = value
    return fields


def canonical(line: dict) -> dict:
    """The fields that a written JSON line has at a destination, without what the agent adds."""
    renamed = {}
    for key, value in line.items():
        if key in TIME_ALIASES and "@timestamp" not in line:
            key = "@timestamp"
        elif key in TEXT_ALIASES and "message" not in line:
            key = "message"
        elif key in LEVEL_ALIASES and "log.level" not in line:
            key, value = "log.level", LEVELS[value.lower()]
        elif key in OBJECTS and not isinstance(value, dict):
            key = OBJECTS[key]
        renamed[key] = value
    return flat(renamed)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def difference(written: dict, arrived: dict, labels: set[str]) -> str:
    """"" when the record that arrived is the line that was written."""
    want, got = canonical(written), flat(arrived)
    for key, value in want.items():
        if key not in got:
            return f"{key} is missing in {arrived}"
        same = (instant(value) == instant(got[key]) if key == "@timestamp"
                else value == got[key])
        if not same:
            return f"{key} is {got[key]!r}, was written as {value!r}"
    added = got.keys() - want.keys() - ADDED - labels
    return f"{sorted(added)} were added to {arrived}" if added else ""


def compare(written: dict[str, dict], arrived: list[dict], key: str, labels: set[str]) -> None:
    """Every written line (by the value of its field key) arrived, unchanged, and once."""
    counts = Counter(flat(record)[key] for record in arrived)
    lost = written.keys() - counts.keys()
    foreign = counts.keys() - written.keys()
    twice = sum(count - 1 for count in counts.values())
    assert not lost, f"{len(lost)} of {len(written)} lost, {sorted(lost)[:3]}"
    assert not foreign, f"{len(foreign)} never written, {sorted(foreign)[:3]}"
    assert not twice, f"{twice} twice, of {len(written)}"
    wrong = [text for record in arrived
             if (text := difference(written[flat(record)[key]], record, labels))]
    assert not wrong, f"{len(wrong)} changed; the first: {wrong[0]}"


# ---- files ----


def read_rotated(directory: Path, name: str) -> list[bytes]:
    """The lines of a log and of its rotated siblings, decompressed, oldest first."""
    def age(path: Path) -> int:
        parts = path.name.removeprefix(name).removesuffix(".gz").lstrip(".")
        return int(parts or 0)

    lines = []
    for path in sorted(directory.glob(name + "*"), key=age, reverse=True):
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        lines += data.splitlines()
    return lines


def text_lines(records: list[dict]) -> Counter:
    """The lines of plain text in shipped records. A joined record has those of its traceback apart;
    where that is all there was, its last line is the message, too."""
    lines = Counter()
    for record in map(flat, records):
        traceback = record.get("error.stack_trace", "").splitlines()
        message = record["message"].split("\n")
        lines.update(traceback)
        if message != traceback[-1:]:
            lines.update(message)
    return lines


def without_head(line: str) -> str:
    """What uvicorn was to log: its time and level become fields of their own."""
    return re.sub(r"^[-\d]+ [:,\d]+ (DEBUG|INFO|WARNING|ERROR|CRITICAL): +", "", line)


def is_json(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


# ---- metrics ----


def http_events(lines: list[bytes]) -> list[dict]:
    """The JSON lines that are about an HTTP request: those with method, endpoint and status."""
    events = [json.loads(line) for line in lines if is_json(line)]
    return [event for event in events
            if all(name in event for name in ("method", "endpoint", "status_code"))]


def route(path: str) -> str:
    """The form under which a path is counted: numbers are ids."""
    return re.sub(r"/\d+(?=/|$)", "/{id}", path)


def http_requests_total(events: list[dict]) -> dict[frozenset, int]:
    return Counter(frozenset({("method", event["method"]), ("endpoint", route(event["endpoint"])),
                              ("status_code", str(event["status_code"]))}) for event in events)
