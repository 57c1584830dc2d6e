"""Commands are imported when they run, not when they are listed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

APP = """
import sys, typer
from cellenics_ci.cli import app
from cellenics_ci.cli.lazy import CommandEntry
app.COMMANDS = (
    CommandEntry("greet", "greeter", "greet", "Greet somebody."),
    CommandEntry("broken", "no.such.module", "run", "Can't be imported."),
)
code = app.main()
print("imported" if "greeter" in sys.modules else "not imported", file=sys.stderr)
sys.exit(code)
"""

GREETER = '''
from typing import Annotated
import typer
CONTEXT_SETTINGS = {"ignore_unknown_options": True, "allow_interspersed_args": False}
def greet(names: list[str], loud: Annotated[bool, typer.Option("--loud", help="Shout.")] = False) -> int:
    """Greet somebody."""
    print(" ".join(names) + ("!" if loud else ""))
    return len(names)
'''


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "greeter.py").write_text(GREETER)
    path = tmp_path / "cellenics"
    path.write_text(f"#!{sys.executable}\n{APP}")
    path.chmod(0o755)
    return path


def run(program: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    named = {"PATH": "/usr/bin:/bin", **environ}
    return subprocess.run([program, *arguments], env=named, capture_output=True, text=True, check=False)


def test_help_lists_commands_without_importing_them(program: Path) -> None:
    done = run(program, "--help")
    assert done.returncode == 0
    assert "Greet somebody." in done.stdout
    assert "Can't be imported." in done.stdout
    assert done.stderr == "not imported\n"


def test_without_arguments_the_help_is_shown(program: Path) -> None:
    assert run(program).stdout == run(program, "--help").stdout


def test_a_command_is_imported_when_it_runs_and_its_number_is_the_exit_code(program: Path) -> None:
    done = run(program, "greet", "--loud", "Ada", "--not-ours")
    assert (done.returncode, done.stdout, done.stderr) == (2, "Ada --not-ours!\n", "imported\n")


def test_a_commands_own_help_has_its_options(program: Path) -> None:
    done = run(program, "greet", "--help")
    assert done.returncode == 0
    assert "Usage: cellenics greet" in done.stdout
    assert "Shout." in done.stdout


def test_a_misspelled_command_is_told_the_nearest_ones(program: Path) -> None:
    done = run(program, "greeet")
    assert done.returncode == 2
    assert "There is no command 'greeet'" in done.stderr
    assert "Did you mean greet?" in done.stderr


def test_a_wrong_option_is_a_sentence_with_the_way_to_the_help(program: Path) -> None:
    done = run(program, "--nope")
    assert done.returncode == 2
    assert done.stderr.startswith("Error: No such option: --nope\nSee 'cellenics --help'.\n")


def test_a_command_that_can_not_be_imported_ends_in_a_sentence(program: Path) -> None:
    done = run(program, "broken")
    assert done.returncode == 1
    assert "Something went wrong inside cellenics-ci (ModuleNotFoundError)." in done.stderr
    assert "Traceback" not in done.stderr
    assert "No module named 'no'" in run(program, "--debug", "broken").stderr


def complete(program: Path, line: str) -> list[str]:
    words = line.split(" ")
    done = run(
        program,
        _CELLENICS_COMPLETE="complete_bash",
        COMP_WORDS="\n".join(words),
        COMP_CWORD=str(len(words) - 1),
    )
    assert done.returncode == 0
    return done.stdout.split()


def test_completion_knows_names_and_options(program: Path) -> None:
    assert complete(program, "cellenics ") == ["greet", "broken"]
    assert complete(program, "cellenics gr") == ["greet"]
    assert complete(program, "cellenics --ver") == ["--version"]
    assert complete(program, "cellenics greet --lo") == ["--loud"]


def test_completion_of_an_unknown_command_starts_no_other_program(program: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = tmp_path / "other" / "cellenics"
    other.write_text("#!/bin/sh\necho started\n")
    other.chmod(0o755)
    path = f"{program.parent}:{other.parent}:/usr/bin:/bin"
    done = run(program, PATH=path, _CELLENICS_COMPLETE="complete_bash", COMP_WORDS="cellenics\nstage\n", COMP_CWORD="2")
    assert done.returncode == 0
    assert "started" not in done.stdout
