"""The readers are what the other tests trust: each gives back what was put in, repeats included."""
import json
import subprocess
import time

import httpx
from confluent_kafka import Producer
from support import readers

COUNT = 12_000  # more than two pages


def records() -> list[dict]:
    return [{"number": number, "text": f"zeile {number} ✔"} for number in range(COUNT)]


def check_search(server, index: str) -> None:
    before = readers.elasticsearch_bytes_received(server.url)
    lines = []
    for record in records() + records()[:1]:
        lines += [json.dumps({"create": {}}), json.dumps(record)]
    answer = httpx.post(f"{server.url}/{index}/_bulk", content="\n".join(lines) + "\n", timeout=60,
                        headers={"Content-Type": "application/x-ndjson"})
    assert not answer.json()["errors"]
    got = readers.read_elasticsearch(server.url, index)
    assert sorted(record["number"] for record in got) == [0, *range(COUNT)]
    assert readers.elasticsearch_bytes_received(server.url) > before
    assert readers.read_elasticsearch(server.url, "never-written") == []


def test_elasticsearch(elasticsearch):
    check_search(elasticsearch, "logs-readers-default")


def test_opensearch(opensearch):
    check_search(opensearch, "logs-readers-default")


def test_kafka(kafka):
    producer = Producer({"bootstrap.servers": kafka.address, "linger.ms": 20})
    for record in records() + records()[:1]:
        producer.produce("readers", json.dumps(record).encode(), headers={"id": b"\x01"})
        producer.poll(0)
    assert producer.flush(60) == 0
    got = readers.read_kafka(kafka.address, "readers")
    assert sorted(json.loads(value)["number"] for value, _ in got) == [0, *range(COUNT)]
    assert got[0][1] == {"id": b"\x01"}
    assert readers.kafka_end(kafka.address, "readers") == COUNT + 1


def test_kafka_shows_committed_messages_only(kafka):
    producer = Producer({"bootstrap.servers": kafka.address, "transactional.id": "readers"})
    producer.init_transactions(60)
    for text, end in (("kept", producer.commit_transaction), ("lost", producer.abort_transaction)):
        producer.begin_transaction()
        producer.produce("committed", text.encode())
        producer.flush(60)
        end(60)
    assert [value for value, _ in readers.read_kafka(kafka.address, "committed")] == [b"kept"]


def test_loki(loki):
    before = readers.loki_lines_received(loki.url)
    begin = time.time_ns() - 60 * 10**9
    # many lines of one time, so that a page ends within it
    values = [[str(begin + number // 1000), record["text"], {"log_record_uid": str(number)}]
              for number, record in enumerate(records())]
    pushed = {"streams": [{"stream": {"env": "readers"}, "values": values}]}
    assert httpx.post(f"{loki.url}/loki/api/v1/push", json=pushed, timeout=60).status_code == 204
    got = readers.read_loki(loki.url, '{env="readers"}', begin, begin + 10**9)
    assert sorted(int(entry["metadata"]["log_record_uid"]) for entry in got) == [*range(COUNT)]
    assert got[0]["labels"] == {"env": "readers"}
    assert readers.loki_lines_received(loki.url) == before + COUNT


def test_output_files(tmp_path):
    for name, text in (("a.zst", b"one\n"), ("b.zst", b"two\nthree\n")):
        with open(tmp_path / name, "wb") as compressed:
            subprocess.run(["zstd", "-qc"], input=text, stdout=compressed, check=True)
    assert readers.read_output_files(tmp_path) == [b"one", b"two", b"three"]
