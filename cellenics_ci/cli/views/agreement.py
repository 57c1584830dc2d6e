"""Agreeing to a plan before anything is changed. The default is "no"; some of its targets want their name typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, Self, TypeVar

import typer
from rich.console import Console

from cellenics_ci.cli import rim
from cellenics_ci.cli.views.asking import Read, ask, is_yes, see_askable
from cellenics_ci.cli.views.console import words
from cellenics_ci.model.names import RepoName


class Asked(Protocol):
    """A plan that can be agreed to, in whole or without some of its targets: each has `repo` and `consents`."""

    @property
    def planned(self) -> Sequence[Any]:
        """What will be done."""

    def without(self, refused: Sequence[RepoName], reason: str) -> Self:
        """Return the plan without targets that nobody agreed to."""


P = TypeVar("P", bound=Asked)


def agree(
    console: Console,
    plan: P,
    *,
    question: Callable[[P], str],
    typed_with: Callable[[Any], str],
    yes: bool,
    stdin_is_terminal: bool,
    read: Read,
) -> P:
    """Return what was agreed to: the plan, without the targets whose consent was not given.

    `typed_with` says what to run on a terminal for a target whose name nobody can be asked for. Raises UsageProblem
    where nobody can be asked and `yes` was not given, typer.Exit(1) where the answer is no. Ctrl-C passes as
    KeyboardInterrupt: ask before signals are turned into wishes.
    """
    if not plan.planned:
        return plan
    askable = see_askable(console, yes=yes, terminal=stdin_is_terminal)
    plan = _with_consents(console, plan, typed_with, read if askable else None)
    if yes or not plan.planned:
        return plan
    answer = ask(console, question(plan), read)
    if not is_yes(answer):
        console.print(words("Nothing was changed."))
        raise typer.Exit(rim.FAILED)
    return plan


def _with_consents(console: Console, plan: P, typed_with: Callable[[Any], str], read: Read | None) -> P:
    """Ask for every name that has to be typed; without anybody to ask, leave those targets out."""
    wanted = [planned for planned in plan.planned if planned.consents]
    for planned in wanted:
        why = " and ".join(planned.consents)
        if read is None:
            reason = f"{why} wants its name typed: run {typed_with(planned)} on a terminal"
        else:
            typed = ask(console, f"{planned.repo}: {why}. Type its name to agree: ", read)
            if typed == planned.repo:
                continue
            reason = f"{why} was not agreed to: its name was not typed"
        console.print(words(f"{planned.repo} is left out: {reason}.", "yellow"))
        plan = plan.without([planned.repo], reason)
    return plan
