"""`sawlog init`: looks at a host, and what it writes works."""
import json


def make_host(root):
    (root / "shop").mkdir(parents=True)
    (root / "shop" / "app.log").write_text('{"message":"one"}\n')
    (root / "shop" / "app.log.1").write_text('{"message":"old"}\n')
    (root / "shop" / "worker.log").write_text("plain text\n")
    (root / "a [b]\n'\"").mkdir()
    (root / "a [b]\n'\"" / "x.log").write_text('{"message":"odd"}\n')
    (root / "wtmp").write_bytes(b"\0\1\2")


def test_what_it_finds(sawlog, tmp_path):
    make_host(tmp_path / "log")
    done = sawlog("init", tmp_path / "log", env={"HOME": str(tmp_path), "PATH": "/usr/bin"})
    assert (done.returncode, done.stderr) == (0, "")
    assert f'paths: ["{tmp_path}/log/shop/*.log"]' in done.stdout
    assert "# 2 files, 1 in JSON" in done.stdout
    assert "wtmp" not in done.stdout
    file = tmp_path / "sawlog.yaml"
    file.write_text(done.stdout)
    checked = sawlog("check", "--config", file)
    assert (checked.returncode, checked.stderr) == (0, ""), "every glob matches, odd names too"


def test_it_works(sawlog, tmp_path):
    make_host(tmp_path / "log")
    file = tmp_path / "sawlog.yaml"
    assert sawlog("init", tmp_path / "log", "--output", file).returncode == 0
    text = file.read_text()
    # another place for the state, as root's would be the host's own
    state = next(line for line in text.splitlines() if line.startswith("state_dir"))
    text = text.replace(state, f"state_dir: {tmp_path}/state")
    text = text[:text.index("outputs:")] + (
        f"outputs: {{archive: {{type: file, compression: none, path: {tmp_path}/out}}}}\n")
    file.write_text(text.replace("127.0.0.1:7295", "127.0.0.1:0"))
    done = sawlog("run", "--config", file, "--once", "--timeout", "30s")
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line)["message"] for line in (tmp_path / "out").read_text().splitlines()]
    assert sorted(lines) == ["odd", "one", "plain text"]


def test_nothing_is_overwritten(sawlog, tmp_path):
    (tmp_path / "log").mkdir()
    file = tmp_path / "sawlog.yaml"
    file.write_text("mine")
    done = sawlog("init", tmp_path / "log", "--output", file)
    assert (done.returncode, file.read_text()) == (2, "mine")
    assert "is there already; --force replaces it" in done.stderr
    assert sawlog("init", tmp_path / "log", "--output", file, "--force").returncode == 0
    assert file.read_text().startswith("# Written by `sawlog init`")
    assert sawlog("init", tmp_path / "absent").returncode == 2
