"""Container repositories as people read them: what will be done, and how it ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cellenics_ci.cli.views.console import point, words
from cellenics_ci.cli.views.left_out import show_reason
from cellenics_ci.model.keys import Caller
from cellenics_ci.model.registries import Encryption, policy_text
from cellenics_ci.registry.outcome import Ensured, EnsureOutcome
from cellenics_ci.registry.plan import Difference, Fate, Order, Plan

STYLES: Final = {
    Ensured.CREATED: "bold green",
    Ensured.CHANGED: "green",
    Ensured.UNCHANGED: "",
    Ensured.FAILED: "bold red",
    Ensured.UNKNOWN: "bold white on red",
}
_FATES: Final = {
    Fate.CHANGED: ("change", "yellow"),
    Fate.WITHHELD: ("leave, since it would be stricter (--reconcile)", ""),
    Fate.FIXED: ("can't be changed once a repository is there: push to a new one", "yellow"),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """A plan, who carries it out, and what has to be known about it."""

    caller: Caller
    plan: Plan
    notes: tuple[str, ...] = ()


def show_plan(console: Console, facts: Facts, *, dry_run: bool = False) -> None:
    """Show a plan."""
    caller = facts.caller
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(words("AWS account"), words(f"{caller.account} ({caller.alias or 'no alias'})", "bold"))
    grid.add_row(words("AWS caller"), words(caller.arn))
    for order in facts.plan.orders:
        for label, text in _rows(order):
            grid.add_row(words(label, "bold"), text)
    console.print(words("Plan (a dry run: nothing will be changed)" if dry_run else "Plan", "bold"))
    console.print(grid)
    for note in facts.notes:
        point(console, "", f"To be known: {note}", style="yellow")
    for left in facts.plan.left_out:
        show_reason(console, f"{left.repo} is left out", left.reason, style="red", then=left.remedy)


def _rows(order: Order) -> Iterator[tuple[str, Text]]:
    wanted, settings = order.wanted, order.wanted.settings
    where = f"{wanted.name} in {wanted.region}"
    if order.found is None:
        yield wanted.repo, words(f"create {where}", "green")
        told = [f"tags {settings.tags}", "scan on push" if settings.scan_on_push else "no scan on push"]
        told += [str(settings.encryption or Encryption()), f"lifecycle: {policy_text(settings.lifecycle_policy)}"]
        yield "", words(", ".join(told))
        return
    yield wanted.repo, words(f"{where} is there" + ("" if order.differences else ", as declared"))
    for difference in order.differences:
        word, style = _FATES[difference.fate]
        yield "", words(f"{_told(difference)}: {word}", style)


def _told(difference: Difference) -> str:
    return f"{difference.setting}: {difference.now} → {difference.wanted}"


def show_outcome(console: Console, outcome: EnsureOutcome) -> None:
    """Show how it ended for one repository."""
    line = Text(overflow="fold")
    line.append(str(outcome.status), style=STYLES[outcome.status])
    line.append_text(words(f" {outcome.uri or outcome.repo}"))
    console.print(line)
    if outcome.reason:
        point(console, "", outcome.reason, then=outcome.next_step)
