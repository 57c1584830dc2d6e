"""Asking on a terminal: never where nobody sees the question, never answered by what was typed before it."""

from __future__ import annotations

import contextlib
import sys
import termios
from collections.abc import Callable

from rich.console import Console

from cellenics_ci.cli.views.console import words
from cellenics_ci.errors import UsageProblem

Read = Callable[[], str]
"""Reads a line; "" where there is no more."""


def read_line() -> str:
    """Read a line from the terminal."""
    return sys.stdin.readline()


def stdin_is_terminal() -> bool:
    """Whether somebody sits at the keyboard."""
    try:
        return sys.stdin.isatty()
    except (AttributeError, ValueError):
        return False


def see_askable(console: Console, *, yes: bool, terminal: bool) -> bool:
    """Return whether somebody can be asked. Raises UsageProblem where nobody can, and no yes was given."""
    # A question that goes into a file is not seen, whoever sits at the keyboard.
    askable = terminal and console.is_terminal
    if not askable and not yes:
        raise UsageProblem(
            "There is no terminal to ask on, and nothing is changed without a yes.",
            remedy="Add --yes to carry the plan out, or --dry-run to see it only.",
        )
    return askable


def is_yes(answer: str) -> bool:
    """Whether an answer is a yes; everything else is a no."""
    return answer.lower() in ("y", "yes")


def ask(console: Console, question: str, read: Read) -> str:
    """Ask, and return what was typed, without spaces around it; "" at the end of the input."""
    # Before the question, not after it: whoever answers at once, as scripts on a terminal do, is heard.
    _forget_what_was_typed_ahead()
    console.print(words(question, "bold"), end="", soft_wrap=True)
    answer = read()
    if not answer.endswith("\n"):
        # The end of the input is no answer, and leaves the cursor behind the question.
        console.print()
    return answer.strip()


def _forget_what_was_typed_ahead() -> None:
    """A stray key pressed before the question could be read must not be its answer."""
    with contextlib.suppress(Exception):
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
