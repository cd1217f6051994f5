"""The outputs of one test: their configuration, and every record back from each."""
import json
import time
from dataclasses import dataclass
from pathlib import Path

from support import readers
from support.servers import Server

HOUR_NS = 3600 * 10**9


@dataclass
class Destinations:
    """All five, under names of the test's own, so that tests can share the servers."""
    test: str
    directory: Path
    elasticsearch: Server
    opensearch: Server
    kafka: Server
    loki: Server

    @property
    def index(self) -> str:
        return f"logs-{self.test}-default"

    @property
    def labels(self) -> dict[str, str]:
        """For the agent's configuration: by them the test's lines are found in Loki."""
        return {"env": self.test}

    def config(self, batch: dict | None = None, **remote) -> dict:
        """The configuration's `outputs`; batch goes into each, remote into those with a server."""
        outputs = {
            "elasticsearch": {"type": "elasticsearch", "hosts": [self.elasticsearch.url],
                              "data_stream": self.index},
            "opensearch": {"type": "elasticsearch", "hosts": [self.opensearch.url],
                           "data_stream": self.index},
            "kafka": {"type": "kafka", "brokers": [self.kafka.address], "topic": self.test},
            "loki": {"type": "loki", "url": self.loki.url},
            "file": {"type": "file", "path": str(self.directory / "output" / "records.json.zst"),
                     "rotate": {"age": "5s", "keep": 1000}},
        }
        for output in outputs.values():
            if batch:
                output["batch"] = batch
            if output["type"] != "file":
                output |= remote
        return outputs

    def names(self) -> list[str]:
        return list(self.config())

    def server(self, name: str) -> Server:
        return {"elasticsearch": self.elasticsearch, "opensearch": self.opensearch,
                "kafka": self.kafka, "loki": self.loki}[name]

    # ---- back from there ----

    def read(self, name: str) -> list[dict]:
        """Every record, repeats included."""
        if name in ("elasticsearch", "opensearch"):
            return readers.read_elasticsearch(self.server(name).url, self.index)
        if name == "kafka":
            return [json.loads(value) for value, _ in self.read_kafka()]
        if name == "loki":
            return [json.loads(entry["line"]) for entry in self.read_loki()]
        return [json.loads(line) for line in readers.read_output_files(self.directory / "output")]

    def read_kafka(self) -> list[tuple[bytes, dict[str, bytes]]]:
        return readers.read_kafka(self.kafka.address, self.test)

    def read_loki(self) -> list[dict]:
        now = time.time_ns()
        return readers.read_loki(self.loki.url, f'{{env="{self.test}"}}', now - 2 * HOUR_NS,
                                 now + HOUR_NS)

    def traffic(self, name: str) -> float | dict[str, int]:
        """Grows with whatever is sent there, accepted or not."""
        if name in ("elasticsearch", "opensearch"):
            return readers.elasticsearch_bytes_received(self.server(name).url)
        if name == "kafka":
            return readers.kafka_end(self.kafka.address, self.test)
        if name == "loki":
            return readers.loki_lines_received(self.loki.url)
        return {path.name: path.stat().st_size
                for path in (self.directory / "output").iterdir()}
