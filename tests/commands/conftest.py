"""The program's commands, as a user calls them; no server is needed."""
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from support.agent import BINARY, ROOT  # noqa: E402, F401


@pytest.fixture(scope="session")
def binary() -> Path:
    assert BINARY.exists(), f"{BINARY} is not built"
    return BINARY


@pytest.fixture
def sawlog(binary, tmp_path):
    """sawlog("check", "--config", file): what it printed and how it ended."""
    def run(*arguments, **options) -> subprocess.CompletedProcess:
        options = {"cwd": tmp_path, "timeout": 60, "stdin": subprocess.DEVNULL, **options}
        return subprocess.run([binary, *map(str, arguments)], capture_output=True, text=True,
                              **options)
    return run
