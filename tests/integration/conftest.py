"""Real servers, each started once for the whole run and stopped by its pid at the end."""
import os
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from support.agent import BINARY, ROOT  # noqa: E402
from support.servers import Server, ServerUnavailable  # noqa: E402

# A soak alone: ./dev soak backlog.
collect_ignore = [] if "SAWLOG_BACKLOG_MIB" in os.environ else ["test_backlog.py"]

RUNS = ROOT / "build" / "servers"  # a folder for each test run, by the pid of pytest
NAMES = ["elasticsearch", "opensearch", "kafka", "loki", "otelcol"]
TENANTS = "tenants"  # the folder of servers that keep tenants apart


def unavailable(reason: str) -> None:
    """Named in the last lines; in continuous integration it makes the run fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def servers():
    """Where this run's servers and their logs live, until the next run.

    What an interrupted run left is stopped.
    """
    RUNS.mkdir(parents=True, exist_ok=True)
    for run in RUNS.iterdir():
        if not Path("/proc", run.name).exists():
            for directory in filter(Path.is_dir, run.iterdir()):
                for name in NAMES:
                    Server(name, run, folder=directory.name).stop()
                    Server(name, directory).stop()
            shutil.rmtree(run, ignore_errors=True)  # another run may be at it, too
    return RUNS / str(os.getpid())


def serve(name: str, directory: Path, **options):
    try:
        server = Server(name, directory, **options)
        server.start()
    except ServerUnavailable as cause:
        unavailable(f"server cannot be had: {cause}")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def elasticsearch(servers):
    yield from serve("elasticsearch", servers)


@pytest.fixture(scope="module")
def tight_elasticsearch(servers):
    """Takes requests of at most 1 MB, and not many at once."""
    yield from serve("elasticsearch", servers, folder="tight", settings=[
        "http.max_content_length: 1mb", "indexing_pressure.memory.limit: 3mb"])


@pytest.fixture(scope="module")
def secure_elasticsearch(servers):
    """With TLS, users, and certificates asked of clients."""
    yield from serve("elasticsearch", servers, folder="secure", is_secure=True, settings=[
        "xpack.security.http.ssl.client_authentication: required",
        "xpack.security.http.ssl.certificate_authorities: "
        f"{servers / 'secure' / 'config' / 'ca.pem'}"])


@pytest.fixture(scope="session")
def opensearch(servers):
    yield from serve("opensearch", servers)


@pytest.fixture(scope="session")
def kafka(servers):
    yield from serve("kafka", servers)


@pytest.fixture(scope="session")
def loki(servers):
    yield from serve("loki", servers)


@pytest.fixture(scope="module")
def otelcol(servers):
    """An OpenTelemetry collector that writes what it gets to records.json."""
    yield from serve("otelcol", servers)


@pytest.fixture(scope="session")
def tenant_loki(servers):
    """With X-Scope-OrgID, and the tight limits of servers/loki/overrides.yaml."""
    yield from serve("loki", servers / TENANTS, environment={"LOKI_AUTH": "true"})


@pytest.fixture(scope="session")
def binary() -> Path:
    assert BINARY.exists(), f"{BINARY} is not built"
    return BINARY


@pytest.fixture
def name(request) -> str:
    """A data stream of the test's own."""
    test = "".join(c if c.isalnum() else "_" for c in request.node.name.lower())
    return f"logs-{test}-default"
