"""The files of config/ that are made for Prometheus, Alertmanager and Grafana."""
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
PROMETHEUS = ROOT / "config" / "prometheus"
ALERTMANAGER = ROOT / "config" / "alertmanager"
GRAFANA = ROOT / "config" / "grafana"

PACKAGE = {"promtool": "prometheus", "prometheus": "prometheus",
           "amtool": "prometheus-alertmanager",
           "prometheus-alertmanager": "prometheus-alertmanager"}
# What Grafana puts in when a dashboard is opened with everything chosen.
VARIABLES = {"$instance": ".*", "$node": ".*", "$__rate_interval": "5m", "$__range": "1h"}


def program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.fail(f"{name} is missing: apt-get install {PACKAGE[name]}", pytrace=False)
    return path


def run(*command) -> subprocess.CompletedProcess:
    return subprocess.run([program(command[0]), *map(str, command[1:])], text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)


def must_pass(*command) -> str:
    done = run(*command)
    if done.returncode != 0:
        pytest.fail(f"{' '.join(map(str, command))}\n{done.stdout}", pytrace=False)
    return done.stdout


# ---- dashboards -----------------------------------------------------------------------------

def dashboards() -> dict[str, dict]:
    """By the file's name without .json."""
    return {file.stem: json.loads(file.read_text())
            for file in sorted((GRAFANA / "dashboards").glob("*.json"))}


def panels(dashboard: dict) -> list[dict]:
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def fill_in(expression: str) -> str:
    for name, value in VARIABLES.items():
        expression = re.sub(re.escape(name) + r"\b", value, expression)
    return expression


def dashboard_expressions() -> dict[str, str]:
    """{"dashboard: panel (A)": what is sent to Prometheus}"""
    found = {}
    for name, dashboard in dashboards().items():
        for panel in panels(dashboard):
            for target in panel["targets"]:
                if target["datasource"]["type"] == "prometheus":
                    found[f"{name}: {panel['title']} ({target['refId']})"] = fill_in(target["expr"])
        for variable in dashboard["templating"]["list"]:
            query = re.fullmatch(r"label_values\((.*), \w+\)", variable["query"]["query"]).group(1)
            found[f"{name}: ${variable['name']}"] = query
    return found


def guide_expressions() -> list[str]:
    lines = (HERE / "guide_expressions.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]
