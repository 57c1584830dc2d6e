"""The bridge to other command line programs: the next `cellenics` on PATH, and hosts that can load us.

cellenics-utils ships a script of our name and can't be installed beside us, so a command that we do not
know is passed on to the next `cellenics` on PATH, the way git and kubectl find their plugins. What stands in
between may lead back to us (links, wrapper scripts, version managers' shims): links are seen through, and
a note in the environment says which programs have been tried for this very command line.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import signal
import sys
import sysconfig
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from cellenics_ci.errors import UsageProblem

if TYPE_CHECKING:
    import click

PROGRAM: Final = "cellenics"
MARKER: Final = "CELLENICS_PASSED_ON"
TOO_DEEP: Final = 16
"""How often one command line may be passed on before we say that it runs in circles."""


@dataclass(frozen=True, slots=True)
class Trail:
    """Which programs this command line was handed to, read from and written to the environment.

    `key` identifies the command line, so that a command that our successor starts later, in a child process,
    is a new one; `process` is ours while nothing but exec happened, whatever a wrapper did to the arguments.
    """

    tried: tuple[str, ...] = ()
    depth: int = 0

    @classmethod
    def read(cls, arguments: Sequence[str], environ: Mapping[str, str]) -> Trail:
        """Return this command line's trail: empty where the note is about another, or damaged."""
        try:
            note = json.loads(environ[MARKER])
            same = note["process"] == os.getpid() or note["key"] == _key(arguments)
            depth = int(note["depth"])
            return cls(tuple(map(str, note["tried"])) if same else (), depth)
        except (KeyError, TypeError, ValueError):
            return cls()

    def written(self, arguments: Sequence[str], *programs: str) -> str:
        """Return the note for the program that comes next."""
        note = {
            "process": os.getpid(),
            "key": _key(arguments),
            "tried": [*self.tried, *programs],
            "depth": self.depth + 1,
        }
        return json.dumps(note)


def _key(arguments: Sequence[str]) -> str:
    # Arguments may hold a password; the environment is read by every child.
    return hashlib.sha256("\0".join(arguments).encode(errors="surrogateescape")).hexdigest()


def own_programs() -> tuple[str, ...]:
    """Return the real paths of this installation's own scripts, and of the script that was started."""
    scripts = Path(sysconfig.get_path("scripts"))
    candidates = [Path(sys.argv[0]), scripts / PROGRAM, scripts / "cellenics-ci"]
    return tuple({os.path.realpath(path) for path in candidates if path.is_file()})


def next_program(
    *, own: Iterable[str], tried: Iterable[str] = (), environ: Mapping[str, str] = os.environ
) -> str | None:
    """Return the path of the next `cellenics` on PATH after ours, those before ours last; None without one.

    Relative entries of PATH are left out: what happens to lie in the current directory is nobody's plugin.
    """
    own, passed = set(own), set(tried)
    folders = [folder for folder in environ.get("PATH", "").split(os.pathsep) if os.path.isabs(folder)]
    programs = [os.path.join(folder, PROGRAM) for folder in folders]
    programs = [path for path in programs if os.path.isfile(path) and os.access(path, os.X_OK)]
    here = next((at for at, path in enumerate(programs) if os.path.realpath(path) in own), -1)
    for path in programs[here + 1 :] + programs[: here + 1]:
        real = os.path.realpath(path)
        if real not in own and real not in passed and not any(_same_file(real, each) for each in own):
            return path
    return None


def _same_file(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


def pass_on(name: str, arguments: Sequence[str], *, known: Iterable[str]) -> NoReturn:
    """Become the next `cellenics` on PATH, with the same arguments.

    Raises UsageProblem where there is none, or where it can't be started.
    """
    line = [name, *arguments]
    trail = Trail.read(line, os.environ)
    own = own_programs()
    program = next_program(own=own, tried=trail.tried)
    if trail.depth >= TOO_DEEP:
        raise UsageProblem(
            f"'{name}' has been passed on {trail.depth} times: programs on PATH start each other.",
            remedy=f"See which of them is a wrapper: type -a {PROGRAM}",
        )
    if program is None:
        raise _no_such_command(name, known, tried=trail.tried)
    note = trail.written(line, os.path.realpath(program), *own)
    # Python ignores SIGPIPE, and an ignored signal stays ignored in the program that follows.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execve(program, [program, *line], {**os.environ, MARKER: note})
    except OSError as problem:
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        raise UsageProblem(
            f"'{name}' was to be passed on to {program}, which can't be started ({os.strerror(problem.errno or 0)}).",
            remedy="Mend that program or take it off PATH.",
        ) from None


def _no_such_command(name: str, known: Iterable[str], *, tried: Iterable[str]) -> UsageProblem:
    nearest = difflib.get_close_matches(name, list(known), n=3)
    meant = f" Did you mean {' or '.join(nearest)}?" if nearest else ""
    others = sorted(set(tried) - set(own_programs()))
    if others:
        return UsageProblem(
            f"There is no command '{name}': {', '.join(others)} led back here.{meant}",
            remedy=f"Put the {PROGRAM} that has '{name}' on PATH.",
        )
    return UsageProblem(
        f"There is no command '{name}', and no other {PROGRAM} on PATH to pass it on to.{meant}",
        remedy=f"See '{PROGRAM} --help'.",
    )


def help_paragraph() -> str:
    """Return what the help says about commands that are not ours."""
    trail = Trail.read(sys.argv[1:], os.environ)
    program = next_program(own=own_programs(), tried=trail.tried)
    if program is None:
        return f"Other commands are passed on to the next {PROGRAM} on PATH: there is none now."
    return f"Other commands are passed on to {program} (cellenics-utils, or what else is the next on PATH)."


def __getattr__(attribute: str) -> Any:
    """Return one of our commands as a plain Click command: what the entry points `cellenics.commands` name.

    Made on demand, because only a host has Click: we run on Typer's own copy, which does not mix with it.
    """
    from cellenics_ci.cli.app import COMMANDS

    for entry in COMMANDS:
        if entry.function == attribute:
            return _click_command(entry.name, entry.help)
    raise AttributeError(f"module {__name__} has no attribute {attribute}")


def _click_command(name: str, short_help: str) -> click.Command:
    import click

    class PassThrough(click.Command):
        """Takes every argument as it is, `--` and `--help` too."""

        def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
            ctx.args = list(args)
            return ctx.args

    def run() -> None:
        from cellenics_ci.cli import app

        context = click.get_current_context()
        context.exit(app.main([name, *context.args]))

    return PassThrough(name, callback=run, help=short_help, short_help=short_help, add_help_option=False)
