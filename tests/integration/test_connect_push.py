"""`sawlog check --connect`: outputs that push, with a Loki that has tenants; files."""
import subprocess
from pathlib import Path

from support.agent import BINARY, Agent
from support.servers import free_ports


def connect(directory: Path, **output) -> tuple[int, str]:
    agent = Agent(directory, {"sources": {"app": {"paths": [str(directory / "*.json")]}},
                              "outputs": {"out": output}})
    done = subprocess.run([BINARY, "check", "--connect", "--config", agent.file],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=60)
    return done.returncode, done.stdout.splitlines()[-1]


def test_loki(binary, tenant_loki, tmp_path):
    code, text = connect(tmp_path, type="loki", url=tenant_loki.url, tenant="team-a")
    assert (code, text.startswith("out: works: ")) == (0, True), text
    code, text = connect(tmp_path, type="loki", url=tenant_loki.url)
    assert code == 1 and "401" in text and "correct 'tenant'" in text, text
    code, text = connect(tmp_path, type="loki", url=tenant_loki.url + "/grafana", tenant="team-a")
    assert code == 1 and "404" in text and "correct 'url'" in text, text
    code, text = connect(tmp_path, type="loki", url=f"http://127.0.0.1:{free_ports(1)}")
    assert code == 1 and "cannot reach" in text, text


def test_otlp(binary, tenant_loki, tmp_path):
    headers = {"X-Scope-OrgID": "team-a"}
    code, text = connect(tmp_path, type="otlp", url=tenant_loki.url + "/otlp", headers=headers)
    assert (code, text.startswith("out: works: ")) == (0, True), text
    code, text = connect(tmp_path, type="otlp", url=tenant_loki.url + "/otlp")
    assert code == 1 and "401" in text and "correct 'headers'" in text, text


def test_file(binary, tmp_path):
    code, text = connect(tmp_path, type="file", path=str(tmp_path / "a" / "b" / "records.zst"))
    assert code == 0 and f"'{tmp_path}' can be written" in text, text
    (tmp_path / "plain").write_text("")
    code, text = connect(tmp_path, type="file", path=str(tmp_path / "plain" / "records.zst"))
    assert code == 1 and "is no directory" in text, text
