"""How far retirements have come: on a terminal, and on the page of a GitHub Actions run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from rich.console import Console

from cellenics_ci.cli.views.console import heading, point, stacked, table, words
from cellenics_ci.cli.views.left_out import show_left_out
from cellenics_ci.cli.views.outcome_styles import STYLES
from cellenics_ci.cli.views.retirement_plan import show_failed_runs
from cellenics_ci.cli.views.step_summary import escaped, escaped_lines
from cellenics_ci.cli.views.wording import counted, key_shown
from cellenics_ci.retirement.plan import Plan
from cellenics_ci.run.outcome import Outcome, Status

ORDER: Final = (
    Status.NEEDS_ATTENTION,
    Status.UNFINISHED,
    Status.SKIPPED,
    Status.WAITING,
    Status.RESTORED,
    Status.RETIRED,
)
"""What a person must see comes first."""


def in_order(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return outcomes, what a person must see first."""
    return sorted(outcomes, key=lambda outcome: ORDER.index(outcome.status))


def show_outcomes(console: Console, plan: Plan, outcomes: Sequence[Outcome], *, show_ids: bool) -> None:
    """Show how everything ended."""
    listed = in_order(outcomes)
    _show_attention(console, [each for each in listed if each.status is Status.NEEDS_ATTENTION])
    if listed:
        made = table(console, "Repository", "Outcome", "Deleted", "Remarks")
        for outcome in listed:
            made.add_row(
                words(outcome.repository, "bold"),
                words(outcome.status, STYLES[outcome.status]),
                stacked(deleted(outcome, show_ids=show_ids)),
                stacked(remarks(outcome)),
            )
        console.print(made)
    show_failed_runs(console, plan)
    show_left_out(console, plan.left_out)
    heading(console, summary_line(plan, outcomes))


def summary_line(plan: Plan, outcomes: Sequence[Outcome]) -> str:
    """Return the result in one line."""
    counts = Counter(outcome.status for outcome in outcomes)
    shown = [f"{counts[status]} {status.replace('-', ' ')}" for status in ORDER if counts[status]]
    line = ", ".join(shown) or "Nothing to do"
    faults = sum(each.fault for each in plan.left_out)
    return f"{line}; {counted(faults, 'user')} left out, to be mended." if faults else f"{line}."


def deleted(outcome: Outcome, *, show_ids: bool) -> list[str]:
    """Return what is gone for good, a line each."""
    lines = [f"secrets ({scope})" for scope in outcome.scopes]
    lines += [key_shown(key, show_ids=show_ids) for key in outcome.retired_keys]
    return [*lines, "user"] if outcome.status is Status.RETIRED else lines


def remarks(outcome: Outcome) -> list[str]:
    """Return what is to be known of an outcome, and to be done, a line each."""
    told = [outcome.reason, outcome.retirement_pending or "", outcome.next_step and f"→ {outcome.next_step}"]
    return [text for text in told if text]


def markdown(plan: Plan, outcomes: Sequence[Outcome], *, show_ids: bool) -> str:
    """Return the result as Markdown: a line, and a table of everything that was worked on or left out for a fault."""
    title = f"retire-ci: {plan.org} in AWS account {plan.caller.account}"
    lines = [f"### {escaped(title)}", "", f"**{escaped(summary_line(plan, outcomes))}**", ""]
    faults = [each for each in plan.left_out if each.fault]
    if outcomes or faults:
        lines += ["| Repository | Outcome | Deleted | Remarks |", "| --- " * 4 + "|"]
    for outcome in in_order(outcomes):
        gone = "<br>".join(map(escaped, deleted(outcome, show_ids=show_ids)))
        told = escaped_lines(remarks(outcome))
        lines.append(f"| {escaped(outcome.repository)} | {escaped(outcome.status)} | {gone} | {told} |")
    for left in faults:
        told = escaped_lines((left.reason, left.remedy and f"→ {left.remedy}"))
        lines.append(f"| {escaped(left.repo)} | skipped | | {told} |")
    return "\n".join([*lines, "", ""])


def _show_attention(console: Console, urgent: Sequence[Outcome]) -> None:
    if not urgent:
        return
    title = f"ACT NOW: {counted(len(urgent), 'repository', 'repositories')} without a working key"
    console.print(words(title, "bold white on red"))
    for outcome in urgent:
        point(console, outcome.repository, outcome.reason, style="red", then=outcome.next_step)
    console.print()
