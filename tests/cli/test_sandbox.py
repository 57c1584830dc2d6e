"""`cellenics sandbox` as people run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from cellenics_ci.cli import sandbox as command_module
from cellenics_ci.cli.app import main

SCRIPT = "import sys; from cellenics_ci.cli.app import main; sys.exit(main())"
REAL = {
    "AWS_PROFILE": "production",
    "AWS_ACCESS_KEY_ID": "AKIAREAL",
    "GITHUB_TOKEN": "ghp_real",
    "KUBECONFIG": "/real/kubeconfig",
}
SHOW = "import json, os; print(json.dumps(dict(os.environ)))"


Run = Callable[..., subprocess.CompletedProcess[str]]


def run_process(args: Sequence[str], **variables: str) -> subprocess.CompletedProcess[str]:
    """Run it as people do; slow, as moto is loaded anew."""
    environment = {**os.environ, **variables}
    command = [sys.executable, "-c", SCRIPT, "sandbox", *args]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, check=False
    )


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Return the function that runs it in this process; the command is a process all the same."""

    def run_here(args: Sequence[str], **variables: str) -> subprocess.CompletedProcess[str]:
        os.environ.update(variables)
        code = main(["sandbox", *args])
        told = capfd.readouterr()
        return subprocess.CompletedProcess(args, code, told.out, told.err)

    return run_here


def test_the_command_sees_the_sandbox_and_nothing_real() -> None:
    done = run_process([sys.executable, "-c", SHOW], **REAL)
    environment = json.loads(done.stdout)
    assert done.returncode == 0
    assert not set(REAL.values()) & set(environment.values())
    assert environment["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    assert environment["GITHUB_API_URL"].startswith("http://127.0.0.1:")
    assert environment["GITHUB_CELLENICS_ORG"] == "hms-dbmi-cellenics"
    assert environment["CELLENICS_SETTLE_SECONDS"] == "2"
    assert "Nothing real is touched" in done.stderr
    # Secrets go to the command, not to people.
    assert environment["AWS_SECRET_ACCESS_KEY"] not in done.stderr
    assert environment["GITHUB_API_TOKEN"] not in done.stderr
    # And nothing is left behind.
    assert not Path(environment["AWS_CONFIG_FILE"]).exists()


def test_the_command_reaches_both_servers(run: Run) -> None:
    code = (
        "import boto3, os, urllib.request as u;"
        "arn = boto3.client('sts').get_caller_identity()['Arn'];"
        "r = u.Request(os.environ['GITHUB_API_URL'] + '/user',"
        " headers={'Authorization': 'token ' + os.environ['GITHUB_API_TOKEN']});"
        "print(arn, u.urlopen(r).status)"
    )
    assert run([sys.executable, "-c", code]).stdout == "arn:aws:iam::123456789012:user/admin 200\n"


def test_the_exit_code_is_the_commands(run: Run) -> None:
    assert run(["sh", "-c", "exit 42"]).returncode == 42
    assert run(["sh", "-c", "kill -9 $$"]).returncode == 137


def test_options_behind_the_command_are_its_own(run: Run) -> None:
    done = run(["printf", "%s", "--settle", "--world"])
    assert (done.returncode, done.stdout) == (0, "--settle--world")


def test_opens_a_shell_without_a_command_and_says_how_to_leave(run: Run) -> None:
    done = run([], SHELL="/bin/sh")
    assert done.returncode == 0
    assert "leave with `exit`" in done.stderr
    assert "Left the sandbox" in done.stderr


def test_loads_another_world(tmp_path: Path, run: Run) -> None:
    world = tmp_path / "acme.yaml"
    world.write_text("organization: acme\nrepositories: {ui: {files: {README.md: hello}}}\n")
    code = "import os; print(os.environ['GITHUB_CELLENICS_ORG'], os.environ['CELLENICS_SETTLE_SECONDS'])"
    done = run(["--world", str(world), "--settle", "0.5", sys.executable, "-c", code])
    assert done.stdout == "acme 0.5\n"
    assert "acme, 1 repository" in done.stderr


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--world", "nowhere.yaml", "true"], "There is no world file nowhere.yaml"),
        (["--wrold", "x"], "No such option"),
        (["nowhere-at-all"], "can't be started"),
    ],
)
def test_wrong_usage_is_told_with_code_2(args: list[str], words: str, run: Run) -> None:
    done = run(args)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_mistake_in_a_world_is_told_with_its_line(tmp_path: Path, run: Run) -> None:
    world = tmp_path / "acme.yaml"
    world.write_text("organization: acme\nrepositories:\n  ui: {fiels: {}}\n")
    done = run(["--world", str(world), "true"])
    assert done.returncode == 2
    assert "acme.yaml, line 3: repositories ui has fiels, which is not known here; is files meant?" in " ".join(
        done.stderr.split()
    )


def test_says_what_to_install_where_the_extra_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command_module, "NEEDED", ("moto", "a_module_that_nobody_has"))
    assert main(["sandbox", "true"]) == 2
    assert "pip install 'cellenics-ci[sandbox]'" in " ".join(capsys.readouterr().err.split())
