"""What the packages are made of: contents, manual page, completion, the unit, Kubernetes, Docker.

Their life in a clean root is tests/packages/clean_root (./dev soak packages).
"""
import json
import re
import subprocess
import sys
from pathlib import Path

import kubernetes_validate
import pytest
import yaml
from conftest import ROOT

PACKAGING = ROOT / "packaging"


def commands_and_options(sawlog) -> dict[str, set[str]]:
    commands = re.findall(r"^  (\w+) ", sawlog("help").stdout, re.MULTILINE)
    return {command: set(re.findall(r"^ +(?:-\w, )?(--[a-z-]+)",
                                    sawlog(command, "--help").stdout, re.MULTILINE))
            for command in commands}


def test_the_manual_page_knows_every_command_and_option(binary, sawlog, tmp_path):
    source = tmp_path / "sawlog.1"
    source.write_bytes(subprocess.run([PACKAGING / "man" / "make_man_page", binary],
                                      capture_output=True, check=True).stdout)
    page = subprocess.run(["man", "--warnings", "-l", source], capture_output=True, text=True,
                          env={"LC_ALL": "C.UTF-8", "MANWIDTH": "200", "PATH": "/usr/bin:/bin"})
    assert (page.returncode, page.stderr) == (0, "")
    for command, options in commands_and_options(sawlog).items():
        assert f"sawlog {command}" in page.stdout
        for option in options:
            assert option in page.stdout, f"{command} {option}"


def completions(binary, words: str) -> list[str]:
    """What bash offers for the line, the last word being begun."""
    script = f"""
      PATH={binary.parent}:$PATH
      source {PACKAGING}/completion/sawlog.bash
      read -ra COMP_WORDS <<<"{words}"
      [[ "{words}" == *" " ]] && COMP_WORDS+=("")
      COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
      _sawlog; printf '%s\\n' "${{COMPREPLY[@]}}" """
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True,
                          check=True).stdout.split()


def test_bash_completion(binary, sawlog):
    wanted = commands_and_options(sawlog)
    assert set(wanted) <= set(completions(binary, "sawlog "))
    assert completions(binary, "sawlog sch") == ["schema"]
    for command, options in wanted.items():
        assert options <= set(completions(binary, f"sawlog {command} --")), command
    assert completions(binary, "sawlog tail --color al") == ["always"]


def test_the_unit_is_what_systemd_understands():
    done = subprocess.run(["systemd-analyze", "verify", "--man=no",
                           ROOT / "config/systemd/sawlog.service"], capture_output=True, text=True)
    lines = [line for line in done.stderr.splitlines()
             if "sawlog" in line and "is not executable" not in line]
    assert lines == []
    unit = (ROOT / "config/systemd/sawlog.service").read_text()
    for hardened in ["NoNewPrivileges=yes", "ProtectSystem=strict", "User=sawlog", "MemoryMax="]:
        assert hardened in unit


@pytest.fixture(scope="module")
def manifests() -> list[dict]:
    return list(yaml.safe_load_all((PACKAGING / "kubernetes" / "daemonset.yaml").read_text()))


def test_the_daemonset_hangs_together(manifests):
    kinds = {manifest["kind"]: manifest for manifest in manifests}
    pod = kinds["DaemonSet"]["spec"]["template"]["spec"]
    container, = pod["containers"]
    volumes = {volume["name"] for volume in pod["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == volumes
    labels = kinds["DaemonSet"]["spec"]["template"]["metadata"]["labels"]
    assert kinds["DaemonSet"]["spec"]["selector"]["matchLabels"] == labels
    assert all(manifest["apiVersion"] and manifest["metadata"]["name"] for manifest in manifests)
    assert {manifest["metadata"].get("namespace", "sawlog") for manifest in manifests} == {"sawlog"}


def test_kubernetes_knows_every_field(manifests):
    for manifest in manifests:
        kubernetes_validate.validate(manifest, kubernetes_validate.latest_version(), strict=True)


def test_its_configuration_is_good(manifests, sawlog, tmp_path):
    text = next(manifest for manifest in manifests if manifest["kind"] == "ConfigMap")
    config = text["data"]["sawlog.yaml"]
    token = tmp_path / "token"
    token.write_text("secret")
    file = tmp_path / "sawlog.yaml"
    file.write_text(config.replace("/etc/sawlog-token/token", str(token)))
    done = sawlog("check", "--config", file, env={"NODE_NAME": "node-1"})
    assert done.returncode == 0, done.stderr


def test_the_dockerfile_is_what_docker_understands():
    done = subprocess.run([Path(sys.executable).parent / "hadolint", "--ignore", "DL3003",
                           "--ignore", "DL3008", "--ignore", "DL3066", PACKAGING / "Dockerfile"],
                          capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, ""), "no pinned versions: the base decides"


def test_the_image_runs_the_agent():
    lines = (PACKAGING / "Dockerfile").read_text().splitlines()
    command = next(line for line in lines if line.startswith("CMD "))
    assert json.loads(command[4:]) == ["run", "--config", "/etc/sawlog/sawlog.yaml"]
