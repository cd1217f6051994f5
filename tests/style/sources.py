"""The files of the project as the style test sees them: their text, their C++ without comments."""
import functools
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

CPP = (".h", ".cpp")
SCRIPTS = (".py", ".sh")


@functools.cache
def files() -> tuple[str, ...]:
    """Every file that is or could be committed, by its path from the root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout.decode().split("\0")
    return tuple(sorted({name for name in listed if name and (ROOT / name).is_file()}))


@functools.cache
def text(name: str) -> str:
    """The file's text, or "" when it is binary."""
    data = (ROOT / name).read_bytes()
    return "" if b"\0" in data else data.decode(errors="replace")


def is_script(name: str) -> bool:
    return name.endswith(SCRIPTS) or text(name).startswith("#!")


def cpp_files(*folders: str) -> list[str]:
    return [name for name in files()
            if name.endswith(CPP) and (not folders or name.split("/")[0] in folders)]


TOKEN = re.compile(
    r'R"(?P<delimiter>[^()\\\s]{0,16})\(.*?\)(?P=delimiter)"'  # raw string
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|(?<![0-9A-Fa-f])'(?:[^'\\\n]|\\.)+'"  # a character, not a digit separator
    r"|//[^\n]*|/\*.*?\*/", re.DOTALL)


@functools.cache
def code(name: str) -> str:
    """C++ without comments and with empty strings; the lines keep their numbers."""
    def blank(match: re.Match) -> str:
        token = match.group(0)
        kept = "" if token.startswith(("//", "/*")) else '""'
        return kept + "\n" * token.count("\n")

    return TOKEN.sub(blank, text(name))


@functools.cache
def includes(name: str) -> tuple[tuple[int, str, bool], ...]:
    """(line, path, is_quoted) of each #include."""
    found = []
    for number, line in enumerate(text(name).splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if match:
            found.append((number, match.group(2), match.group(1) == '"'))
    return tuple(found)


TYPE_SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b[^()=]*$")


def functions(name: str) -> list[tuple[int, int, str]]:
    """(first line, lines, head) of each function body that stands in a namespace or a class."""
    body = re.sub(r"^[ \t]*#.*(?:\\\n.*)*$", "", code(name), flags=re.MULTILINE)
    found, scopes, head_begin = [], [], 0
    for position, char in enumerate(body):
        if char in ";}" and not (scopes and scopes[-1][0] == "body"):
            head_begin = position + 1
        if char == "{":
            head = " ".join(body[head_begin:position].split())
            in_body = bool(scopes) and scopes[-1][0] == "body"
            is_scope = not in_body and (TYPE_SCOPE.search(head) or not head)
            kind = "scope" if is_scope else "body"
            is_function = kind == "body" and not in_body and ")" in head
            scopes.append((kind, position, head if is_function else ""))
            head_begin = position + 1
        elif char == "}" and scopes:
            kind, begin, head = scopes.pop()
            head_begin = position + 1
            if head:
                first = body.count("\n", 0, begin) + 1
                found.append((first, body.count("\n", begin, position) + 1, head[-60:]))
    return found
