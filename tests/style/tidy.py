#!/usr/bin/env python3
"""clang-tidy over every .cpp of ours: tidy.py JOBS

What was clean is not looked at again until it, a header of ours that it reaches, or the checks
change: its fingerprint stays in build/lint/clean. No precompiled headers here, so that each file
must include what it uses. The static analyzer reads the program, not its tests: gtest's macros cost
it five times the rest, and a test that follows a null pointer fails by itself. Nor need tests be
fast in the small.
"""
import hashlib
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sources import ROOT, includes, text

BUILD = ROOT / "build" / "lint"
CLEAN = BUILD / "clean"
NOT_FOR_TESTS = "-clang-analyzer-*,-performance-*"


def reached(name: str) -> list[str]:
    """The file and all headers of ours that it includes, directly or not."""
    found, todo = {name}, [name]
    while todo:
        for _, path, _ in includes(todo.pop()):
            for candidate in (path, "lib/include/" + path):
                if candidate not in found and (ROOT / candidate).is_file():
                    found.add(candidate)
                    todo.append(candidate)
    return sorted(found)


def fingerprint(name: str, command: list[str]) -> Path:
    content = [" ".join(command), text(".clang-tidy")] + [text(file) for file in reached(name)]
    return CLEAN / hashlib.sha256("\0".join(content).encode()).hexdigest()[:32]


def check(name: str) -> str:
    """What clang-tidy has to say; nothing when all is well."""
    is_program = not name.startswith(("tests/", "benchmarks/"))
    command = ["clang-tidy-19", "-p", "build/lint", "--quiet",
               "--checks=" + ("" if is_program else NOT_FOR_TESTS), name]
    stamp = fingerprint(name, command)
    if stamp.exists():
        return ""
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True)
    if done.returncode == 0:
        stamp.touch()
        return ""
    return done.stdout or f"{name}: clang-tidy ended with {done.returncode}: {done.stderr}"


def main() -> int:
    configured = subprocess.run(["cmake", "--preset", "lint"], cwd=ROOT, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if configured.returncode != 0:
        print(configured.stdout)
        return 1
    CLEAN.mkdir(exist_ok=True)
    commands = json.loads((BUILD / "compile_commands.json").read_text())
    names = {str(Path(command["file"]).relative_to(ROOT)) for command in commands
             if not Path(command["file"]).is_relative_to(BUILD)}  # not what is generated
    is_clean = True
    with ThreadPoolExecutor(int(sys.argv[1])) as pool:
        for report in pool.map(check, sorted(names)):
            if report:
                is_clean = False
                print(report, flush=True)
    return 0 if is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
