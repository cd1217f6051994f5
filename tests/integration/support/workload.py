"""JSON access logs, the same for the same seed, each line with a trace_id of its own."""
import json
import random
from datetime import datetime, timedelta, timezone
from pathlib import Path

METHODS = ["GET"] * 7 + ["POST"] * 2 + ["DELETE"]
STATUSES = [200] * 16 + [201, 304, 404, 503]
TEXTS = ["request completed"] * 97 + ['said "hello", path C:\\temp', "two\nlines\tand a tab",
                                      "Anfrage für Zürich ausgeführt ✔"]
STEP = timedelta(microseconds=100)


class Workload:
    """Lines of about 280 bytes; their times begin a while ago and never go back."""

    def __init__(self, seed: int = 1):
        self.random = random.Random(seed)
        self.time = datetime.now(timezone.utc) - timedelta(minutes=20)

    def record(self) -> dict:
        choose = self.random
        self.time += STEP
        status = choose.choice(STATUSES)
        return {
            "timestamp": self.time.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "level": "ERROR" if status >= 500 else "WARN" if status >= 400 else "INFO",
            "logger": "http.server.AccessLog",
            "message": choose.choice(TEXTS),
            "service": "checkout",
            "http.method": choose.choice(METHODS),
            "endpoint": f"/api/v1/orders/{choose.randrange(20)}",
            "status_code": status,
            "duration_ms": round(choose.lognormvariate(3, 1), 3),
            "trace_id": f"{choose.getrandbits(128):032x}",
        }

    def append(self, path: Path, size_bytes: int) -> dict[str, dict]:
        """Appends at least so many bytes; what was written, by trace_id."""
        written, done = {}, 0
        with open(path, "ab", buffering=1 << 20) as file:
            while done < size_bytes:
                done += self.write_line(file, written)
        return written

    def append_lines(self, path: Path, lines: int) -> dict[str, dict]:
        """The same by their number."""
        written = {}
        with open(path, "ab", buffering=1 << 20) as file:
            for _ in range(lines):
                self.write_line(file, written)
        return written

    def write_line(self, file, written: dict[str, dict]) -> int:
        record = self.record()
        written[record["trace_id"]] = record
        return file.write(json.dumps(record, ensure_ascii=False,
                                     separators=(",", ":")).encode() + b"\n")
