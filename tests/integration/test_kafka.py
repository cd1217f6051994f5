"""What can go wrong between the agent and Kafka, with a broker of this test's own: its death, a
second agent, lines that it refuses, passwords and certificates."""
import json
import os
import shutil
import struct
import subprocess
from pathlib import Path

import confluent_kafka
import pytest
from conftest import unavailable
from support import readers
from support.agent import BINARY, Agent
from support.records import compare
from support.servers import Server, ServerUnavailable
from support.waiting import wait_for
from support.workload import Workload

SETTINGS = ["message.max.bytes=100000", "broker.session.timeout.ms=3000",
            "broker.heartbeat.interval.ms=500",
            "transaction.abort.timed.out.transaction.cleanup.interval.ms=1000"]
USER = {"username": "agent", "password": "agent-secret"}


@pytest.fixture(scope="module")
def broker(servers):
    server = Server("kafka", servers / "own", settings=SETTINGS)
    try:
        server.start()
    except ServerUnavailable as cause:
        unavailable(f"server cannot be had: {cause}")
    yield server
    server.stop()


def output(broker: Server, topic: str, **more) -> dict:
    return {"type": "kafka", "brokers": [broker.address], "topic": topic,
            "batch": {"bytes": "64KiB", "age": "50ms"}, "retry": {"backoff_max": "1s"},
            **more}


def with_tls(broker: Server, topic: str, sasl: dict, ca: str | None = None) -> dict:
    ca = ca or str(broker.directory / "tls" / "ca.pem")
    return output(broker, topic, sasl=sasl, tls={"ca": ca}) | {
        "brokers": [f"127.0.0.1:{broker.port + 2}"]}


def make_agent(directory: Path, stream: dict) -> Agent:
    return Agent(directory, {"sources": {"app": {"paths": [str(directory / "app.log")]}},
                             "outputs": {"stream": stream}})


def read(broker: Server, topic: str) -> list[dict]:
    return [json.loads(value) for value, _ in readers.read_kafka(broker.address, topic)]


def newer_librdkafka() -> dict[str, str]:
    """The environment in which the agent uses the library that comes with confluent-kafka."""
    libraries = Path(confluent_kafka.__file__).parent.with_name("confluent_kafka.libs")
    return os.environ | {"LD_PRELOAD": str(next(libraries.glob("librdkafka-*")))}


def is_through(agent: Agent, size_bytes: int) -> tuple[bool, dict]:
    stream = agent.consumers()["stream"]
    return stream["lag_bytes"] == 0 and stream["read_bytes"] >= size_bytes, stream


def test_each_line_once_through_kills(binary, broker, tmp_path):
    log, workload, written = tmp_path / "app.log", Workload(), {}
    with make_agent(tmp_path, output(broker, "kills")) as agent:
        for _ in range(6):
            written |= workload.append(log, 1 << 20)
            begun = readers.kafka_end(broker.address, "kills")
            agent.start()
            agent.wait_up()
            # somewhere in the middle of it
            wait_for("traffic", lambda: readers.kafka_end(broker.address, "kills") > begun)
            agent.kill()
        agent.start()
        agent.wait_up()
        written |= workload.append(log, 1 << 20)
        broker.stop("KILL")
        written |= workload.append(log, 1 << 20)
        wait_for("the loss noticed", lambda: agent.consumers()["stream"]["health"] != "up")
        broker.start()
        wait_for("everything delivered", lambda: is_through(agent, log.stat().st_size), 120)
        assert agent.get("/health/ready").status_code == 200
        assert agent.stop() == 0
    compare(written, read(broker, "kills"), "trace_id", labels=set())


TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def codecs(broker: Server, topic: str) -> set[int]:
    """Of the batches with records in a topic's segments; 4 is zstd (Kafka's record batch, v2)."""
    found = set()
    for segment in broker.directory.rglob(f"{topic}-*/*.log"):
        data, at = segment.read_bytes(), 0
        while at < len(data):
            size, = struct.unpack_from(">i", data, at + 8)
            attributes, = struct.unpack_from(">h", data, at + 21)
            is_marker = attributes & 0x20
            if not is_marker:
                found.add(attributes & 7)
            at += 12 + size
    return found


def test_topic_key_and_headers_of_a_line(binary, broker, tmp_path):
    """And its neighbours with the same key stay in order, in one partition."""
    log = tmp_path / "app.log"
    lines = [{"@timestamp": "2026-11-21T07:06:55.000000Z", "message": f"{number}",
              "service.name": service, "customer": f"c{number % 5}",
              "trace_id": TRACE, "span_id": SPAN}
             for number in range(200) for service in ("cart", "a b")]
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    agent = make_agent(tmp_path, output(broker, "of.{service.name}", key="customer"))
    assert agent.run_once() == 0, agent.tail_of_log()
    for topic, service in (("of.cart", "cart"), ("of.a_b", "a b")):
        messages = readers.kafka_messages(broker.address, topic)
        want = [line for line in lines if line["service.name"] == service]
        assert len(messages) == len(want)
        for key in {line["customer"] for line in lines}:
            of_key = [message for message in messages if message.key() == key.encode()]
            assert len({message.partition() for message in of_key}) == 1
            assert [json.loads(message.value())["message"] for message in of_key] == \
                [line["message"] for line in want if line["customer"] == key]
        headers = dict(messages[0].headers())
        assert len(headers.pop("log.record.uid")) == 38
        assert headers == {"log.file.path": str(log).encode(), "content-type": b"application/json",
                           "traceparent": f"00-{TRACE}-{SPAN}-00".encode()}
        assert codecs(broker, topic) == {4}


def test_a_transaction_that_took_too_long_is_sent_again(binary, broker, tmp_path):
    log, workload, written = tmp_path / "app.log", Workload(), {}
    stream = output(broker, "late") | {"librdkafka": {"transaction.timeout.ms": "1500"}}
    with make_agent(tmp_path, stream) as agent:
        agent.start()
        agent.wait_up()

        def is_paused_within_one() -> bool:
            begun = readers.kafka_end(broker.address, "late")
            written.update(workload.append(log, 1 << 20))
            wait_for("traffic", lambda: readers.kafka_end(broker.address, "late") > begun)
            agent.pause()
            if readers.kafka_has_open_transaction(broker.address, "late"):
                return True
            agent.resume()
            return False

        wait_for("a transaction to pause in", is_paused_within_one, 60)
        wait_for("the broker ends it",
                 lambda: not readers.kafka_has_open_transaction(broker.address, "late"))
        agent.resume()
        written |= workload.append(log, 1 << 20)
        wait_for("everything delivered", lambda: is_through(agent, log.stat().st_size), 60)
        assert agent.stop() == 0
    assert "_FENCED" in agent.tail_of_log()
    assert "until somebody acts" not in agent.tail_of_log()
    compare(written, read(broker, "late"), "trace_id", labels=set())


def test_what_the_broker_refuses_goes_to_the_dead_letters(binary, broker, tmp_path):
    log, workload = tmp_path / "app.log", Workload()
    written = workload.append(log, 100 << 10)
    too_large = workload.record() | {"message": f"{workload.random.getrandbits(2_000_000):x}"}
    with open(log, "a") as file:
        file.write(json.dumps(too_large) + "\n")
    written |= workload.append(log, 100 << 10)
    agent = make_agent(tmp_path, output(broker, "refused") | {"keys": "as_is"})
    assert agent.run_once() == 3, agent.tail_of_log()
    arrived = read(broker, "refused")
    assert [record["trace_id"] for record in arrived] == list(written)
    letters = (tmp_path / "state" / "dead" / "stream").read_text().splitlines()
    assert len(letters) == 1
    letter = json.loads(letters[0])
    assert letter["reason.type"] == "MSG_SIZE_TOO_LARGE"
    assert json.loads(letter["line"])["trace_id"] == too_large["trace_id"]


def test_a_second_agent_with_the_same_id_ends_the_first(binary, broker, tmp_path):
    first_log = tmp_path / "first" / "app.log"
    first = make_agent(tmp_path / "first", output(broker, "fenced"))
    second = make_agent(tmp_path / "second", output(broker, "fenced"))
    workload = Workload()
    written = workload.append(first_log, 10_000)
    with first, second:
        first.start()
        first.wait_up()
        wait_for("the first line", lambda: is_through(first, first_log.stat().st_size))
        (tmp_path / "second" / "state").mkdir()
        shutil.copy(tmp_path / "first" / "state" / "id", tmp_path / "second" / "state" / "id")
        second_log = tmp_path / "second" / "app.log"
        written |= workload.append(second_log, 10_000)
        second.start()
        second.wait_up()
        wait_for("the second's lines", lambda: is_through(second, second_log.stat().st_size))

        workload.append(first_log, 10_000)
        wait_for("the first to notice",
                 lambda: first.consumers()["stream"]["health"] == "paused")
        ready = first.get("/health/ready")
        assert ready.status_code == 503 and "another agent" in ready.text
        written |= workload.append(second_log, 10_000)
        wait_for("the second's lines", lambda: is_through(second, second_log.stat().st_size))
        assert second.get("/health/ready").status_code == 200
    compare(written, read(broker, "fenced"), "trace_id", labels=set())


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-512"])
def test_tls_and_a_password(binary, broker, tmp_path, mechanism):
    written = Workload().append(tmp_path / "app.log", 100 << 10)
    agent = make_agent(tmp_path, with_tls(broker, mechanism, {"mechanism": mechanism} | USER))
    environment = newer_librdkafka() if mechanism.startswith("SCRAM") else os.environ
    done = subprocess.run([BINARY, "run", "--config", agent.file, "--once", "--timeout", "60s"],
                          env=environment, capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stderr
    compare(written, read(broker, mechanism), "trace_id", labels=set())


def connect(directory: Path, stream: dict) -> tuple[int, str]:
    agent = make_agent(directory, stream)
    done = subprocess.run([BINARY, "check", "--config", agent.file, "--connect"],
                          capture_output=True, text=True, timeout=30)
    assert USER["password"] not in done.stdout + done.stderr
    return done.returncode, done.stdout


def test_check_connect_names_the_cause(binary, broker, tmp_path):
    code, text = connect(tmp_path, output(broker, "nobody-made-it"))
    assert code == 0 and "'nobody-made-it' is not there" in text, text
    assert "nobody-made-it" not in readers.kafka_topics(broker.address)

    plain = {"mechanism": "PLAIN"} | USER
    code, text = connect(tmp_path, with_tls(broker, "logs", plain))
    assert code == 0 and "works: 1 broker" in text, text
    code, text = connect(tmp_path, with_tls(broker, "logs", plain | {"password": "wrong"}))
    assert code == 1 and "Invalid username or password" in text, text
    other_ca = "/etc/ssl/certs/ca-certificates.crt"
    code, text = connect(tmp_path, with_tls(broker, "logs", plain, other_ca))
    assert code == 1 and "certificate verify failed" in text, text

    code, text = connect(tmp_path, with_tls(broker, "logs", {"mechanism": "SCRAM-SHA-512"} | USER))
    is_too_old = "librdkafka 2.0" in text
    assert (code, is_too_old) in ((0, False), (1, True)), text
