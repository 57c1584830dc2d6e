"""The question before anything is changed. Its default is "no"; some repositories want their name typed."""

from __future__ import annotations

import typer
from rich.console import Console

from cellenics_ci.cli import rim
from cellenics_ci.cli.views.asking import Read, ask, is_yes, read_line, see_askable
from cellenics_ci.cli.views.console import words
from cellenics_ci.cli.views.wording import repositories
from cellenics_ci.rotation.plan import Consent, Plan, Planned


def confirm(console: Console, plan: Plan, *, yes: bool, stdin_is_terminal: bool, read: Read = read_line) -> Plan:
    """Return what was agreed to: the plan, without the repositories whose consent was not given.

    Raises UsageProblem where nobody can be asked and `yes` was not given, typer.Exit(1) where the answer is no.
    Ctrl-C passes as KeyboardInterrupt: ask before signals are turned into wishes.
    """
    if not plan.planned:
        return plan
    askable = see_askable(console, yes=yes, terminal=stdin_is_terminal)
    plan = _with_consents(console, plan, read if askable else None)
    if yes or not plan.planned:
        return plan
    account = f"AWS account {plan.caller.account}, GitHub organisation {plan.org}"
    answer = ask(console, f"Work on {repositories(len(plan.planned))} in {account}? [y/N] ", read)
    if not is_yes(answer):
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
            typed = ask(console, f"{planned.repo}: {_why(planned)}. Type its name to agree: ", read)
            if typed == planned.repo:
                continue
            reason = f"{_why(planned)} was not agreed to: its name was not typed"
        console.print(words(f"{planned.repo} is left out: {reason}.", "yellow"))
        plan = plan.without([planned.repo], reason)
    return plan


def _why(planned: Planned) -> str:
    return " and ".join(planned.consents)
