"""What the documentation shows works: YAML is checked, commands are run."""
import re
import shutil
import subprocess

import pytest
import yaml
from conftest import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
# What an example leaves out: it is about the other part.
SOURCES = {"sources": {"app": {"paths": ["/var/log/app/*.log"]}}}
OUTPUTS = {"outputs": {"see": {"type": "stdout"}}}
SECRETS = {"ES_PASSWORD": "x", "TOKEN": "x", "SMTP_PASSWORD": "x", "SLACK_URL": "https://slack/x"}


def blocks(page, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)


def indented_blocks(page) -> list[str]:
    """Those of the form that has no fence."""
    found = re.findall(r"(?<=\n\n)((?: {4}.*\n)+)", page.read_text())
    return [re.sub(r"^ {4}", "", text, flags=re.MULTILINE) for text in found]


def configuration_of(text: str) -> dict | None:
    """The document, if it is a configuration or a part of one."""
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError:
        return None
    if not isinstance(document, dict):
        return None
    if all(isinstance(value, dict) and "type" in value for value in document.values()):
        return {"outputs": document}
    is_whole = {"sources", "outputs", "metrics", "http", "labels", "include",
                "alerts"} & set(document)
    return document if is_whole else None


def configurations() -> list:
    texts = [(page, text) for page in PAGES
             for text in blocks(page, "yaml") + indented_blocks(page)]
    return [pytest.param(text, id=f"{page.name}-{number}")
            for number, (page, text) in enumerate(texts) if configuration_of(text)]


@pytest.mark.parametrize("text", configurations())
def test_configurations_are_good(sawlog, tmp_path, text):
    document = configuration_of(text)
    if "include" in document:
        (tmp_path / "conf.d").mkdir()
    file = tmp_path / "sawlog.yaml"
    whole = {**SOURCES, **OUTPUTS, **document}
    text = text if whole == yaml.safe_load(text) else yaml.safe_dump(whole)
    (tmp_path / "secret").write_text("x")
    shutil.copy(ROOT / "config" / "examples" / "alerting.json", tmp_path)
    file.write_text(re.sub(r"\$\{file:[^}]*\}", f"${{file:{tmp_path}/secret}}", text))
    done = sawlog("check", "--config", file, env=SECRETS)
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
