"""The library as its users get it: installed, found by CMake and pkg-config, from C and Python."""
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from support.agent import BINARY, ROOT

BUILD = BINARY.parent
sys.path.insert(0, str(ROOT / "examples" / "python"))

from sawlog_ctypes import Sawlog  # noqa: E402


def run(*command, **options) -> str:
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, **options)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory) -> Path:
    prefix = tmp_path_factory.mktemp("installed")
    for component in ["library", "development"]:
        run("cmake", "--install", BUILD, "--component", component, "--prefix", prefix)
    return prefix


@pytest.fixture(scope="module")
def pkg_config_flags(prefix) -> list[str]:
    folder = next(prefix.rglob("sawlog.pc")).parent
    # The file names the prefix of the configuration; an installation elsewhere says so.
    return run("pkg-config", f"--define-variable=prefix={prefix}", "--cflags", "--libs", "sawlog",
               env={**os.environ, "PKG_CONFIG_PATH": str(folder)}).split()


def only_record(path: Path) -> dict:
    (line,) = path.read_text().splitlines()
    return json.loads(line)


def test_a_project_finds_the_package_and_logs(prefix, tmp_path):
    build = tmp_path / "build"
    run("cmake", "-S", ROOT / "examples" / "consumer", "-B", build, "-G", "Ninja",
        f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wpedantic -Werror",
        "-DCMAKE_C_FLAGS=-std=c99 -Wall -Wextra -Wpedantic -Werror")
    run("cmake", "--build", build)
    for program, source in [("service", "service.cpp"), ("service_in_c", "service.c"),
                            ("service_with_spdlog", None)]:
        log = tmp_path / f"{program}.log"
        run(build / program, log)
        record = only_record(log)
        assert record["service.name"] == "consumer"
        assert record["message"].startswith("hello")
        assert record.get("log.origin.file.name") == source


def test_pkg_config_knows_what_to_link(prefix, pkg_config_flags, tmp_path):
    program = tmp_path / "service"
    run("c++", "-std=c++20", ROOT / "examples" / "consumer" / "service.cpp", "-o", program,
        *pkg_config_flags)
    libraries = next(prefix.rglob("libsawlog.so")).parent
    run(program, tmp_path / "log", env={**os.environ, "LD_LIBRARY_PATH": str(libraries)})
    assert only_record(tmp_path / "log")["from"] == "C++"


def test_headers_bring_nothing_of_others(prefix):
    """Each header compiles alone, and only <sawlog/spdlog.h> includes spdlog or fmt."""
    include = prefix / "include"
    headers = sorted(path.relative_to(include) for path in include.rglob("*.h"))
    assert Path("sawlog/sawlog.h") in headers
    for header in headers:
        listed = run("c++", "-std=c++20", "-I", include, "-x", "c++", "-M", "-include", header,
                     "/dev/null")
        foreign = [name for name in ("spdlog/", "fmt/", "simdjson", "boost/")
                   if any(f"/{name}" in path for path in listed.split()
                          if "/sawlog/" not in path)]
        assert foreign == [] or header.name == "spdlog.h", f"{header}: {foreign}"


def test_python_logs_through_ctypes(prefix, tmp_path):
    library = next(prefix.rglob("libsawlog.so"))
    log = tmp_path / "log"
    run(sys.executable, ROOT / "examples" / "python" / "sawlog_ctypes.py", library, log)
    record = only_record(log)
    assert {"order_id": 4711, "total": 12.5, "paid": True, "coupon": None}.items() <= record.items()
    assert record["log.origin.file.name"] == "sawlog_ctypes.py"


def test_python_reads_every_line_whatever_the_bytes(prefix, tmp_path):
    draw = random.Random(20261121)
    log = tmp_path / "log"
    sawlog = Sawlog(str(next(prefix.rglob("libsawlog.so"))), service="any", file=str(log))
    logger = sawlog.logger("any")
    sent = []
    for _ in range(3000):
        value = draw.choice([
            draw.randbytes(draw.randrange(60)), draw.getrandbits(64), -draw.getrandbits(63),
            draw.choice([1e300, -0.0, 1 / 3, float("nan"), float("inf"), draw.random() * 1e18])])
        key = draw.choice(["value", "message", "q\"\\", "\u00e9", "\ud800", "\n"])
        sent.append((key, value))
        logger.log("info", chr(draw.randrange(1, 0x10FFFF)) * 3, **{key: value})
    sawlog.close()
    records = [json.loads(line) for line in log.read_bytes().splitlines()]
    assert len(records) == len(sent)
    for record, (key, value) in zip(records, sent):
        if isinstance(value, int) and key == "value":
            assert record["value"] == value
        if isinstance(value, bytes) and key == "value":
            assert record["value"] == value.decode(errors="replace")
        if isinstance(value, float) and key == "value":
            assert float(record["value"]) == value or value != value
