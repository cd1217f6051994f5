"""Every record back from where the agent sent it, repeats included."""
import json
import re
import subprocess
from pathlib import Path

import httpx
from confluent_kafka import Consumer, Message, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.error import KafkaError, KafkaException

from support.waiting import wait_for

PAGE = 5000  # the most that Loki gives at once
BEING_MADE = {KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE,
              KafkaError.UNKNOWN_TOPIC_OR_PART}


def read_elasticsearch(url: str, index: str) -> list[dict]:
    """The documents of an index or data stream, OpenSearch's as well.

    A node that has just replayed much is short of memory for a moment: it is asked again, from the
    beginning.
    """
    def attempt() -> tuple[bool, list[dict] | str]:
        try:
            return True, scroll_elasticsearch(url, index)
        except httpx.HTTPStatusError as error:
            if error.response.status_code != httpx.codes.TOO_MANY_REQUESTS:
                raise
            return False, error.response.text

    return wait_for(f"the documents of {index}", attempt, 300, pause=2)[1]


def scroll_elasticsearch(url: str, index: str) -> list[dict]:
    with httpx.Client(base_url=url, timeout=60) as client:
        if client.post(f"/{index}/_refresh").status_code == 404:
            return []
        answer = client.post(f"/{index}/_search?scroll=2m",
                             json={"size": PAGE, "sort": ["_doc"], "track_total_hits": True})
        documents = []
        while True:
            answer.raise_for_status()
            hits = answer.json()["hits"]["hits"]
            if not hits:
                break
            documents += [hit["_source"] for hit in hits]
            answer = client.post("/_search/scroll", json={
                "scroll": "2m", "scroll_id": answer.json()["_scroll_id"]})
        client.request("DELETE", "/_search/scroll",
                       json={"scroll_id": answer.json()["_scroll_id"]})
    return documents


def elasticsearch_bytes_received(url: str) -> int:
    """How many bytes of bulk operations a node ever took on, refused ones included."""
    stats = httpx.get(f"{url}/_nodes/stats/indexing_pressure", timeout=60)
    stats.raise_for_status()
    return sum(node["indexing_pressure"]["memory"]["total"]["coordinating_in_bytes"]
               for node in stats.json()["nodes"].values())


def kafka_partitions(brokers: str, topic: str) -> list[TopicPartition]:
    metadata = AdminClient({"bootstrap.servers": brokers}).list_topics(topic, timeout=30)
    return [TopicPartition(topic, partition, 0)
            for partition in metadata.topics[topic].partitions]


def kafka_topics(brokers: str) -> set[str]:
    return set(AdminClient({"bootstrap.servers": brokers}).list_topics(timeout=30).topics)


def kafka_end(brokers: str, topic: str, isolation: str = "read_uncommitted") -> int:
    """The sum of the partitions' ends: it grows with whatever is produced. 0 while the topic is
    being made. For read_committed a partition ends where the first open transaction begins."""
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "reader",
                         "isolation.level": isolation})
    try:
        return sum(consumer.get_watermark_offsets(partition, timeout=30)[1]
                   for partition in kafka_partitions(brokers, topic))
    except KafkaException as failure:
        if failure.args[0].code() not in BEING_MADE:
            raise
        return 0
    finally:
        consumer.close()


def kafka_has_open_transaction(brokers: str, topic: str) -> bool:
    return kafka_end(brokers, topic, "read_committed") < kafka_end(brokers, topic)


def read_kafka(brokers: str, topic: str) -> list[tuple[bytes, dict[str, bytes]]]:
    """(value, headers) of each committed message."""
    return [(message.value(), dict(message.headers() or []))
            for message in kafka_messages(brokers, topic)]


def kafka_messages(brokers: str, topic: str) -> list[Message]:
    """Each committed message, in the order of its partition."""
    consumer = Consumer({
        "bootstrap.servers": brokers, "group.id": "reader", "enable.auto.commit": False,
        "isolation.level": "read_committed", "enable.partition.eof": True,
    })
    messages = []
    try:
        unfinished = kafka_partitions(brokers, topic)
        consumer.assign(unfinished)
        open_partitions = {partition.partition for partition in unfinished}
        while open_partitions:
            for message in consumer.consume(PAGE, timeout=0.2):
                error = message.error()
                if error is None:
                    messages.append(message)
                elif error.code() == KafkaError._PARTITION_EOF:
                    open_partitions.discard(message.partition())
                else:
                    raise RuntimeError(str(error))
    finally:
        consumer.close()
    return messages


def read_loki(url: str, query: str, begin_ns: int, end_ns: int, tenant: str = "") -> list[dict]:
    """{time_ns, line, labels, metadata} of each line that query_range shows in [begin, end)."""
    lines, begin = [], begin_ns
    headers = {"X-Loki-Response-Encoding-Flags": "categorize-labels"}
    if tenant:
        headers["X-Scope-OrgID"] = tenant
    with httpx.Client(base_url=url, timeout=60, headers=headers) as client:
        while True:
            answer = client.get("/loki/api/v1/query_range", params={
                "query": query, "start": begin, "end": end_ns, "limit": PAGE,
                "direction": "forward"})
            answer.raise_for_status()
            page = [{"time_ns": int(value[0]), "line": value[1], "labels": stream["stream"],
                     "metadata": (value[2] if len(value) > 2 else {}).get("structuredMetadata", {})}
                    for stream in answer.json()["data"]["result"] for value in stream["values"]]
            # Repeats may be taken out of a page when it is full already: a short one is not the
            # last, but one that does not get on is. The last time of a page may go on in the next.
            latest = max((entry["time_ns"] for entry in page), default=begin)
            if latest == begin and len(page) == PAGE:
                raise RuntimeError(f"more than {PAGE} lines of one time, {begin}")
            if latest == begin:
                return lines + page
            lines += [entry for entry in page if entry["time_ns"] < latest]
            begin = latest


def loki_lines_received(url: str) -> float:
    """How many lines the distributor ever took, repeats included."""
    text = httpx.get(f"{url}/metrics", timeout=30).text
    return sum(float(value) for value in re.findall(
        r"^loki_distributor_lines_received_total\{[^}]*\} (\S+)$", text, flags=re.MULTILINE))


def read_output_files(directory: Path, pattern: str = "*") -> list[bytes]:
    """The lines of the file output's files, oldest last; each a whole zstd file."""
    lines = []
    for file in sorted(directory.glob(pattern)):
        with open(file, "rb") as compressed:
            data = subprocess.run(["zstd", "-dcq"], stdin=compressed, stdout=subprocess.PIPE,
                                  check=True).stdout
        assert data == b"" or data.endswith(b"\n"), f"{file} ends within a line"
        lines += data.splitlines()
    return lines


def json_lines(lines: list[bytes]) -> list[dict]:
    return [json.loads(line) for line in lines]
