"""An agent with one Elasticsearch output, and the lines that it gets."""
import subprocess

from support.agent import BINARY, Agent
from support.waiting import wait_for

LINE = '{{"@timestamp":"2026-11-21T07:06:55.{:06}Z","message":"{}","{}":{}}}\n'


def make_agent(directory, url: str, **output) -> Agent:
    return Agent(directory, {
        "sources": {"app": {"paths": [str(directory / "app.log")]}},
        "outputs": {"search": {"type": "elasticsearch", "hosts": [url],
                               "batch": {"bytes": "64KiB", "age": "50ms"},
                               "retry": {"backoff_max": "1s"}, **output}},
    })


def wait_delivered(agent: Agent, lines: int) -> None:
    def check():
        search = agent.consumers()["search"]
        return search["lag_bytes"] == 0 and search["in_flight_lines"] == 0 \
            and search["delivered_lines"] + search["dead_lettered_lines"] == lines, search

    wait_for(f"{lines} lines delivered", check, 120)


def wait_health(agent: Agent, state: str) -> dict:
    def check():
        search = agent.consumers()["search"]
        return search["health"] == state, search

    return wait_for(f"the output {state}", check, 60)[1]


def append(directory, count: int, text: str = "fine", field: str = "n", value: str = "1") -> None:
    with open(directory / "app.log", "a") as file:
        for number in range(count):
            file.write(LINE.format(number, text, field, value))


def run_command(agent: Agent, *arguments: str) -> tuple[int, list[str]]:
    done = subprocess.run([BINARY, *arguments, "--config", agent.file], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    return done.returncode, done.stdout.splitlines()
