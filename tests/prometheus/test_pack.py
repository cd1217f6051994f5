"""What promtool, amtool and a look at the files say about the pack for Prometheus and friends."""
import json
import re
import subprocess
import sys

import pytest
from pack import (ALERTMANAGER, GRAFANA, HERE, PROMETHEUS, ROOT, VARIABLES, dashboard_expressions,
                  dashboards, guide_expressions, must_pass, panels, run)

RULE_TESTS = sorted(HERE.glob("*.yml"))
NAMES = {
    "HighErrorRate", "HighResponseTime", "HighLatency", "HighMemoryUsage", "HighCpuUsage",
    "DiskSpaceLow", "ToolExecutionFailure", "APIDown", "HighLLMErrorRate", "HighAgentErrorRate",
    "SlowAgentExecution", "SlowDatabaseQueries", "LowGroundingScore", "HighRetryRate",
    "QueueBacklog", "CertificateExpiry", "ServiceDown", "HighCostPerHour", "SawlogOutputDown",
    "SawlogStateNotSaved", "SawlogDeadLetters", "SawlogDataAbandoned",
}
# The panels that the monitoring guides list, where they stand.
PANELS = {
    "system": {
        "HTTP Requests", "Active Sessions", "Request Rate", "Request Latency", "Agent Query Rate",
        "Agent Duration", "API Cost", "Token Usage", "Cache Hit Rate", "Total Cost",
        "Total Tokens", "Authentication", "Permissions",
        "Error Rate", "Response Time", "Requests by Endpoint", "Agent Executions", "LLM Requests",
        "Database Query Performance", "Grounding Score",
        "CPU Usage", "Memory Usage", "Disk Usage", "Disk I/O", "Network Traffic", "Status Codes",
        "Active Connections", "Application CPU Usage", "Container Memory", "Container Network"},
    "application": {"Request Rate", "Response Time", "Error Rate", "Active Connections",
                    "Tool Usage", "Cache Performance", "Cache Hit Rate"},
    "agents": {"Response Time by Agent", "Token Usage by Agent", "Completion Rate by Agent",
               "Error Rate by Agent", "Knowledge Retrieval Time"},
    "llm": {"API Cost", "Total Cost", "Total Tokens", "Cost per Hour", "LLM Requests",
            "LLM Duration", "LLM Errors"},
    "vectordb": {"Query Latency", "Index Size", "Cache Hit Rate", "Embedding Generation Time",
                 "Storage Usage"},
    "workflows": {"Workflow Execution Time", "Success Rate", "Agent Performance",
                  "Failures per Workflow", "Workflows Executed per Hour",
                  "Workflows Executed per Day", "User Sessions", "Total Sessions",
                  "Feature Usage"},
    "security": {"Authentication", "Permissions", "Certificate Validity"},
    "errors": {"Log Errors", "Failed Requests by Endpoint", "Error Lines"},
    "pipeline": {"Outputs Down", "Dead Letters", "Abandoned", "Lag", "Retries", "In Flight",
                 "Metric Series"},
}


def rules_text() -> str:
    return "\n".join(file.read_text() for file in sorted((PROMETHEUS / "rules").glob("*.yml")))


# ---- Prometheus -----------------------------------------------------------------------------

def test_prometheus_accepts_the_configuration():
    must_pass("promtool", "check", "config", PROMETHEUS / "prometheus.yml")


@pytest.mark.parametrize("file", RULE_TESTS, ids=lambda file: file.stem)
def test_alerts_fire_when_they_should_and_only_then(file):
    must_pass("promtool", "test", "rules", file)


def test_every_alert_has_a_case_in_both_directions():
    cases = "\n".join(file.read_text() for file in RULE_TESTS)
    quiet = set(re.findall(r"alertname: (\w+), exp_alerts: \[\]", cases))
    fires = set(re.findall(r"alertname: (\w+)\n\s+exp_alerts:\n", cases))
    alerts = set(re.findall(r"- alert: (\w+)", rules_text()))
    assert alerts == NAMES
    assert fires == alerts
    assert quiet == alerts


def test_expressions_of_dashboards_and_guides_can_be_parsed(tmp_path):
    expressions = [*dashboard_expressions().values(), *guide_expressions()]
    file = tmp_path / "expressions.yml"
    file.write_text(json.dumps({"groups": [{"name": "expressions", "rules": [
        {"record": f"parsed:{number}", "expr": expression}
        for number, expression in enumerate(expressions)]}]}))  # JSON is YAML
    must_pass("promtool", "check", "rules", "--lint=none", file)


def test_every_runbook_is_a_heading_of_the_documentation():
    headings = {heading.lower() for heading in
                re.findall(r"^#+ (\w+)$", (ROOT / "docs/monitoring.md").read_text(), re.MULTILINE)}
    runbooks = set(re.findall(r"runbook: docs/monitoring\.md#(\w+)", rules_text()))
    assert runbooks == {name.lower() for name in NAMES}
    assert runbooks <= headings


# ---- Alertmanager ---------------------------------------------------------------------------

def test_alertmanager_accepts_the_configuration():
    must_pass("amtool", "check-config", ALERTMANAGER / "alertmanager.yml")


@pytest.mark.parametrize("severity, receivers", [
    ("critical", "pagerduty,email,slack,webhook"),
    ("warning", "slack,webhook"),
    ("unheard of", "email"),
])
def test_alerts_are_routed_by_their_severity(severity, receivers):
    must_pass("amtool", "config", "routes", "test",
              f"--config.file={ALERTMANAGER / 'alertmanager.yml'}",
              f"--verify.receivers={receivers}", f"severity={severity}", "alertname=Any")


def test_alertmanager_refuses_what_the_guides_print(tmp_path):
    """That is why the receivers here are spelled otherwise."""
    file = tmp_path / "alertmanager.yml"
    file.write_text("""
route: {receiver: web.hook}
receivers: [{name: web.hook, email_configs: [{to: a@b, subject: s, body: b}]}]
global: {smtp_smarthost: 'smtp.example.com:587', smtp_from: 'alerts@example.com'}
""")
    refused = run("amtool", "check-config", file)
    assert refused.returncode != 0
    assert "field subject not found" in refused.stdout


# ---- Grafana --------------------------------------------------------------------------------

def test_dashboards_are_what_the_generator_writes():
    done = subprocess.run([sys.executable, GRAFANA / "generate.py", "--check"], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout


def test_dashboards_have_their_own_uid_and_title():
    for key in ("uid", "title"):
        assert len({dashboard[key] for dashboard in dashboards().values()}) == len(PANELS)


@pytest.mark.parametrize("name", PANELS)
def test_dashboards_have_the_panels_that_people_look_for(name):
    assert PANELS[name] <= {panel["title"] for panel in panels(dashboards()[name])}


def test_panels_do_not_overlap_and_have_their_own_ids():
    for name, dashboard in dashboards().items():
        taken, ids = {}, set()
        for panel in dashboard["panels"]:
            grid = panel["gridPos"]
            assert grid["x"] + grid["w"] <= 24, f"{name}: {panel['title']} is too wide"
            ids.add(panel["id"])
            for cell in ((x, y) for x in range(grid["x"], grid["x"] + grid["w"])
                         for y in range(grid["y"], grid["y"] + grid["h"])):
                other = taken.setdefault(cell, panel["title"])
                assert other is panel["title"], f"{name}: {panel['title']} lies on {other}"
        assert len(ids) == len(dashboard["panels"])


def test_dashboards_use_the_variables_and_sources_that_there_are():
    provisioned = set(re.findall(
        r"^    uid: (\w+)$", (GRAFANA / "provisioning/datasources/sawlog.yml").read_text(),
        re.MULTILINE))
    for name, dashboard in dashboards().items():
        defined = {f"${variable['name']}" for variable in dashboard["templating"]["list"]}
        for panel in panels(dashboard):
            for target in panel["targets"]:
                assert target["datasource"]["uid"] in provisioned, f"{name}: {panel['title']}"
                used = set(re.findall(r"\$\w+", target["expr"]))
                known = defined | {"$__auto"} | {one for one in VARIABLES if "__" in one}
                assert used <= known, f"{name}: {panel['title']}"
