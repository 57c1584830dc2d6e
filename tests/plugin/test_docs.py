"""The lines that docs/plugin.md shows to cellenics-utils do what they say."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.needs import missing
from tests.plugin.test_host import OLD_CLICK
from tests.sampling import whole

PAGE = Path(__file__).parents[2] / "docs" / "plugin.md"

HOST = """
import click
@click.group()
def main(): pass
@main.command("rotate-ci")
def old(): click.echo("the old one")
{lines}
main(prog_name="cellenics")
"""


@pytest.mark.parametrize("click", ["newest", "8.0.1"])
@pytest.mark.parametrize("command", ["rotate-ci", whole("rotate-deploy-key"), whole("audit"), whole("retire-ci")])
def test_the_documented_lines_hand_a_command_over(tmp_path: Path, click: str, command: str) -> None:
    if click == "8.0.1" and not (OLD_CLICK / "click").is_dir():
        missing(f"click 8.0.1 is not in {OLD_CLICK}: 'make test' puts it there")
    (lines,) = [block for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S) if "execvp" in block]
    (tmp_path / "host.py").write_text(HOST.format(lines=lines))
    ours = tmp_path / "cellenics-ci"
    ours.write_text(f"#!{sys.executable}\nimport json, sys\nprint(json.dumps(sys.argv[1:]))\nsys.exit(3)\n")
    ours.chmod(0o755)
    environ = {**os.environ, "PATH": f"{tmp_path}:/usr/bin:/bin"}
    if click == "8.0.1":
        environ["PYTHONPATH"] = str(OLD_CLICK)
    typed = [command, "--help", "--", "-x", "a b"]
    done = subprocess.run(
        [sys.executable, tmp_path / "host.py", *typed], env=environ, capture_output=True, text=True, check=False
    )
    assert (done.returncode, json.loads(done.stdout)) == (3, typed)


def test_a_command_that_neither_program_has_does_not_go_round_in_circles(tmp_path: Path) -> None:
    (lines,) = [block for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S) if "execvp" in block]
    lines = lines.replace('"audit"', '"not-yet-there"')
    host = tmp_path / "cellenics"
    host.write_text(f"#!{sys.executable}\n{HOST.format(lines=lines)}")
    host.chmod(0o755)
    scripts = sysconfig.get_path("scripts")
    environ = {**os.environ, "PATH": f"{tmp_path}:{scripts}:/usr/bin:/bin"}
    done = subprocess.run([host, "not-yet-there"], env=environ, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert f"There is no command 'not-yet-there': {host} led back here." in done.stderr
