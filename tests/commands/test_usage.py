"""help, --version, --help of each command, wrong usage, exit codes."""
import re

import pytest


def commands(sawlog) -> list[str]:
    return re.findall(r"^  (\w+) ", sawlog("help").stdout, re.MULTILINE)


def test_help_names_every_command(sawlog):
    listed = commands(sawlog)
    assert {"run", "check", "schema"} <= set(listed)
    for arguments in (["help"], ["--help"], ["-h"]):
        done = sawlog(*arguments)
        assert (done.returncode, done.stderr) == (0, "")


def test_each_command_explains_itself(sawlog):
    for command in commands(sawlog):
        done = sawlog(command, "--help")
        assert (done.returncode, done.stderr) == (0, ""), command
        assert done.stdout.startswith(f"usage: sawlog {command} "), command
        assert sawlog("help", command).stdout == done.stdout, command


def test_version(sawlog):
    assert re.fullmatch(r"sawlog \d+\.\d+\.\d+\n", sawlog("--version").stdout)


@pytest.mark.parametrize("arguments, message", [
    ([], "usage: sawlog COMMAND"),
    (["chek"], "unknown command 'chek'; did you mean 'check'?"),
    (["\x1b[2Jx"], r"unknown command '\x1b[2Jx'"),
    (["help", "nothing"], "unknown command 'nothing'"),
    (["run"], "sawlog run: --config FILE is missing"),
    (["run", "--config"], "--config"),
    (["run", "--confg", "x"], "unknown option '--confg'; did you mean '--config'?"),
    (["run", "--config", "x", "y"], "sawlog run: 'y' is no option"),
    (["run", "--config", "x", "--timeout", "5s"], "--timeout takes a time like 30s or 5m"),
    (["check", "--config", "absent.yaml"], "absent.yaml: cannot read the configuration: No such"),
])
def test_wrong_usage_ends_with_2(sawlog, arguments, message):
    done = sawlog(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert message in done.stderr


def options(sawlog, command: str) -> list[tuple[str, bool]]:
    """Each option of a command, and whether it takes a value."""
    found = re.findall(r"^ +(?:-\w, )?(--[a-z-]+)( [A-Z]+)?", sawlog(command, "--help").stdout,
                       re.MULTILINE)
    return [(name, value != "") for name, value in found]


def test_every_option_is_refused_when_it_is_wrong(sawlog):
    for command in commands(sawlog):
        for name, takes_value in options(sawlog, command):
            wrong = [[name[:-1]], [name, "x", name, "y"]]
            wrong += [[name], [name, ""]] if takes_value else [[f"{name}=x"]]
            for arguments in wrong:
                done = sawlog(command, *arguments)
                shown = f"{command} {arguments}: {done.stderr}"
                assert (done.returncode, done.stdout) == (2, ""), shown
                assert f"sawlog {command}: " in done.stderr and name[:-1] in done.stderr, shown
                assert done.stderr.count("\n") == 1, shown


def test_check(sawlog, tmp_path):
    file = tmp_path / "sawlog.yaml"
    file.write_text("sources: {app: {paths: [/var/log/app/*.log]}}\noutputs: {o: {type: stdout}}\n")
    done = sawlog("check", "--config", file)
    assert done.returncode == 0
    assert done.stdout == f"{file}: good (1 source, 1 output)\n"

    file.write_text("sources: {app: {path: [/a.log]}}\noutputs: {o: {type: stdout}}\n")
    done = sawlog("check", "--config", file)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (f"{file}:1:17: unknown key 'path' in sources.app; "
                           f"did you mean 'paths'?\n{file}: 1 mistake\n")


def test_check_warns_of_what_is_not_there(sawlog, tmp_path):
    (tmp_path / "a.log").write_text("{}\n")
    file = tmp_path / "sawlog.yaml"
    file.write_text(f"sources: {{app: {{paths: [{tmp_path}/*.log, {tmp_path}/web/*.log]}}}}\n"
                    "outputs: {o: {type: stdout}}\n")
    done = sawlog("check", "--config", file)
    assert done.returncode == 0
    assert done.stderr == (f"warning: {file}:1:11: 'sources.app.paths[1]': "
                           f"'{tmp_path}/web/*.log' matches no file now\n")


def test_a_started_agent_that_cannot_run_ends_with_1(sawlog, tmp_path):
    file = tmp_path / "sawlog.yaml"
    (tmp_path / "state").write_text("a file where a directory should be")
    file.write_text(f"state_dir: {tmp_path}/state\nhttp: {{listen: ''}}\n"
                    "sources: {app: {paths: [/a.log]}}\noutputs: {o: {type: stdout}}\n")
    done = sawlog("run", "--config", file, "--once")
    assert done.returncode == 1
    assert f"{tmp_path}/state" in done.stderr
