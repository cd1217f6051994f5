"""`sawlog check --connect` for outputs that push, with a Loki that has tenants, and for files."""
import base64
import os
import subprocess
from pathlib import Path

import pytest
from support.agent import BINARY, Agent
from support.proxy import Proxy
from support.servers import free_ports


def connect(directory: Path, before=(), **output) -> tuple[int, str]:
    """Exit code and last line; before: what the command is run by."""
    agent = Agent(directory, {"sources": {"app": {"paths": [str(directory / "*.json")]}},
                              "outputs": {"out": output}})
    done = subprocess.run([*before, BINARY, "check", "--connect", "--config", agent.file],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    for secret in (output.get("password"), output.get("bearer")):
        assert secret is None or secret not in done.stdout + done.stderr
    return done.returncode, done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def otlp_url(tenant_loki) -> str:
    """Loki's own receiver."""
    return tenant_loki.url + "/otlp"


def test_loki(binary, tenant_loki, tmp_path):
    code, text = connect(tmp_path, type="loki", url=tenant_loki.url, tenant="team-a")
    assert (code, text.startswith("out: works: ")) == (0, True), text
    code, text = connect(tmp_path, type="loki", url=tenant_loki.url)
    assert code == 1 and "401" in text and "correct 'tenant'" in text, text
    code, text = connect(tmp_path, type="loki", url=tenant_loki.url + "/grafana", tenant="team-a")
    assert code == 1 and "404" in text and "correct 'url'" in text, text


def test_otlp(binary, otlp_url, tmp_path):
    headers = {"X-Scope-OrgID": "team-a"}
    code, text = connect(tmp_path, type="otlp", url=otlp_url, headers=headers)
    assert (code, text.startswith("out: works: ")) == (0, True), text
    code, text = connect(tmp_path, type="otlp", url=otlp_url)
    assert code == 1 and "401" in text and "correct 'headers'" in text, text
    code, text = connect(tmp_path, type="otlp", url=otlp_url + "/else", headers=headers)
    assert code == 1 and "404" in text and "correct 'url'" in text, text


def test_a_collector(binary, otelcol, tmp_path):
    code, text = connect(tmp_path, type="otlp", url=otelcol.url)
    assert (code, text.startswith("out: works: ")) == (0, True), text
    code, text = connect(tmp_path, type="otlp", url=otelcol.url + "/else")
    assert code == 1 and "404" in text and "correct 'url'" in text, text
    records = otelcol.directory / "records.json"
    assert not records.exists() or records.read_text() == ""


OUTPUTS = {"loki": {"type": "loki", "tenant": "team-a"},
           "otlp": {"type": "otlp", "headers": {"X-Scope-OrgID": "team-a"}}}


@pytest.mark.parametrize("output", OUTPUTS.values(), ids=OUTPUTS)
def test_credentials_and_certificates(binary, tenant_loki, tmp_path, output):
    authorization = "Basic " + base64.b64encode(b"sawlog:s3cret-word").decode()
    path = "/otlp" if output["type"] == "otlp" else ""
    with Proxy(tmp_path, tenant_loki.url, authorization) as proxy:
        output = output | {"url": proxy.url + path}
        tls, user = {"tls": {"ca": str(proxy.ca)}}, {"username": "sawlog"}
        code, text = connect(tmp_path, **output, **tls, **user, password="s3cret-word")
        assert (code, text.startswith("out: works: ")) == (0, True), text
        code, text = connect(tmp_path, **output, **tls, **user, password="another-word")
        assert code == 1 and "401" in text and "'username' and 'password'" in text, text
        code, text = connect(tmp_path, **output, **tls, bearer="t0ken-word")
        assert code == 1 and "401" in text and "'bearer'" in text, text
        refused = proxy.refused
        code, text = connect(tmp_path, **output, **user, password="s3cret-word")
        assert code == 1 and "certificate" in text and "look at 'tls'" in text, text
        assert proxy.refused == refused == 2


@pytest.mark.parametrize("output", OUTPUTS.values(), ids=OUTPUTS)
def test_nobody_there(binary, tmp_path, output):
    url = f"http://127.0.0.1:{free_ports(1)}"
    code, text = connect(tmp_path, **output, url=url)
    assert code == 1 and f"cannot reach '{url}'" in text and "is it running" in text, text


def test_file(binary, tmp_path):
    code, text = connect(tmp_path, type="file", path=str(tmp_path / "a" / "b" / "records.zst"))
    assert code == 0 and f"'{tmp_path}' can be written" in text, text
    assert not (tmp_path / "a").exists()
    (tmp_path / "plain").write_text("")
    code, text = connect(tmp_path, type="file", path=str(tmp_path / "plain" / "records.zst"))
    assert code == 1 and "is no directory" in text, text
    code, text = connect(tmp_path, type="file", path=str(tmp_path))
    assert code == 1 and "is a directory" in text, text


def test_file_in_a_directory_that_may_not_be_written(binary, tmp_path):
    (tmp_path / "state").mkdir()
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    # root may write everywhere, unless it gives that up
    before = ["setpriv", "--bounding-set=-dac_override"] if os.geteuid() == 0 else []
    code, text = connect(tmp_path, before, type="file", path=str(closed / "records.zst"))
    assert code == 1 and f"cannot make files in '{closed}': Permission denied" in text, text
