"""The pack on a real Prometheus and a real Alertmanager, with a real agent, on a day when
everything went wrong.
"""
import email
import email.policy
import json
import math

import exposition
import pytest
from pack import dashboard_expressions, guide_expressions
from stack import wait_for


def has_data(series: list[dict]) -> bool:
    return any(not math.isnan(float(one["value"][1])) for one in series)


def wait_for_data(prometheus, expressions: dict[str, str], seconds: float = 40) -> None:
    """Until each has returned data at least once."""
    waiting = dict(expressions)

    def all_returned():
        for name, expression in list(waiting.items()):
            if has_data(prometheus.query(expression)):
                del waiting[name]
        return not waiting, waiting

    wait_for("expressions to return data", all_returned, seconds, pause=0.3)


# ---- Prometheus -----------------------------------------------------------------------------

def test_what_the_guides_print_returns_data(prometheus):
    wait_for_data(prometheus, {expression: expression for expression in guide_expressions()})


def test_every_expression_of_the_dashboards_returns_data(prometheus):
    wait_for_data(prometheus, dashboard_expressions())


def test_every_expression_of_the_rules_returns_data(prometheus):
    wait_for_data(prometheus, {f"{rule['name']}: {rule['query']}": rule["query"]
                               for rule in prometheus.rules()})


def test_rules_are_evaluated_without_error_and_alerts_say_what_to_do(prometheus):
    wait_for("all rules to be evaluated", lambda: all(
        rule["health"] == "ok" for rule in prometheus.rules()), 20)
    for rule in (rule for rule in prometheus.rules() if rule["type"] == "alerting"):
        assert rule["labels"]["severity"] in ("warning", "critical"), rule["name"]
        assert {"summary", "description", "runbook"} <= rule["annotations"].keys(), rule["name"]
        assert rule["state"] != "inactive", rule["name"]


def test_every_metric_of_the_agent_stands_on_a_dashboard(prometheus):
    shown = "\n".join(dashboard_expressions().values())
    served = wait_for("all metrics", lambda: (
        len(names := prometheus.agent_metrics()) > 70, names), 20)[1]
    metrics = served | exposition.AGENT_COUNTERS.keys() | exposition.AGENT_GAUGES.keys()
    recorded = {"api_cost_dollars_total", "workflow_retries_total"}  # shown as what they become
    assert sorted(name for name in metrics if name not in shown and name not in recorded) == []


def test_the_label_status_is_one_of_the_same_series(prometheus):
    series = wait_for("requests", lambda: prometheus.query("http_requests_total"), 20)
    assert len(series) == 3
    for one in series:
        assert one["metric"]["status"] == one["metric"]["status_code"]


@pytest.mark.parametrize("expression, value", [
    ("error_rate", 30),
    ("cpu_usage", 98),
    ('100 * cache_hit_rate{cache_type="query"}', 75),
    ('100 * cache_hit_rate{cache_type="session"}', 50),
])
def test_recorded_names_have_the_units_that_the_guides_expect(prometheus, expression, value):
    def is_near():
        series = prometheus.query(expression)
        near = len(series) == 1 and abs(float(series[0]["value"][1]) - value) < 1
        return near, series

    wait_for(expression, is_near, 30)


def test_alerts_reach_the_alertmanager(prometheus, alertmanager):
    assert prometheus.url
    wait_for("SawlogDataAbandoned in the Alertmanager",
             lambda: alertmanager.alerts(alertname="SawlogDataAbandoned", job="sawlog"), 30)


# ---- Alertmanager ---------------------------------------------------------------------------

def test_a_critical_alert_reaches_every_channel_with_its_text(alertmanager):
    alertmanager.post({"alertname": "APIDown", "severity": "critical", "job": "channels",
                       "instance": "one"})
    received = wait_for("all four channels", lambda: (
        len(found := alertmanager.received("channels")) == 4, found), 20)[1]

    message = email.message_from_string(received["email"], policy=email.policy.default)
    assert message["Subject"] == "[FIRING 1] critical APIDown (channels)"
    assert message["To"] == "admin@example.com"
    parts = {part.get_content_type(): part.get_content() for part in message.walk()
             if not part.is_multipart()}
    assert "summary of APIDown\nfive < six" in parts["text/plain"].replace("\r\n", "\n")
    assert "five &lt; six" in parts["text/html"]

    slack = json.loads(received["slack"])
    assert slack["channel"] == "#alerts"
    assert slack["attachments"][0]["title"] == message["Subject"]
    assert "What to do: docs/monitoring.md#x" in slack["attachments"][0]["text"]

    pager = json.loads(received["pagerduty"])
    assert pager["routing_key"] == "key"
    assert pager["payload"]["severity"] == "critical"
    assert pager["payload"]["summary"] == message["Subject"]

    assert json.loads(received["webhook"])["alerts"][0]["labels"]["alertname"] == "APIDown"


def test_alerts_of_one_kind_come_in_one_message(alertmanager):
    alertmanager.post(*({"alertname": "HighResponseTime", "severity": "warning", "job": "grouping",
                         "instance": "one", "endpoint": f"/{number}"} for number in range(20)))
    received = wait_for("the message", lambda: alertmanager.received("grouping").get("webhook"), 20)
    assert len(json.loads(received)["alerts"]) == 20
    assert "email" not in alertmanager.received("grouping")


@pytest.mark.parametrize("cause, symptom", [
    ({"alertname": "HighErrorRate", "severity": "critical"}, {"alertname": "HighErrorRate"}),
    ({"alertname": "HighLatency", "severity": "warning"},
     {"alertname": "HighResponseTime", "endpoint": "/"}),
    ({"alertname": "HighLLMErrorRate", "severity": "critical", "model": "large"},
     {"alertname": "SlowAgentExecution", "agent_name": "planner"}),
    ({"alertname": "SawlogOutputDown", "severity": "critical", "output": "search",
      "consumer": "search"}, {"alertname": "QueueBacklog", "consumer": "search"}),
    ({"alertname": "SawlogStateNotSaved", "severity": "critical", "consumer": "search"},
     {"alertname": "QueueBacklog", "consumer": "search"}),
    ({"alertname": "ServiceDown", "severity": "critical"}, {"alertname": "HighMemoryUsage"}),
], ids=lambda labels: labels["alertname"])
def test_what_follows_from_something_known_is_not_told(alertmanager, cause, symptom):
    job = f"because of {cause['alertname']}"
    symptom = {"severity": "warning", "job": job, "instance": "one"} | symptom
    elsewhere = symptom | {"instance": "two"}
    alertmanager.post(cause | {"job": job, "instance": "one"}, symptom, elsewhere)

    def states():
        found = {alert["labels"]["instance"]: alert["status"]["state"]
                 for alert in alertmanager.alerts(alertname=symptom["alertname"], job=job,
                                                  severity="warning")}
        return found == {"one": "suppressed", "two": "active"}, found

    wait_for("one alert to be suppressed", states, 20)
