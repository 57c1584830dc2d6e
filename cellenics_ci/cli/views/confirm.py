"""The question before keys are rotated."""

from __future__ import annotations

from rich.console import Console

from cellenics_ci.cli.views.agreement import agree
from cellenics_ci.cli.views.asking import Read, read_line
from cellenics_ci.cli.views.wording import repositories
from cellenics_ci.rotation.plan import Consent, Plan, Planned


def confirm(console: Console, plan: Plan, *, yes: bool, stdin_is_terminal: bool, read: Read = read_line) -> Plan:
    """Return what was agreed to: the plan, without the repositories whose consent was not given. Raises as `agree`."""
    return agree(
        console,
        plan,
        question=_question,
        typed_with=_typed_with,
        yes=yes,
        stdin_is_terminal=stdin_is_terminal,
        read=read,
    )


def _question(plan: Plan) -> str:
    account = f"AWS account {plan.caller.account}, GitHub organisation {plan.org}"
    return f"Work on {repositories(len(plan.planned))} in {account}? [y/N] "


def _typed_with(planned: Planned) -> str:
    option = "--compromised " if Consent.COMPROMISED in planned.consents else ""
    return f"cellenics rotate-ci {option}{planned.repo}"
