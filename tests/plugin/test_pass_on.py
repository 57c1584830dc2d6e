"""Commands that are not ours go to the next `cellenics` on PATH, and never round in circles."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.sampling import whole

OURS = Path(sysconfig.get_path("scripts")) / "cellenics"
SYSTEM = "/usr/bin:/bin"


def program(path: Path, body: str, *, shell: str = "/bin/sh") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{shell}\n{body}\n")
    path.chmod(0o755)
    return path


def echo(path: Path, name: str = "utils") -> Path:
    """A `cellenics` that says who it is and what it was given."""
    body = f"import json, sys; print(json.dumps([{name!r}, *sys.argv[1:]]))"
    return program(path, body, shell=sys.executable)


def run(
    *arguments: str, path: Sequence[Path | str], start: Path | str = OURS, **environ: str
) -> subprocess.CompletedProcess[str]:
    folders = ":".join(str(each) for each in [*path, SYSTEM])
    return subprocess.run(
        [start, *arguments],
        env={**os.environ, "PATH": folders, **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def answer(done: subprocess.CompletedProcess[str]) -> list[str]:
    assert done.returncode == 0, done.stderr
    found: list[str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    "arguments",
    [
        whole(["stage"]),
        ["stage", "--help"],
        ["stage", "--", "-x", "a b", "", "*", "$HOME", "ünïcode"],
        whole(["account", "create", "--email=x@y"]),
    ],
)
def test_an_unknown_command_goes_to_the_next_program_with_its_arguments(tmp_path: Path, arguments: list[str]) -> None:
    echo(tmp_path / "utils" / "cellenics")
    assert answer(run(*arguments, path=[OURS.parent, tmp_path / "utils"])) == ["utils", *arguments]


def test_a_command_of_ours_is_never_passed_on(tmp_path: Path) -> None:
    echo(tmp_path / "utils" / "cellenics")
    done = run("rotate-ci", "--no-such-option", path=[OURS.parent, tmp_path / "utils"])
    assert done.returncode == 2
    assert "utils" not in done.stdout


@pytest.mark.parametrize("code", [whole(0), whole(1), 7, whole(130)])
def test_its_exit_code_is_ours(tmp_path: Path, code: int) -> None:
    program(tmp_path / "utils" / "cellenics", f"exit {code}")
    assert run("stage", path=[OURS.parent, tmp_path / "utils"]).returncode == code


def test_a_signal_reaches_it_and_its_death_by_a_signal_is_seen(tmp_path: Path) -> None:
    program(tmp_path / "utils" / "cellenics", "echo $$; exec sleep 60")
    path = f"{OURS.parent}:{tmp_path / 'utils'}:{SYSTEM}"
    with subprocess.Popen(
        [OURS, "stage"], env={**os.environ, "PATH": path}, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert int(running.stdout.readline()) == running.pid
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=30) == -signal.SIGTERM


def test_it_meets_a_broken_pipe_as_it_would_without_us(tmp_path: Path) -> None:
    program(tmp_path / "utils" / "cellenics", "while echo line; do :; done")
    shell = f'{shlex.quote(str(OURS))} stage | head -1; echo "${{PIPESTATUS[0]}}"'
    done = run("-c", shell, start="/bin/bash", path=[OURS.parent, tmp_path / "utils"])
    assert done.stdout.splitlines() == ["line", "141"]


def test_its_input_and_output_are_ours(tmp_path: Path) -> None:
    program(tmp_path / "utils" / "cellenics", "cat; echo told >&2")
    done = subprocess.run(
        [OURS, "stage"],
        env={**os.environ, "PATH": f"{OURS.parent}:{tmp_path / 'utils'}:{SYSTEM}"},
        input="typed",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("typed", "told\n")


def test_the_help_names_the_program_and_says_so(tmp_path: Path) -> None:
    utils = echo(tmp_path / "a[b]" / "cellenics")
    done = run("--help", path=[OURS.parent, utils.parent])
    assert f"Other commands are passed on to {utils} (cellenics-utils" in done.stdout
    assert "there is none now" in run("--help", path=[OURS.parent]).stdout


def test_without_another_program_an_unknown_command_is_a_usage_error() -> None:
    done = run("rotate-cy", path=[OURS.parent])
    assert done.returncode == 2
    assert "There is no command 'rotate-cy'" in done.stderr
    assert "Did you mean rotate-ci or rotate-deploy-key?" in done.stderr


def test_programs_before_ours_on_path_are_found_after_those_behind_it(tmp_path: Path) -> None:
    echo(tmp_path / "before" / "cellenics", "before")
    echo(tmp_path / "behind" / "cellenics", "behind")
    assert answer(run("stage", path=[tmp_path / "before", OURS.parent, tmp_path / "behind"]))[0] == "behind"
    assert answer(run("stage", path=[tmp_path / "before", OURS.parent]))[0] == "before"
    assert answer(run("stage", path=[tmp_path / "before"]))[0] == "before"


def test_what_is_no_program_and_what_is_relative_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "cellenics").write_text("not executable")
    (tmp_path / "folder" / "cellenics").mkdir(parents=True)
    echo(tmp_path / "utils" / "cellenics")
    others: list[Path | str] = [
        tmp_path / "text",
        tmp_path / "folder",
        tmp_path / "missing",
        ".",
        "",
        tmp_path / "utils",
    ]
    assert answer(run("stage", path=[OURS.parent, *others]))[0] == "utils"


def test_links_to_ours_are_seen_through(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    (tmp_path / "one" / "cellenics").symlink_to(OURS)
    (tmp_path / "two" / "cellenics").symlink_to(tmp_path / "one" / "cellenics")
    echo(tmp_path / "utils" / "cellenics")
    path = [tmp_path / "two", tmp_path / "one", OURS.parent, tmp_path / "utils"]
    assert answer(run("stage", path=path, start=tmp_path / "two" / "cellenics"))[0] == "utils"
    done = run("stage", path=path[:3], start=tmp_path / "two" / "cellenics")
    assert done.returncode == 2


WRAPPERS = {
    "exec": 'exec {ours} "$@"',
    "child": '{ours} "$@"; exit $?',
    "adds an argument, exec": 'exec {ours} "$@" --added',
    "clean arguments, child in a subshell": '( {ours} "$@" )',
    "finds itself on PATH again, as shims do": 'PATH={folder}:"$PATH" exec {ours} "$@"',
}


EVERY_DAY = {"finds itself on PATH again, as shims do"}


@pytest.mark.parametrize(
    "body",
    [pytest.param(body, id=name) if name in EVERY_DAY else whole(body, id=name) for name, body in WRAPPERS.items()],
)
def test_a_wrapper_that_comes_back_to_us_is_not_started_again(tmp_path: Path, body: str) -> None:
    filled = body.format(ours=shlex.quote(str(OURS)), folder=shlex.quote(str(OURS.parent)))
    shim = program(tmp_path / "shims" / "cellenics", f"echo shim >> {tmp_path}/log\n{filled}")
    echo(tmp_path / "utils" / "cellenics")
    added = ["--added"] if "--added" in body else []

    for start, shims in ((OURS, 1), (shim, 1)):
        (tmp_path / "log").unlink(missing_ok=True)
        path = [OURS.parent, shim.parent, tmp_path / "utils"]
        found = answer(run("stage", path=path, start=start))
        assert found[:2] == ["utils", "stage"]
        assert found[2:] == added * len(found[2:])
        assert len((tmp_path / "log").read_text().split()) <= shims + 1

    done = run("stage", path=[OURS.parent, shim.parent])
    assert done.returncode == 2
    assert f"{shim} led back here" in done.stderr


def test_two_wrappers_that_lead_to_us_end_in_a_usage_error_that_names_them(tmp_path: Path) -> None:
    one = program(tmp_path / "one" / "cellenics", f'{shlex.quote(str(OURS))} "$@"')
    two = program(tmp_path / "two" / "cellenics", f'exec {shlex.quote(str(OURS))} "$@"')
    done = run("stage", path=[one.parent, OURS.parent, two.parent])
    assert done.returncode == 2
    assert str(one) in done.stderr
    assert str(two) in done.stderr


@pytest.mark.whole
def test_a_wrapper_that_changes_every_call_is_stopped(tmp_path: Path) -> None:
    shim = program(tmp_path / "shims" / "cellenics", f'{shlex.quote(str(OURS))} "$@" again')
    done = run("stage", path=[OURS.parent, shim.parent])
    assert done.returncode == 2
    assert "has been passed on 16 times" in done.stderr


def test_another_installation_of_ours_passes_on_to_the_next_and_not_back(tmp_path: Path) -> None:
    copy = program(tmp_path / "copy" / "cellenics", OURS.read_text().split("\n", 1)[1], shell=sys.executable)
    echo(tmp_path / "utils" / "cellenics")
    assert answer(run("stage", path=[OURS.parent, copy.parent, tmp_path / "utils"]))[0] == "utils"
    assert run("stage", path=[OURS.parent, copy.parent]).returncode == 2


def test_a_command_that_the_other_program_starts_in_turn_is_a_new_command_line(tmp_path: Path) -> None:
    body = f"""
case $1 in
  deploy) {shlex.quote(str(OURS))} stage now ;;
  *) echo "staged $2" ;;
esac"""
    utils = program(tmp_path / "utils" / "cellenics", body)
    assert run("deploy", path=[OURS.parent, utils.parent]).stdout == "staged now\n"


def test_a_damaged_note_in_the_environment_is_no_note(tmp_path: Path) -> None:
    echo(tmp_path / "utils" / "cellenics")
    for note in ("", "{", "[]", '{"process": 1}', '{"process": 1, "key": "k", "tried": 3, "depth": "x"}'):
        done = run("stage", path=[OURS.parent, tmp_path / "utils"], CELLENICS_PASSED_ON=note)
        assert answer(done)[0] == "utils"


def test_arguments_are_not_readable_in_the_environment_of_children(tmp_path: Path) -> None:
    program(tmp_path / "utils" / "cellenics", "env")
    done = run("account", "--password", "hunter2", path=[OURS.parent, tmp_path / "utils"])
    assert "CELLENICS_PASSED_ON" in done.stdout
    assert "hunter2" not in done.stdout


def test_a_program_that_can_not_be_started_is_named(tmp_path: Path) -> None:
    broken = program(tmp_path / "utils" / "cellenics", "", shell="/no/such/interpreter")
    done = run("stage", path=[OURS.parent, broken.parent])
    assert done.returncode == 2
    assert str(broken) in done.stderr
    assert "Traceback" not in done.stderr
