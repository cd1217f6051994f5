"""Promise 6 on a generated day of the guides' events: through rotation and ten kill -9 every metric
equals an independent count, and Prometheus, which scraped all the time, saw no dip and no jump.
"""
import math
import re
import subprocess
import time

import pytest
from day import OPEN_MAX, Day, to_line
from stack import Scraper, wait_for
from support.agent import Agent

EVENTS = 24_000
KILLS = 10
ROTATIONS = 6
PIECES = 120
COUNTING = "[a-rt-z].*(_total|_bucket|_count|_sum)"  # all that come from the logs
PRESETS = ["http", "agent", "llm", "tool", "db", "rag", "vectordb", "cache", "security",
           "workflow", "business", "log", "gen_ai_2026"]


class Logrotate:
    """The real one, forced; it keeps everything."""

    def __init__(self, directory, log):
        self.config, self.state = directory / "logrotate.conf", directory / "logrotate.state"
        self.config.write_text(f'"{log}" {{\n  rotate 1000\n  compress\n  delaycompress\n'
                               "  missingok\n  notifempty\n}\n")

    def run(self) -> None:
        subprocess.run(["logrotate", "-f", "-s", self.state, self.config], check=True)


class Run:
    """The day is written; the agent and its Prometheus are up, and have seen all of it."""

    def __init__(self, directory):
        self.agent = Agent(directory, {
            "sources": {"app": {"paths": [str(directory / "logs" / "app.json")]}},
            "metrics": {"presets": PRESETS, "open_max": f"{OPEN_MAX}s"},
            "outputs": {"archive": {"type": "file", "path": str(directory / "archive.zst")}}})
        self.agent.start()
        self.agent.wait_up()
        self.prometheus = Scraper(directory / "prometheus", self.agent.port)
        self.log = directory / "logs" / "app.json"
        self.log.parent.mkdir()
        self.logrotate = Logrotate(directory, self.log)
        self.day = Day(seed=1, end=time.time(), events=EVENTS)
        self.written = []  # (time, how many lines by then)
        self.write()
        self.agent.wait_up()
        wait_for("the agent to have counted every line", self.has_counted_all, 60)
        self.end = time.time()
        wait_for("Prometheus to have scraped that", self.is_scraped, 20)

    def write(self) -> None:
        events = self.day.events()
        lines = 0
        for piece in range(PIECES):
            with open(self.log, "ab") as file:
                for _, record in zip(range(EVENTS // PIECES + 1), events):
                    self.written.append((time.time(), lines + 1))
                    file.write(to_line(record))
                    lines += 1
            if piece % (PIECES // KILLS) == 3:
                self.let_prometheus_see_more()
            if piece % (PIECES // KILLS) == 6:  # some of it read, little of it saved
                self.agent.kill()
                self.agent.start()
            if piece % (PIECES // ROTATIONS) == 11:
                self.logrotate.run()
        assert next(events, None) is None
        self.lines = lines

    def let_prometheus_see_more(self) -> None:
        seen = self.scraped()
        wait_for("a scrape of what is new", lambda: self.scraped() > seen, 20)

    def scraped(self) -> float:
        found = self.prometheus.query("sum(log_records_total)")
        return float(found[0]["value"][1]) if found else 0

    def counted(self) -> float:
        return sum(value for (name, _), value in self.agent.metrics().items()
                   if name == "log_records_total")

    def has_counted_all(self):
        counted = self.counted()
        return counted == self.lines, f"{counted} of {self.lines}"

    def is_scraped(self):
        return self.scraped() == self.lines

    def close(self) -> None:
        self.prometheus.close()
        self.agent.kill()


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    one = Run(tmp_path_factory.mktemp("day"))
    yield one
    one.close()


def test_every_metric_equals_an_independent_count(run):
    want = run.day.count.series(time.time())
    got = {key: value for key, value in run.agent.metrics().items()
           if not key[0].startswith("sawlog_")}
    assert got.keys() - want.keys() == set()
    assert want.keys() - got.keys() == set()
    wrong = {key: (got[key], value) for key, value in want.items()
             if not math.isclose(got[key], value, rel_tol=1e-12)}
    assert not wrong
    assert len({name for name, _ in got}) > 80


def samples(run, selector: str) -> dict[str, list[tuple[float, float]]]:
    """Every sample that was scraped, by series."""
    return {str(sorted(one["metric"].items())): [(at, float(text)) for at, text in one["values"]]
            for one in run.prometheus.query(f"{selector}[10m]")}


def test_no_scrape_saw_less_than_the_one_before(run):
    series = samples(run, f'{{__name__=~"{COUNTING}"}}')
    assert len(series) > 500
    for name, values in series.items():
        falls = [(a, b) for a, b in zip(values, values[1:]) if b[1] < a[1]]
        assert not falls, f"{name}: {falls}"


def test_prometheus_finds_no_reset(run):
    names = {name for name, _ in run.agent.metrics() if re.fullmatch(COUNTING, name)}
    assert len(names) > 80
    for name in names:
        assert float(run.prometheus.query(f"max(resets({name}[10m]))")[0]["value"][1]) == 0, name


def test_no_scrape_saw_more_than_was_written(run):
    by_time = {}
    for values in samples(run, "log_records_total").values():
        for at, value in values:
            by_time[at] = by_time.get(at, 0) + value
    assert len(by_time) >= KILLS  # one is waited for before each
    for at, value in by_time.items():
        assert value <= sum(1 for moment, _ in run.written if moment <= at)


def test_rate_and_increase_see_every_event_once(run):
    seen = samples(run, "log_records_total")
    for expression, scale in (("increase(log_records_total[10m])", 1),
                              ("rate(log_records_total[10m])", 600)):
        for one in run.prometheus.query(expression):
            name = str(sorted((one["metric"] | {"__name__": "log_records_total"}).items()))
            values = seen[name]
            grown = values[-1][1] - values[0][1]
            # Prometheus extrapolates to half an interval beyond the first and the last scrape, and
            # not below zero
            assert grown <= float(one["value"][1]) * scale <= grown * 1.2 + 1
