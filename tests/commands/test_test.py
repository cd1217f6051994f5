"""`sawlog test`: what lines become, as golden files (UPDATE_GOLDEN=1 writes them anew)."""
import os
from pathlib import Path

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "commands"
MODIFIED = 1_795_244_815  # 2026-11-21T07:06:55Z: lines without a time get the sample's

CONFIG = """
state_dir: state
sources:
  app:
    paths: [/var/log/app/*.log]
    enrich: none
    where: 'not message contains "noise"'
    redact: [email]
  access: {paths: [/var/log/access.log], enrich: none}
metrics:
  presets: [http, log]
outputs:
  search: {type: elasticsearch, hosts: ["http://localhost:9200"]}
  errors: {type: file, path: errors.ndjson.zst, where: level >= error, sources: [app]}
"""
SAMPLE = """\
{"level":"info","msg":"placed by ann@b.example","method":"GET","http.route":"/a/7","status":200}
2026-11-21 07:06:55,123 ERROR shop.orders: cannot ship
Traceback (most recent call last):
  File "a.py", line 3, in f
ValueError: no stock
just text
level=info msg=noise
Nov 21 07:06:55 web1 sshd[77]: Accepted
"""


def run(sawlog, tmp_path, *arguments):
    (tmp_path / "sawlog.yaml").write_text(CONFIG)
    (tmp_path / "sample.log").write_text(SAMPLE)
    os.utime(tmp_path / "sample.log", (MODIFIED, MODIFIED))
    return sawlog("test", "--config", "sawlog.yaml", *arguments)


def test_records_requests_and_metrics(sawlog, tmp_path):
    done = run(sawlog, tmp_path, "sample.log")
    assert (done.returncode, done.stderr) == (0, "")
    golden = GOLDEN / "test.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(done.stdout)
    assert done.stdout == golden.read_text()
    assert "ann@b.example" not in done.stdout


def test_the_source_is_chosen(sawlog, tmp_path):
    done = run(sawlog, tmp_path, "--source", "access", "sample.log")
    assert "errors  " not in done.stdout, "that output does not read it"
    assert "search  " in done.stdout


def test_mistakes(sawlog, tmp_path):
    assert "sawlog test: no sample is given" in run(sawlog, tmp_path).stderr
    assert "there is no source 'x'" in run(sawlog, tmp_path, "--source", "x", "sample.log").stderr
    done = run(sawlog, tmp_path, "nothing.log")
    assert done.returncode == 2
    assert "cannot read 'nothing.log'" in done.stderr
