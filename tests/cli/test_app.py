"""The program as a person meets it: its help, its version, its names, how fast it answers."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from importlib.metadata import entry_points, version
from pathlib import Path

import pytest
from typer.core import TyperOption

from cellenics_ci.cli.app import COMMANDS, main
from cellenics_ci.cli.lazy import CommandEntry

SCRIPTS = Path(sysconfig.get_path("scripts"))


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "command", [(SCRIPTS / "cellenics",), (SCRIPTS / "cellenics-ci",), (sys.executable, "-m", "cellenics_ci")]
)
def test_all_three_names_start_the_program(command: tuple[str | Path, ...]) -> None:
    done = run(*command, "--version")
    assert (done.returncode, done.stdout) == (0, f"cellenics-ci {version('cellenics-ci')}\n")


def test_help_names_every_command() -> None:
    done = run(SCRIPTS / "cellenics", "--help")
    assert done.returncode == 0
    for entry in COMMANDS:
        assert entry.name in done.stdout


def test_listing_the_commands_imports_nothing_slow() -> None:
    code = (
        "import sys; from cellenics_ci.cli import app; app.main(['--help']);"
        "slow = {'boto3', 'botocore', 'github', 'moto', 'textual', 'lightkube', 'yaml', 'ruamel', 'requests',"
        " 'cryptography', 'click', 'cellenics_ci.cli.rotate_ci', 'cellenics_ci.cli.sandbox'};"
        "print(sorted(slow & set(sys.modules)), file=sys.stderr)"
    )
    assert run(sys.executable, "-c", code).stderr.strip() == "[]"


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_every_listed_command_is_there_and_has_a_help(entry: CommandEntry, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([entry.name, "--help"]) == 0
    assert f"Usage: cellenics {entry.name}" in capsys.readouterr().out


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_a_commands_help_has_each_options_words_and_its_default(
    entry: CommandEntry, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    assert main([entry.name, "--help"]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    for option in (each for each in entry.load().params if isinstance(each, TyperOption) and not each.hidden):
        [line] = [line for line in lines if re.match(rf"│ (\* )?{option.opts[0]}(?!\S)", line)]
        assert option.help
        # Brackets are markup to Typer: without a backslash, what stands in them is not seen.
        assert option.help.replace("\\[", "[") in line
        if shown := shown_default(option):
            assert f"[default: {shown}]" in line


def shown_default(option: TyperOption) -> str:
    """Return how Typer writes an option's default, "" where it has none."""
    if isinstance(option.show_default, str):
        return f"({option.show_default})"
    if option.default in (None, False, ()):
        return ""
    if option.default is True:
        return option.opts[0].removeprefix("--")
    return str(getattr(option.default, "value", option.default))


def test_every_entry_point_for_hosts_is_a_command_of_ours() -> None:
    ours = [each for each in entry_points(group="cellenics.commands") if each.dist and each.dist.name == "cellenics-ci"]
    assert ours
    for each in ours:
        assert each.load().name == each.name
        assert each.name in {entry.name for entry in COMMANDS}


def test_main_returns_the_code_instead_of_leaving_a_hosts_process() -> None:
    assert main(["--version"]) == 0
    assert main(["--no-such-option"]) == 2


def test_an_error_inside_shows_no_local_variable() -> None:
    code = (
        "from cellenics_ci.cli import app\n"
        "def fail():\n"
        "    hidden = 'hun' + 'ter2'\n"
        "    raise ValueError(hidden)\n"
        "app.root_command = fail\n"
        "raise SystemExit(app.main(['--version']))"
    )
    done = run(sys.executable, "-c", code)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: Something went wrong inside cellenics-ci (ValueError).")
    assert "hunter2" not in done.stderr + done.stdout


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["rotate-ci", "--help"]])
def test_a_help_whose_reader_went_away_ends_as_any_output_does(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w", encoding="utf-8", buffering=1) as nobody:
        monkeypatch.setattr("sys.stdout", nobody)
        assert main(arguments) == 141


def test_paragraphs_of_a_help_flow() -> None:
    for entry in COMMANDS:
        paragraphs = (entry.load().help or "").split("\n\n")
        assert not any("\n" in paragraph for paragraph in paragraphs)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rotate-ci", "--jobs", "x"], "'--jobs': 'x' is no whole number"),
        (["rotate-ci", "--jobs", "0"], "'--jobs': write 1 or more"),
        (["rotate-ci", "--jobs", "101"], "'--jobs': write 100 or less"),
        (["rotate-ci", "--format", "xml"], "'--format': 'xml' is not one of 'text', 'json'\n"),
        (["sandbox", "--settle", "x"], "'--settle': 'x' is no number"),
    ],
)
def test_a_wrong_value_is_told_in_our_words(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert f"Invalid value for {words}" in capsys.readouterr().err
