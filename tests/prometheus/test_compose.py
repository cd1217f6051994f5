"""docker-compose.yml, as far as it can be looked at without Docker."""
import importlib.util
import re

import pytest
from pack import PROMETHEUS, ROOT

FILE = ROOT / "config" / "docker-compose.yml"
SERVICES = {"sawlog", "prometheus", "alertmanager", "grafana", "node-exporter", "cadvisor",
            "blackbox-exporter", "redis-exporter", "postgres-exporter", "loki", "elasticsearch",
            "kibana"}
NAME = re.compile(r"[a-z_]+")


@pytest.fixture(scope="module")
def compose() -> dict:
    if importlib.util.find_spec("yaml") is None:
        pytest.fail("pyyaml is missing: pip install -r tests/prometheus/requirements.txt",
                    pytrace=False)
    return importlib.import_module("yaml").safe_load(FILE.read_text())


def mounts(compose: dict) -> list[tuple[str, str]]:
    """(where it is on the host or a volume's name, where it is in the container)"""
    found = []
    for service in compose["services"].values():
        for mount in service.get("volumes", []):
            source, target = re.sub(r"\$\{\w+:-(.*?)\}", r"\1", mount).split(":")[:2]
            found.append((source, target))
    return found


def test_everything_is_there(compose):
    assert compose["services"].keys() == SERVICES
    for name, service in compose["services"].items():
        assert re.fullmatch(r"[\w./-]+:[\w.]+", service["image"]), name
        assert not service["image"].endswith(":latest"), name
        assert set(service.get("depends_on", [])) <= SERVICES, name


def test_what_is_mounted_exists(compose):
    named = set()
    for source, _ in mounts(compose):
        if source.startswith("./"):
            assert (FILE.parent / source).exists(), source
        elif NAME.fullmatch(source):
            named.add(source)
        else:
            assert source.startswith("/"), source
    assert named == compose["volumes"].keys()
    for service in compose["services"].values():
        assert {one["source"] for one in service.get("configs", [])} <= compose["configs"].keys()


def test_files_are_where_the_programs_look_for_them(compose):
    inside = {target: source for source, target in mounts(compose)}
    assert inside["/etc/prometheus"] == "./prometheus"
    assert inside["/etc/alertmanager"] == "./alertmanager"
    assert inside["/etc/grafana/provisioning"] == "./grafana/provisioning"
    provider = ROOT / "config/grafana/provisioning/dashboards/sawlog.yml"
    path = re.search(r"path: (\S+)", provider.read_text()).group(1)
    assert inside[path] == "./grafana/dashboards"


def test_nothing_is_open_to_the_network(compose):
    for name, service in compose["services"].items():
        assert service["network_mode"] == "host" and "ports" not in service, name
        if name != "sawlog":  # 127.0.0.1 is the agent's own default
            settings = f"{service.get('command')} {service.get('environment')}"
            assert "127.0.0.1" in settings, name
            assert "0.0.0.0" not in settings, name


def test_what_prometheus_reads_is_started(compose):
    started = FILE.read_text()
    for target in re.findall(r"targets: \[(127\.0\.0\.1:\d+)\]",
                             (PROMETHEUS / "prometheus.yml").read_text()):
        port = target.split(":")[1]
        assert port in started, target


def test_no_password_is_shipped(compose):
    grafana = compose["services"]["grafana"]["environment"]
    assert grafana["GF_SECURITY_ADMIN_PASSWORD"].startswith("${GRAFANA_PASSWORD:?")
    secrets = ROOT / "config" / "alertmanager" / "secrets"
    assert (secrets / ".gitignore").read_text().splitlines()[-2:] == ["*", "!.gitignore"]
