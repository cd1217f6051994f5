"""Real servers, each started once for the whole run and stopped by its pid at the end."""
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from support.agent import BINARY, ROOT  # noqa: E402
from support.servers import Server, ServerUnavailable  # noqa: E402

SERVERS = ROOT / "build" / "integration" / "servers"


def unavailable(reason: str) -> None:
    """Named in the last lines; in continuous integration it makes the run fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def serve(name: str):
    try:
        server = Server(name, SERVERS)
        server.start()
    except ServerUnavailable as cause:
        unavailable(f"server cannot be had: {cause}")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def elasticsearch():
    yield from serve("elasticsearch")


@pytest.fixture(scope="session")
def opensearch():
    yield from serve("opensearch")


@pytest.fixture(scope="session")
def kafka():
    yield from serve("kafka")


@pytest.fixture(scope="session")
def loki():
    yield from serve("loki")


@pytest.fixture(scope="session")
def binary() -> Path:
    assert BINARY.exists(), f"{BINARY} is not built"
    return BINARY
