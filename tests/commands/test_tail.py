"""`sawlog tail`: the end of logs, what comes after it, through rotation; compressed files."""
import gzip
import json
import subprocess
import time

import pytest
from support.waiting import wait_for


def line(number: int, **fields) -> str:
    record = {"@timestamp": f"2026-11-21T07:06:{number % 60:02}.123456Z", "log.level": "info",
              "message": f"order {number}", "log.logger": "shop", **fields}
    return json.dumps(record) + "\n"


def test_the_last_lines(sawlog, tmp_path):
    log = tmp_path / "app.log"
    log.write_text("".join(line(number) for number in range(5000)))
    done = sawlog("tail", "--no-follow", log)
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        f"2026-11-21 07:06:{number % 60:02}.123 INFO  shop  order {number}"
        for number in range(4990, 5000)]
    assert sawlog("tail", "--no-follow", "-n", "2", log).stdout.count("\n") == 2
    assert sawlog("tail", "--no-follow", "-n", "all", log).stdout.count("\n") == 5000


def test_where_fields_and_json(sawlog, tmp_path):
    log = tmp_path / "app.log"
    log.write_text(line(1) + line(2, **{"log.level": "error", "tenant": "acme"}) + line(3))
    done = sawlog("tail", "--no-follow", log, "--where", "level >= error", "--fields", "tenant")
    assert done.stdout == "2026-11-21 07:06:02.123 ERROR shop  order 2  tenant=acme\n"
    done = sawlog("tail", "--no-follow", log, "--json", "--where", "tenant == 'acme'")
    assert done.stdout == line(2, **{"log.level": "error", "tenant": "acme"})
    done = sawlog("tail", "--no-follow", log, "--where", "level >=")
    assert done.returncode == 2
    assert "--where: column " in done.stderr


def test_compressed_files_are_shown_whole(sawlog, tmp_path):
    log = tmp_path / "app.log.1.gz"
    log.write_bytes(gzip.compress("".join(line(number) for number in range(300)).encode()))
    done = sawlog("tail", log)  # it cannot grow: nothing to follow
    assert done.stdout.count("\n") == 300
    plain = tmp_path / "app.log.2"
    plain.write_text(line(1))
    subprocess.run(["zstd", "-q", plain], check=True)
    assert sawlog("tail", f"{plain}.zst").stdout.count("\n") == 1


def test_lines_of_other_kinds(sawlog, tmp_path):
    log = tmp_path / "app.log"
    trace = "Traceback (most recent call last):\n  File \"a.py\", line 3\nValueError: empty\n"
    text = f"2026-11-21 07:06:01,123 WARNING shop: low stock\n{trace}level=error msg=late\n"
    log.write_text(text)
    shown = sawlog("tail", "--no-follow", log).stdout.splitlines()
    assert shown[0].startswith("2026-11-21 07:06:01.123 WARN  shop  low stock")
    assert "error.type=ValueError" in shown[0] and len(shown) == 2
    assert shown[1].endswith("ERROR late")
    found = sawlog("tail", "--no-follow", "--json", log, "--where", "error.type == 'ValueError'")
    assert found.stdout == text.rpartition("level=")[0], "as it was written"


def test_a_line_cannot_steer_the_terminal(sawlog, tmp_path):
    log = tmp_path / "app.log"
    log.write_text('{"message":"\\u001b[2Jgone \\u009b31m"}\nplain \x1b]0;title\x07\n')
    done = sawlog("tail", "--no-follow", log)
    assert "\x1b" not in done.stdout and "\x9b" not in done.stdout and "\x07" not in done.stdout
    assert r"\x1b[2Jgone \x9b31m" in done.stdout
    assert "\x1b" in sawlog("tail", "--no-follow", "--color", "always", log).stdout


def test_what_is_not_there(sawlog, tmp_path):
    done = sawlog("tail", "--no-follow", tmp_path / "a\x1b[2J.log")
    assert done.returncode == 1
    assert r"a\x1b[2J.log': No such file or directory" in done.stderr
    assert sawlog("tail").returncode == 2


class Shown:
    """A running `sawlog tail` and what it has shown."""

    def __init__(self, binary, tmp_path, *arguments):
        self.file = tmp_path / "shown.txt"
        self.process = subprocess.Popen([binary, "tail", *arguments],
                                        stdout=self.file.open("w"), stderr=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def text(self) -> str:
        return self.file.read_text()


@pytest.mark.parametrize("how", ["rename", "truncate"])
def test_follows_rotation(binary, tmp_path, how):
    log = tmp_path / "app.log"
    log.write_text(line(0))
    with Shown(binary, tmp_path, "-n", "all", log) as shown:
        wait_for("the first line", lambda: "order 0\n" in shown.text())
        service = open(log, "a")
        service.write(line(1))
        service.flush()
        wait_for("the second", lambda: "order 1\n" in shown.text())
        if how == "rename":
            log.rename(tmp_path / "app.log.1")
            service.write(line(2))  # as services do until they reopen
            service.flush()
            wait_for("what came after the rename", lambda: "order 2\n" in shown.text())
            log.write_text(line(3))
        else:
            log.write_text("")
            service.write(line(3))
            service.flush()
        wait_for("the new file", lambda: "order 3\n" in shown.text())
        assert shown.text().count("order 1\n") == 1


def test_gigabytes_are_read_fast(sawlog, tmp_path):
    log = tmp_path / "app.log"
    block = "".join(line(number) for number in range(20_000))
    with open(log, "w") as file:
        for _ in range(40):
            file.write(block)
        file.write(line(1, needle=True))
    began = time.monotonic()
    done = sawlog("tail", "--no-follow", "--json", log, "--where", "needle == true")
    seconds = time.monotonic() - began
    size = log.stat().st_size
    assert done.stdout == line(1, needle=True)
    print(f"{size / 1e6:.0f} MB in {seconds:.2f} s: {size / seconds / 1e6:.0f} MB/s")
    assert size / seconds > 20e6, "even where seven others compile"
