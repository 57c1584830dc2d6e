"""The one place that turns errors into sentences and exit codes.

0 done; 1 some targets were left out or failed; 2 wrong usage or configuration, nothing touched;
3 somebody must act now; 130 interrupted; 141 whoever read our output went away.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Callable
from typing import Final, TextIO

import typer

from cellenics_ci.cli.guard import Guard, describe, say
from cellenics_ci.cli.lazy import OutputClosed
from cellenics_ci.errors import CallFailed, Interrupted, UsageProblem

FAILED: Final = 1
USAGE: Final = 2
ATTENTION: Final = 3
INTERRUPTED: Final = 130
OUTPUT_CLOSED: Final = 141
"""What a shell reports for a program that SIGPIPE ended: 128 + 13."""


class _Run:
    """What is known of the command line that runs now."""

    def __init__(self) -> None:
        self.guard = Guard()
        self.changing = False
        self.code = 0


_run = _Run()


def debug_option(wanted: bool) -> bool:
    """Callback of every `--debug`: show tracebacks without values, and our own debug log."""
    if wanted:
        _run.guard.show_debug()
    return wanted


def debugging() -> bool:
    """Whether `--debug` was given."""
    return _run.guard.debug


def mark_changing() -> None:
    """Note that something may be changed from here on: called just before a command's first write."""
    _run.changing = True


def mark_code(code: int) -> None:
    """Note the exit code before the result is shown, so that it outlives an output that nobody reads.

    An interruption is outlived by `ATTENTION` alone.
    """
    _run.code = code


def exit_code(run: Callable[[], object]) -> int:
    """Run a command line and return its exit code, after a sentence on stderr where it failed.

    A returned whole number is the exit code, anything else is 0.
    """
    global _run
    _open_what_came_closed()
    # A command may run another one: what is known of the outer comes back when the inner has ended.
    outer, _run = _run, _Run()
    try:
        return _guarded(run)
    finally:
        _run = outer


def _guarded(run: Callable[[], object]) -> int:
    with _run.guard():
        try:
            result = run()
            code = result if isinstance(result, int) and not isinstance(result, bool) else 0
        except BaseException as problem:
            code = _code_of(problem)
        try:
            sys.stdout.flush()
        except (OSError, ValueError) as problem:
            # What was done weighs more than that it can't be read.
            code = code or _code_of(problem)
            _drop(sys.stdout)
        try:
            sys.stderr.flush()
        except (OSError, ValueError):
            # The story, not the result: without it the result stays what it is.
            _drop(sys.stderr)
    return code


def _open_what_came_closed() -> None:
    """Give Python the streams that it lacks where they came closed (`>&-`): all that is written is for nobody."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115


def _code_of(problem: BaseException) -> int:
    if _run.guard.debug and not isinstance(problem, (typer.Exit, SystemExit)):
        say(describe(problem))
    match problem:
        case typer.Exit():
            return problem.exit_code
        case SystemExit():
            return problem.code if isinstance(problem.code, int) else int(problem.code is not None)
        case UsageProblem():
            return _tell(problem.sentence, problem.remedy, code=USAGE)
        case CallFailed():
            return _tell(problem.sentence, problem.remedy, code=FAILED if _run.changing else USAGE)
        case typer.TyperException():
            return _tell(problem.format_message(), _hint(problem), code=problem.exit_code)
        case Interrupted() | KeyboardInterrupt() | typer.Abort():
            say("Interrupted.")
            # As in a run's own code: that somebody must act weighs more.
            return _run.code if _run.code == ATTENTION else INTERRUPTED
        case OutputClosed() | BrokenPipeError():
            _drop_output()
            return _run.code or OUTPUT_CLOSED
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            remedy = "Free some space and type the same command again."
            return _tell("The disk is full.", remedy, code=_run.code or (FAILED if _run.changing else USAGE))
        case _:
            return _unexpected(problem)


def _unexpected(problem: BaseException) -> int:
    sentence = f"Something went wrong inside cellenics-ci ({type(problem).__name__})."
    remedy = "" if _run.guard.debug else "Run the command with --debug to see where."
    if not _run.changing:
        return _tell(sentence, f"Nothing was changed. {remedy}".rstrip(), code=FAILED)
    # Nobody caught it, so nobody knows what it left behind: a person has to look.
    again = "Type the same command again: it finds out what was begun, and finishes it."
    return _tell(sentence, f"{again} {remedy}".rstrip(), code=ATTENTION)


def _hint(problem: typer.TyperException) -> str:
    context = getattr(problem, "ctx", None)
    return f"See '{context.command_path} --help'." if context else ""


def _tell(sentence: str, remedy: str, *, code: int) -> int:
    say(f"Error: {sentence}")
    if remedy:
        say(remedy)
    return code


def _drop_output() -> None:
    _drop(sys.stdout)


def _drop(stream: TextIO) -> None:
    # Python flushes its streams once more at its end, and would complain there.
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
