"""Prometheus and Alertmanager, each started once and stopped at the end."""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from stack import Alertmanager, Prometheus  # noqa: E402


@pytest.fixture(scope="session")
def alertmanager(tmp_path_factory):
    server = Alertmanager(tmp_path_factory.mktemp("alertmanager"))
    yield server
    server.close()


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory, alertmanager):
    server = Prometheus(tmp_path_factory.mktemp("prometheus"), alertmanager.url)
    yield server
    server.close()
