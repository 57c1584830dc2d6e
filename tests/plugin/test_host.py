"""Our commands inside another program's Click group: the click that cellenics-utils pins, and the newest."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.needs import missing
from tests.sampling import whole

HOST = Path(__file__).with_name("host.py")
OLD_CLICK = Path(os.environ.get("VIRTUAL_ENV", sys.prefix)) / "click-8.0.1"
"""Where `make test` puts it: beside the environment, because two versions of click can't share one."""


@pytest.fixture(params=["newest", "8.0.1"])
def environ(request: pytest.FixtureRequest) -> dict[str, str]:
    if request.param == "newest":
        return dict(os.environ)
    if not (OLD_CLICK / "click").is_dir():
        missing(f"click 8.0.1 is not in {OLD_CLICK}: 'make test' puts it there")
    return {**os.environ, "PYTHONPATH": str(OLD_CLICK)}


def run(environ: dict[str, str], *arguments: str, echo: bool = False) -> subprocess.CompletedProcess[str]:
    named = environ | ({"HOST_ECHO": "1"} if echo else {})
    command = [sys.executable, str(HOST), *arguments]
    return subprocess.run(command, env=named, capture_output=True, text=True, check=False)


def test_the_host_runs_on_the_click_that_is_meant(environ: dict[str, str]) -> None:
    old = "PYTHONPATH" in environ
    assert (run(environ, "--click-version").stdout.strip() == "8.0.1") is old


def test_the_hosts_help_lists_our_commands_beside_its_own(environ: dict[str, str]) -> None:
    done = run(environ, "--help")
    assert done.returncode == 0
    assert "stage" in done.stdout
    assert re.search(r"rotate-ci +Rotate the IAM keys of CI users", done.stdout)
    assert re.search(r"rotate-deploy-key +Replace the SSH key", done.stdout)


@pytest.mark.parametrize(
    "arguments",
    [
        whole([]),
        ["--help"],
        whole(["-h"]),
        whole(["--", "--help"]),
        whole(["api", "--org", "my org", "-t", "x", "--", "ui*"]),
        ["--yes", "--unknown=1", "-abc", "", "ünïcode", "$HOME"],
    ],
)
def test_arguments_arrive_as_they_were_typed(environ: dict[str, str], arguments: Sequence[str]) -> None:
    done = run(environ, "rotate-ci", *arguments, echo=True)
    assert json.loads(done.stdout) == ["rotate-ci", *arguments]


@pytest.mark.parametrize("code", [whole(0), whole(1), whole(2), 3, whole(130)])
def test_our_exit_code_is_the_hosts(environ: dict[str, str], code: int) -> None:
    assert run(environ, "rotate-ci", str(code), echo=True).returncode == code


def test_our_own_help_and_usage_errors_are_shown_inside_a_host(environ: dict[str, str]) -> None:
    done = run(environ, "--verbose", "rotate-ci", "--help")
    assert done.returncode == 0
    assert "Usage: cellenics rotate-ci" in done.stdout
    done = run(environ, "rotate-ci", "--no-such-option")
    assert done.returncode == 2
    assert "No such option: --no-such-option" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_hosts_own_commands_go_on_working(environ: dict[str, str]) -> None:
    assert run(environ, "stage").stdout == "staged\n"
