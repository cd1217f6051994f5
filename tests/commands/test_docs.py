"""What the documentation shows works: YAML is checked, commands are run."""
import re
import subprocess

import pytest
import yaml
from conftest import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
# What an example leaves out: it is about the other part.
SOURCES = {"sources": {"app": {"paths": ["/var/log/app/*.log"]}}}
OUTPUTS = {"outputs": {"see": {"type": "stdout"}}}


def blocks(page, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)


def examples(language: str) -> list:
    return [pytest.param(text, id=f"{page.name}-{number}")
            for page in PAGES for number, text in enumerate(blocks(page, language))]


def is_configuration(document) -> bool:
    return isinstance(document, dict) and bool(
        {"sources", "outputs", "metrics", "http", "labels", "include"} & set(document))


@pytest.mark.parametrize("text", examples("yaml"))
def test_configurations_are_good(sawlog, tmp_path, text):
    document = yaml.safe_load(text)
    if not is_configuration(document):
        pytest.skip("another program's file")
    if "include" in document:
        (tmp_path / "conf.d").mkdir()
    file = tmp_path / "sawlog.yaml"
    whole = {**SOURCES, **OUTPUTS, **document}
    file.write_text(text if set(whole) == set(document) else yaml.safe_dump(whole))
    done = sawlog("check", "--config", file, env={"ES_PASSWORD": "x", "TOKEN": "x"})
    assert done.returncode == 0, done.stderr


def command_lines() -> list:
    """Every 'sawlog COMMAND …' that some page shows in a block or indented."""
    lines = []
    for page in PAGES:
        for line in re.findall(r"^(?:    |\$ )?(sawlog [a-z]+(?: .*)?)$", page.read_text(),
                               re.MULTILINE):
            lines.append(pytest.param(line.split(" #")[0], id=f"{page.name}: {line[:40]}"))
    return lines


@pytest.mark.parametrize("line", command_lines())
def test_commands_and_options_exist(sawlog, line):
    command = line.split()[1]
    if command == "help":
        return
    done = sawlog(command, "--help")
    assert done.returncode == 0, f"no such command: {line}"
    known = set(re.findall(r"(--[a-z-]+)", done.stdout))
    assert set(re.findall(r" (--[a-z-]+)", line)) <= known, line


def test_the_walk_through_works(binary, tmp_path):
    script, = blocks(ROOT / "docs" / "operation.md", "sh")
    script = script.replace("sawlog check", "sed -i s/:7295/:0/ sawlog.yaml\nsawlog check", 1)
    done = subprocess.run(
        ["bash", "-euc", script], cwd=tmp_path, capture_output=True, text=True, timeout=90,
        env={"PATH": f"{binary.parent}:/usr/bin:/bin", "HOME": str(tmp_path),
             "XDG_STATE_HOME": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert "order placed  event.name=order.placed" in done.stdout
    assert (tmp_path / "sawlog.schema.json").stat().st_size > 1000
