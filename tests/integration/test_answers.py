"""Answers that no real Elasticsearch gives when it is asked to, before one that takes the lines in
the end: each line is there once, whatever was answered; and several hosts, some of them dead."""
import base64
import socket

import pytest
from support import readers
from support.faulty_proxy import FaultyProxy
from support.records import compare
from support.search import append, make_agent, wait_delivered, wait_health
from support.waiting import wait_for
from support.workload import Workload

RSS_MAX = (256 + 32) << 20  # the default memory_limit, and what is not counted in it
SECRET = "s3cret-word"
BASIC = base64.b64encode(f"agent:{SECRET}".encode()).decode()
OK = b"HTTP/1.1 200 OK\r\n"
FAULTS = {
    # name: (the bytes of the answer, the health that it means, what the reason says)
    "no_json": (OK + b"Content-Length: 17\r\n\r\n<html>hello<html>", "unreachable",
                "not the answer to a _bulk request"),
    "another_json": (OK + b'Content-Length: 27\r\n\r\n{"errors":false,"items":[]}', "unreachable",
                     "not the answer to a _bulk request"),
    "cut_in_the_head": (OK + b"Content-Le", "unreachable", "cannot reach"),
    "cut_in_the_body": (OK + b'Content-Length: 1000\r\n\r\n{"errors":fal', "unreachable",
                        "cannot reach"),
    "no_http": (b"220 mail.example ESMTP\r\n", "paused", "cannot reach"),
    "unavailable": (b"HTTP/1.1 503 No\r\nContent-Length: 4\r\n\r\nbusy", "unreachable",
                    "answered: 503: busy"),
    "too_many": (b"HTTP/1.1 429 No\r\nRetry-After: 1\r\nContent-Length: 4\r\n\r\nbusy",
                 "unreachable", "answered: 429: busy"),
    # some gateways show what they got
    "secrets": (b"HTTP/1.1 401 No\r\nContent-Length: 47\r\n\r\n"
                b"no: Basic YWdlbnQ6czNjcmV0LXdvcmQ=, s3cret-word", "paused",
                "answered: 401: no: Basic ***, ***"),
    "not_found": (b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", "paused", "answered: 404"),
}


def run_over(answer: bytes, server, directory, name: str, health: str, reason: str,
             repeat: int = 1) -> None:
    """The agent gets the answer to its first requests, then the server's."""
    written = Workload().append(directory / "app.log", 512 << 10)
    with FaultyProxy(server.url) as proxy, \
            make_agent(directory, proxy.url, data_stream=name, username="agent",
                       password=SECRET) as agent:
        proxy.answer, proxy.repeat = answer, repeat
        agent.start()
        agent.wait_up()
        assert reason in wait_health(agent, health)["reason"]
        ready = agent.get("/health/ready")
        assert ready.status_code == 503 and reason in ready.text
        wait_for("some attempts", lambda: proxy.faults >= 2)
        proxy.answer = b""
        wait_delivered(agent, len(written))
        wait_health(agent, "up")
        shown = agent.log.read_text() + agent.get("/status").text + ready.text
        assert SECRET not in shown and BASIC not in shown
        assert agent.consumers()["search"]["dead_lettered_lines"] == 0
        assert agent.rss_bytes_max() < RSS_MAX
        assert agent.stop() == 0
    compare(written, readers.read_elasticsearch(server.url, name), "trace_id", labels=set())


@pytest.mark.parametrize("fault", FAULTS)
def test_each_line_once_whatever_is_answered(binary, elasticsearch, tmp_path, name, fault):
    answer, health, reason = FAULTS[fault]
    run_over(answer, elasticsearch, tmp_path, name, health, reason)


def test_an_answer_without_end_is_cut_off(binary, elasticsearch, tmp_path, name):
    size = 1 << 30
    head = OK + b"Content-Length: %d\r\n\r\nx" % (size + 1)
    run_over(head, elasticsearch, tmp_path, name, "unreachable", "the answer is larger than", size)


def test_a_redirect_is_not_followed(binary, elasticsearch, tmp_path, name):
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.setblocking(False)
        url = f"http://127.0.0.1:{elsewhere.getsockname()[1]}/"
        answer = f"HTTP/1.1 307 Moved\r\nLocation: {url}\r\nContent-Length: 0\r\n\r\n".encode()
        run_over(answer, elasticsearch, tmp_path, name, "paused", "answered: 307")
        with pytest.raises(BlockingIOError):
            elsewhere.accept()


def test_hosts_take_turns_and_a_dead_one_comes_back(binary, elasticsearch, tmp_path, name):
    def append_until(check) -> None:
        """Lines in small pieces, so that there are many requests."""
        def more() -> bool:
            nonlocal lines
            append(tmp_path, 10)
            lines += 10
            return check()
        wait_for("the requests", more, pause=0.1)

    lines = 0
    with FaultyProxy(elasticsearch.url) as first:
        second = FaultyProxy(elasticsearch.url)
        with make_agent(tmp_path, "", hosts=[first.url, second.url], data_stream=name) as agent:
            with second:
                agent.start()
                agent.wait_up()
                append_until(lambda: first.passed_on > 5 and second.passed_on > 5)
                assert abs(first.passed_on - second.passed_on) <= 2
            while_dead = first.passed_on
            append_until(lambda: first.passed_on > while_dead + 5)
            assert agent.consumers()["search"]["health"] == "up"
            with FaultyProxy(elasticsearch.url, second.port) as again:
                append_until(lambda: again.passed_on > 2)
                wait_delivered(agent, lines)
                assert agent.stop() == 0
    assert len(readers.read_elasticsearch(elasticsearch.url, name)) == lines
