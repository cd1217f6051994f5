"""The dashboards in Chromium, over a real agent fed by the demo service and by a day of the guides.

Screenshots of every page, wide and narrow, light and dark, are left in build/results/dashboards.
"""
import json
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from conftest import unavailable
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from support.agent import ROOT, Agent
from support.waiting import wait_for

sys.path.append(str(ROOT / "tests" / "prometheus"))
from day import Day  # noqa: E402  (the events of the guides, and what they count)

PAGES = {"system": "System", "application": "Application", "agents": "Agents",
         "vector-db": "Vector DB", "logs": "Logs", "pipeline": "Pipeline"}
SIZES = {"wide": (1440, 1000), "narrow": (390, 844)}
SHOTS = ROOT / "build" / "results" / "dashboards"
HOSTILE = "<script>document.title='taken'</script><img src=x onerror=document.title='taken'>"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture(scope="module")
def agent(binary, tmp_path_factory):
    directory = tmp_path_factory.mktemp("dashboards")
    logs = directory / "logs"
    logs.mkdir()
    config = {"sources": {"app": {"paths": [str(logs / "application.log"), str(logs / "day.log")]},
                          "agents": {"paths": [str(logs / "agent_interactions.log")]}},
              "outputs": {"archive": {"type": "file", "path": str(directory / "out.ndjson")}}}
    with Agent(directory, config) as running:
        running.start()
        running.wait_up()
        write_logs(logs)
        wait_for("everything counted", lambda: all(
            consumer["lag_bytes"] == 0 and consumer["in_flight_lines"] == 0
            for consumer in running.consumers().values()))
        yield running


def write_logs(logs: Path) -> None:
    """Some seconds of a service, so that charts have something to draw, and what is hostile."""
    service = subprocess.Popen([ROOT / "build" / "release" / "demo_service", logs, "12", "100"],
                               stdout=subprocess.DEVNULL)
    events = Day(3, time.time(), 2400).events()
    with open(logs / "day.log", "a") as file:
        for number, event in enumerate(events):
            file.write(json.dumps(event) + "\n")
            if number % 200 == 199:
                file.flush()
                wait_for("the service's next second", second_passes(), pause=0.1)
        for _ in range(2):
            file.write(json.dumps({"level": "error", "message": HOSTILE, "service": HOSTILE,
                                   "trace_id": TRACE, "event.name": "tool.execution",
                                   "tool_name": HOSTILE, "status": "error"}) + "\n")
    assert service.wait(timeout=60) == 0


def second_passes():
    until = time.monotonic() + 1
    return lambda: time.monotonic() > until


@pytest.fixture(scope="module")
def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    try:
        driver = webdriver.Chrome(
            options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
    except WebDriverException as cause:
        unavailable(f"Chromium cannot be had: {cause.msg}")
    yield driver
    driver.quit()


def show(browser, agent, page: str) -> None:
    browser.get(f"http://127.0.0.1:{agent.port}/monitoring/{page}")
    wait_for("the page", lambda: browser.title == f"{PAGES[page]} – Sawlog")


def tiles(browser) -> dict[str, str]:
    return {tile.find_element(By.TAG_NAME, "dt").text: tile.find_element(By.TAG_NAME, "dd").text
            for tile in browser.find_elements(By.CLASS_NAME, "tile")}


def table(browser, title: str) -> list[list[str]]:
    """The cells of the rows of the table below this heading."""
    return browser.execute_script("""
        const card = [...document.querySelectorAll('.card')].find(
            (each) => each.querySelector('table') &&
                each.querySelector('h2').textContent === arguments[0]);
        return [...card.querySelectorAll('tbody tr')].map(
            (row) => [...row.cells].map((cell) => cell.textContent));""", title)


def total(agent, name: str, **match: str) -> float:
    return sum(value for (series, labels), value in agent.metrics().items()
               if series == name and set(match.items()) <= labels)


def shown(value: float) -> str:
    return f"{value:,.6f}".rstrip("0").rstrip(".")


def errors(browser) -> list[str]:
    return [entry["message"] for entry in browser.get_log("browser")
            if entry["level"] in ("SEVERE", "WARNING")]


# ---- what they show -------------------------------------------------------------------------

def test_figures_are_those_of_metrics(browser, agent):
    show(browser, agent, "system")
    requests = total(agent, "http_requests_total")
    assert requests > 500
    wait_for("the requests", lambda: (
        tiles(browser)["Requests"] == shown(requests), tiles(browser)))
    assert tiles(browser)["Log lines"] == shown(total(agent, "log_records_total"))
    show(browser, agent, "agents")
    wait_for("the tokens", lambda: (
        tiles(browser)["Tokens"] == shown(total(agent, "llm_tokens_used_total")), tiles(browser)))
    assert tiles(browser)["Executions"] == shown(total(agent, "agent_executions_total"))
    show(browser, agent, "vector-db")
    wait_for("the queries", lambda: (tiles(browser)["Queries"] == shown(
        total(agent, "vectordb_query_duration_seconds_count")), tiles(browser)))


@pytest.mark.parametrize("page, title, metric, labels", [
    ("application", "Endpoints", "http_requests_total", ["method", "endpoint"]),
    ("application", "Tools", "tool_executions_total", ["tool_name"]),
    ("application", "Database", "db_queries_total", ["operation", "table"]),
    ("agents", "Agents", "agent_executions_total", ["agent_name"]),
    ("agents", "Models", "llm_requests_total", ["model"]),
    ("agents", "Workflows", "workflow_executions_total", ["workflow"]),
    ("vector-db", "Indexes", "vectordb_query_duration_seconds_count", ["index"]),
])
def test_tables_are_those_of_metrics(browser, agent, page, title, metric, labels):
    show(browser, agent, page)
    rows = wait_for(f"the table {title}", lambda: table(browser, title))
    assert len(rows) > 0
    for row in rows:
        named = {label: cell for label, cell in zip(labels, row) if cell != "–"}
        assert row[len(labels)] in (shown(total(agent, metric, **named)), "–"), row
    assert len({tuple(row[:len(labels)]) for row in rows}) == len(rows)


def test_the_pipeline_shows_the_ledger_and_the_files(browser, agent):
    show(browser, agent, "pipeline")
    rows = wait_for("the consumers", lambda: table(browser, "Consumers"))
    archive = agent.consumers()["archive"]
    assert ["archive", "up", shown(archive["read_lines"]), shown(archive["delivered_lines"])] in [
        row[:4] for row in rows]
    files = table(browser, "Files, by how much is not acknowledged")
    assert {Path(row[0]).name for row in files} == {
        "application.log", "agent_interactions.log", "day.log"}


def test_charts_are_drawn(browser, agent):
    show(browser, agent, "system")
    drawn = wait_for("the charts", lambda: (
        len(found := browser.find_elements(By.CSS_SELECTOR, ".uplot canvas")) >= 8, len(found)))
    assert drawn
    legend = [entry.text for entry in browser.find_elements(By.CSS_SELECTOR, ".legend li")]
    assert any(entry.startswith("p95 ") for entry in legend), legend
    assert any(entry.startswith("busy ") and entry.endswith("%") for entry in legend), legend


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_every_page_is_drawn_without_an_error(browser, agent, size, theme):
    SHOTS.mkdir(parents=True, exist_ok=True)
    width, height = SIZES[size]
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == "narrow"})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
        "features": [{"name": "prefers-color-scheme", "value": theme}]})
    try:
        for page in PAGES:
            show(browser, agent, page)
            wait_for("something to see", lambda: browser.find_elements(
                By.CSS_SELECTOR, ".uplot canvas, .log details"))
            assert browser.execute_script("return document.documentElement.dataset.theme") == theme
            # nothing sticks out to the right
            assert browser.execute_script("return document.documentElement.scrollWidth") <= width
            browser.save_screenshot(str(SHOTS / f"{page}-{size}-{theme}.png"))
            assert errors(browser) == [], page
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


# ---- logs -----------------------------------------------------------------------------------

def log_lines(browser) -> list[str]:
    return [line.text for line in browser.find_elements(By.CSS_SELECTOR, ".log summary")]


def fill(browser, field: str, text: str) -> None:
    browser.find_element(By.ID, field).send_keys(text, Keys.TAB)


def test_a_line_full_of_html_stays_text(browser, agent):
    show(browser, agent, "logs")
    fill(browser, "log-trace", TRACE)
    lines = wait_for("the lines", lambda: (
        len(found := log_lines(browser)) == 2 and found, found))[0]
    assert HOSTILE in lines[0]
    browser.find_element(By.CSS_SELECTOR, ".log summary").click()
    raw = wait_for("the raw line", lambda: browser.find_elements(By.CSS_SELECTOR, ".log pre"))
    assert "onerror" in raw[0].text
    show(browser, agent, "application")
    wait_for("the tools", lambda: HOSTILE in [row[0] for row in table(browser, "Tools")])
    assert browser.title == "Application – Sawlog"
    assert browser.find_elements(By.CSS_SELECTOR, "main img, main script") == []
    assert errors(browser) == []


def test_new_lines_come_by_themselves(browser, agent):
    show(browser, agent, "logs")
    wait_for("lines", lambda: log_lines(browser))
    fill(browser, "log-text", "just NOW")
    with open(agent.directory / "logs" / "day.log", "a") as file:
        file.write(json.dumps({"level": "info", "message": "written just now"}) + "\n")
    wait_for("the line", lambda: (
        [line for line in log_lines(browser) if "written just now" in line], log_lines(browser)))


def test_filters_and_a_click_on_a_trace(browser, agent):
    show(browser, agent, "logs")
    browser.find_element(By.CSS_SELECTOR, "#log-level option[value=error]").click()
    levels = wait_for("errors alone", lambda: (
        (found := {level.text for level in browser.find_elements(
            By.CSS_SELECTOR, ".log .level")}) and found <= {"error", "fatal"}, found))[1]
    assert "error" in levels
    fill(browser, "log-text", "onerror")
    wait_for("the hostile ones", lambda: (len(found := log_lines(browser)) == 2, found))
    browser.find_element(By.CSS_SELECTOR, ".log summary").click()
    wait_for("its trace", lambda: browser.find_elements(By.CSS_SELECTOR, ".log button"))[0].click()
    field = browser.find_element(By.ID, "log-trace")
    wait_for("the trace's lines", lambda: (
        field.get_property("value") == TRACE and len(log_lines(browser)) == 2, log_lines(browser)))


# ---- how they are served --------------------------------------------------------------------

def test_one_request_brings_the_whole_page(browser, agent):
    show(browser, agent, "system")
    fetched = wait_for("the figures", lambda: browser.execute_script(
        "return performance.getEntriesByType('resource').map((entry) => entry.initiatorType)"))
    assert set(fetched) == {"fetch"}, fetched
    answer = httpx.get(f"http://127.0.0.1:{agent.port}/")
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < 150 << 10


def test_by_keyboard(browser, agent):
    show(browser, agent, "system")
    link = browser.find_element(By.LINK_TEXT, "Agents")
    browser.execute_script("document.body.focus()")
    for _ in range(10):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        if browser.switch_to.active_element == link:
            break
    link.send_keys(Keys.ENTER)
    wait_for("the page", lambda: browser.title == "Agents – Sawlog")
    assert browser.current_url.endswith("/monitoring/agents")
    browser.back()
    wait_for("the page before", lambda: browser.title == "System – Sawlog")


def test_an_agent_that_is_gone_is_told(browser, agent, tmp_path):
    config = {"sources": {"app": {"paths": [str(tmp_path / "*.log")]}},
              "outputs": {"archive": {"type": "file", "path": str(tmp_path / "out.ndjson")}}}
    with Agent(tmp_path, config) as other:
        other.start()
        other.wait_up()
        show(browser, other, "logs")
        other.kill()
        wait_for("the notice", lambda: "does not answer" in browser.find_element(
            By.ID, "notice").text)
        other.start()
        other.wait_up()
        wait_for("the notice to go", lambda: browser.find_element(By.ID, "notice").text == "")
    browser.get_log("browser")  # what was refused meanwhile


def test_a_token_is_asked_for(browser, agent, tmp_path):
    token = "a-token-of-the-test"
    config = {"sources": {"app": {"paths": [str(tmp_path / "*.log")]}},
              "outputs": {"archive": {"type": "file", "path": str(tmp_path / "out.ndjson")}}}
    other = Agent(tmp_path, config)
    other.config["http"]["token"] = token
    other.file.write_text(json.dumps(other.config))
    with other:
        other.start()
        url = f"http://127.0.0.1:{other.port}"
        wait_for("the endpoint", lambda: is_alive(url))
        for path in ("/history", "/log-lines", "/metrics"):
            assert httpx.get(url + path).status_code == 401
        show(browser, other, "pipeline")
        field = wait_for("the question", lambda: [
            found for found in browser.find_elements(By.ID, "token") if found.is_displayed()])[0]
        field.send_keys(token, Keys.ENTER)
        wait_for("the figures", lambda: tiles(browser).get("Outputs up") == "1")
    browser.get_log("browser")  # the requests without the token


def is_alive(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/live").status_code == 200
    except httpx.TransportError:
        return False


def test_log_lines_are_not_for_pages_of_the_web(agent):
    url = f"http://127.0.0.1:{agent.port}/log-lines"
    assert httpx.get(url).status_code == 200
    refused = httpx.get(url, headers={"Host": "attacker.example:7295"})
    assert refused.status_code == 403 and "http.token" in refused.json()["error"]
