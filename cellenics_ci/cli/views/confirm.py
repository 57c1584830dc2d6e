"""The question before anything is changed. Its default is "no"; some repositories want their name typed."""

from __future__ import annotations

import contextlib
import sys
import termios
from collections.abc import Callable

import typer
from rich.console import Console

from cellenics_ci.cli import rim
from cellenics_ci.cli.views.console import words
from cellenics_ci.cli.views.wording import repositories
from cellenics_ci.errors import UsageProblem
from cellenics_ci.rotation.plan import Consent, Plan, Planned

Read = Callable[[], str]
"""Reads a line; "" where there is no more."""


def _read_line() -> str:
    return sys.stdin.readline()


def confirm(console: Console, plan: Plan, *, yes: bool, stdin_is_terminal: bool, read: Read = _read_line) -> Plan:
    """Return what was agreed to: the plan, without the repositories whose consent was not given.

    Raises UsageProblem where nobody can be asked and `yes` was not given, typer.Exit(1) where the answer is no.
    Ctrl-C passes as KeyboardInterrupt: ask before signals are turned into wishes.
    """
    if not plan.planned:
        return plan
    # A question that goes into a file is not seen, whoever sits at the keyboard.
    askable = stdin_is_terminal and console.is_terminal
    if not askable and not yes:
        raise UsageProblem(
            "There is no terminal to ask on, and nothing is changed without a yes.",
            remedy="Add --yes to carry the plan out, or --dry-run to see it only.",
        )
    plan = _with_consents(console, plan, read if askable else None)
    if yes or not plan.planned:
        return plan
    account = f"AWS account {plan.caller.account}, GitHub organisation {plan.org}"
    answer = _ask(console, f"Work on {repositories(len(plan.planned))} in {account}? [y/N] ", read)
    if answer.lower() not in ("y", "yes"):
        console.print(words("Nothing was changed."))
        raise typer.Exit(rim.FAILED)
    return plan


def _with_consents(console: Console, plan: Plan, read: Read | None) -> Plan:
    """Ask for every name that has to be typed; without anybody to ask, leave those repositories out."""
    wanted = [planned for planned in plan.planned if planned.consents]
    for planned in wanted:
        if read is None:
            option = "--compromised " if Consent.COMPROMISED in planned.consents else ""
            reason = f"{_why(planned)} wants its name typed: run rotate-ci {option}{planned.repo} on a terminal"
        else:
            typed = _ask(console, f"{planned.repo}: {_why(planned)}. Type its name to agree: ", read)
            if typed == planned.repo:
                continue
            reason = f"{_why(planned)} was not agreed to: its name was not typed"
        console.print(words(f"{planned.repo} is left out: {reason}.", "yellow"))
        plan = plan.without([planned.repo], reason)
    return plan


def _why(planned: Planned) -> str:
    return " and ".join(planned.consents)


def _forget_what_was_typed_ahead() -> None:
    """A stray key pressed before the question could be read must not be its answer."""
    with contextlib.suppress(Exception):
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)


def _ask(console: Console, question: str, read: Read) -> str:
    # Before the question, not after it: whoever answers at once, as scripts on a terminal do, is heard.
    _forget_what_was_typed_ahead()
    console.print(words(question, "bold"), end="", soft_wrap=True)
    answer = read()
    if not answer.endswith("\n"):
        # The end of the input is no answer, and leaves the cursor behind the question.
        console.print()
    return answer.strip()
