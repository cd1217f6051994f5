"""What a machine can check of how the project reads (CONTRIBUTING.md has the rest).

Each rule lists its exceptions with a reason.
"""
import re

import pytest
from sources import CPP, ROOT, code, cpp_files, files, functions, includes, is_script, text

LINE_CHARS_MAX = 100
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70

# ---- which folder may include which ----------------------------------------------------------

MAY_INCLUDE = {
    "lib": {"lib"},
    "parsers": {"parsers", "lib"},
    "config": {"config", "parsers", "lib"},
    "outputs": {"outputs", "parsers", "lib"},
    "agent": {"agent", "outputs", "config", "parsers", "lib"},
}

# ---- exceptions: (file or folder/, what): why ------------------------------------------------

THIRD_PARTY_IN_HEADERS = {
    ("*", "tl/expected.hpp"): "the vocabulary of errors, until every compiler has std::expected",
    ("lib/include/sawlog/spdlog.h", "spdlog/"): "the optional header that is about spdlog",
    ("tests/unit/", ""): "fixtures of one folder's tests",
    ("tests/support/parse_anything.h", "simdjson.h"): "checks our JSON with another parser",
}
LONG_FILES = {
    "tests/support/fake_filesystem.cpp": "a whole file system, whose parts share every invariant",
}
LONG_FUNCTIONS = {}
CALLS = {
    # rule: (pattern, where it is looked for, {file or folder/: why it may})
    "sleeping": (r"\b(sleep|usleep|nanosleep|sleep_for|sleep_until)\s*\(", "", {
        "benchmarks/": "a load generator keeps a rate",
        "demo/": "its service keeps a rate",
        "tests/integration/service/": "a load generator keeps a rate",
        "lib/src/": "the backend thread naps while there is nothing to write",
    }),
    "printf": (r"\b(v?[fs]?n?printf|puts|fputs|putchar)\s*\(", "", {
        "benchmarks/": "their tables go to stdout",
        "lib/base/check.h": "a failed CHECK trusts nothing but stderr",
        "agent/commands/": "what a command answers goes to stdout and stderr",
        "lib/src/": "a logging library that cannot log says so on stderr",
        "demo/": "its service talks to the one who watches",
        "tests/integration/service/": "the test reads what it says",
        "agent/main.cpp": "what a command answers goes to stdout and stderr",
        "config/man_page.cpp": "prints the manual page, for the build",
    }),
    "threads": (r"\b(std::j?thread\b(?!::)|pthread_create)", "", {
        "agent/agent.cpp": "the one place where the agent's threads start",
        "agent/report/report.cpp": "a report reads on all cores; no agent runs then",
        "agent/agent_implementation.h": "holds them",
        "agent/endpoints/http_server.cpp": "cpp-httplib listens on a thread of its own",
        "lib/src/": "the library's backend thread",
        "outputs/kafka_calls.cpp": "librdkafka's transactional calls wait for brokers",
        "tests/": "tests start the threads whose meeting they check",
        "benchmarks/": "load comes from several threads",
        "examples/": "shows how fields go into another thread",
    }),
    "unsafe C": (r"\b(system|popen|strcpy|strcat|sprintf|gets|s?rand|tmpnam|atoi|strtok)\s*\(",
                 "", {
        "tests/unit/outputs/curl_transport_test.cpp": "makes a certificate with openssl",
        "tests/unit/tail/logrotate_test.cpp": "runs the real logrotate",
        "demo/": "its arguments come from demo/run",
    }),
}
UNREFERRED = {
    ".clang-format": "clang-format looks for it by name",
    ".clang-tidy": "clang-tidy looks for it by name",
    ".gitignore": "git looks for it by name",
    ".ci/run": "what continuous integration calls",
    "CMakePresets.json": "cmake looks for it by name",
    "tests/pytest.ini": "pytest looks for it by name",
    "README.md": "people look for it by name",
    "LICENSE": "people look for it by name",
    "docs/decisions/": "read as a folder",
}

STANDARD_HEADER = re.compile(r"^[a-z_0-9]+$")
SYSTEM_HEADER = re.compile(
    r"^(sys|linux|netinet|arpa|net|asm)/[a-z_0-9]+\.h$"
    r"|^(unistd|fcntl|dirent|poll|signal|pthread|errno|time|stdio|stdlib|string|stdint|stddef"
    r"|stdbool|stdarg|execinfo|glob|fnmatch|netdb|sched|syslog|dlfcn|immintrin|emmintrin)\.h$")


def report(violations: list[str]) -> None:
    if violations:
        pytest.fail("\n".join(violations), pytrace=False)


def covers(entry: str, name: str) -> bool:
    return entry == "*" or name == entry or (entry.endswith("/") and name.startswith(entry))


def line_of(content: str, position: int) -> int:
    return content.count("\n", 0, position) + 1


def test_includes_point_one_way():
    violations = []
    for name in cpp_files(*MAY_INCLUDE):
        allowed = MAY_INCLUDE[name.split("/")[0]]
        for line, path, is_quoted in includes(name):
            folder = path.split("/")[0]
            if is_quoted and folder not in allowed:
                violations.append(f"{name}:{line}: may not include {path}")
    report(violations)


def test_quoted_includes_are_paths_from_the_root():
    report([f"{name}:{line}: there is no {path} below the project's root"
            for name in cpp_files() for line, path, is_quoted in includes(name)
            if is_quoted and not (ROOT / path).is_file()])


def test_third_party_headers_stay_in_cpp_files():
    violations = []
    for name in (name for name in cpp_files() if name.endswith(".h")):
        for line, path, is_quoted in includes(name):
            if is_quoted or path.startswith("sawlog/"):
                continue
            if STANDARD_HEADER.match(path) or SYSTEM_HEADER.match(path):
                continue
            if not any(covers(where, name) and path.startswith(header)
                       for where, header in THIRD_PARTY_IN_HEADERS):
                violations.append(f"{name}:{line}: <{path}> belongs into a .cpp file")
    report(violations)


def test_headers_begin_with_pragma_once():
    report([f"{name}: no #pragma once" for name in cpp_files()
            if name.endswith(".h") and "#pragma once" not in text(name)])


def test_lines_are_short():
    """Wherever a line can be broken: data in the strings of tests stays in one piece."""
    violations = []
    for name in (name for name in files() if name.endswith(CPP) or is_script(name)):
        may_hold_data = name.startswith("tests/") and name.endswith(CPP)
        for number, line in enumerate(text(name).splitlines(), 1):
            if len(line) > LINE_CHARS_MAX and not (may_hold_data and '"' in line):
                violations.append(f"{name}:{number}: {len(line)} characters, "
                                  f"at most {LINE_CHARS_MAX}")
    report(violations)


def test_files_are_short():
    violations = []
    for name in files():
        if not (name.endswith(CPP) or is_script(name)):
            continue
        count = len(text(name).splitlines())
        if count > FILE_LINES_MAX and name not in LONG_FILES:
            violations.append(f"{name}: {count} lines, at most {FILE_LINES_MAX}")
        if count <= FILE_LINES_MAX and name in LONG_FILES:
            violations.append(f"{name}: {count} lines: its exception is not needed any more")
    report(violations)


def test_functions_are_short():
    report([f"{name}:{line}: {lines} lines, at most {FUNCTION_LINES_MAX}: {head}"
            for name in cpp_files() for line, lines, head in functions(name)
            if lines > FUNCTION_LINES_MAX and (name, head) not in LONG_FUNCTIONS])


@pytest.mark.parametrize("rule", CALLS)
def test_banned_calls(rule):
    pattern, where, exceptions = CALLS[rule]
    violations = []
    for name in cpp_files():
        if not name.startswith(where) or any(covers(entry, name) for entry in exceptions):
            continue
        for match in re.finditer(pattern, code(name)):
            violations.append(f"{name}:{line_of(code(name), match.start())}: {match.group(0)}")
    report(violations)


def test_python_tests_do_not_sleep():
    polls_for_all = "tests/integration/support/waiting.py"
    report([f"{name}:{line_of(text(name), match.start())}: {match.group(0)}: wait for something"
            for name in files()
            if name.startswith("tests/") and name.endswith(".py") and name != polls_for_all
            for match in re.finditer(r"\b(time|asyncio)\.sleep\(", text(name))])


def test_nothing_is_left_for_later():
    marks = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"]) + r")\b")
    report([f"{name}:{line_of(text(name), match.start())}: {match.group(0)}"
            for name in files() for match in marks.finditer(text(name))
            if not name.endswith((".sum", ".mod"))])


def test_every_source_is_built():
    """Each .cpp is named in a CMakeLists.txt at or above it, or picked up by a test glob."""
    violations = []
    unit = text("tests/CMakeLists.txt")
    for name in (name for name in cpp_files() if name.endswith(".cpp")):
        parts = name.split("/")
        lists = ["/".join(parts[:depth] + ["CMakeLists.txt"]) for depth in range(len(parts))]
        named = any(re.search(rf"\b{path.removesuffix('.cpp')}\b", text(cmake))
                    for depth, cmake in enumerate(lists) if cmake in files()
                    for path in ["/".join(parts[depth:])])
        globbed = (name.startswith("tests/unit/") and name.endswith("_test.cpp")
                   and f"sawlog_unit_tests({parts[2]} " in unit)
        if not named and not globbed:
            violations.append(f"{name}: no CMakeLists.txt builds it")
    report(violations)


def test_every_header_is_included():
    included = {path for name in cpp_files() for _, path, _ in includes(name)}
    report([f"{name}: nobody includes it" for name in cpp_files() if name.endswith(".h")
            and name not in included and name.removeprefix("lib/include/") not in included])


def folders_of(name: str) -> list[str]:
    """The folders at least two deep that the file is in, by their last two names."""
    parts = name.split("/")[:-1]
    return ["/".join(parts[depth - 2:depth]) for depth in range(2, len(parts) + 1)]


def test_every_file_is_referred_to():
    """By name or as part of a folder, from another file: what nobody mentions, nobody misses."""
    violations = []
    everything = {name: text(name) for name in files()}
    for name in files():
        base = name.rsplit("/", 1)[-1]
        if re.fullmatch(r"CMakeLists\.txt|conftest\.py|test_.*\.py|.*_test\.py", base):
            continue
        if name.endswith(CPP) or any(covers(entry, name) for entry in UNREFERRED):
            continue
        names = [base.removesuffix(".py").removesuffix(".cmake"), *folders_of(name)]
        if not any(mention in content for mention in names
                   for other, content in everything.items() if other != name):
            violations.append(f"{name}: no other file mentions it")
    report(violations)


LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")


def anchors(name: str) -> set[str]:
    """The ids that a page's headings get."""
    headings = re.findall(r"^#+\s+(.*?)\s*$", text(name), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_links_of_the_documentation_resolve():
    violations = []
    for name in (name for name in files() if name.endswith(".md")):
        for match in LINK.finditer(re.sub(r"```.*?```", "", text(name), flags=re.DOTALL)):
            target = match.group(1) or match.group(2)
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            page = (ROOT / name).parent / path if path else ROOT / name
            if not page.exists():
                violations.append(f"{name}: {target} is not there")
            elif anchor and page.suffix == ".md":
                if anchor not in anchors(str(page.resolve().relative_to(ROOT))):
                    violations.append(f"{name}: {target}: no such heading")
    report(violations)
