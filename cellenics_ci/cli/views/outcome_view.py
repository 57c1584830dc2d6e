"""The result as a table: what needs a person first and loudest, what was skipped last."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from cellenics_ci.cli.views.console import heading, point, table, words
from cellenics_ci.cli.views.results import Results, results_of
from cellenics_ci.cli.views.wording import alike, counted, key_shown, named, repositories
from cellenics_ci.model.names import RepoName
from cellenics_ci.rotation.plan import Plan
from cellenics_ci.run.outcome import Outcome, Status

STYLES: Final = {
    Status.NEEDS_ATTENTION: "bold red",
    Status.ROLLED_BACK: "red",
    Status.ROTATED: "green",
    Status.UNCHANGED: "",
    Status.SKIPPED: "yellow",
}


def show_outcomes(
    console: Console, plan: Plan, outcomes: Sequence[Outcome], *, declaring: Collection[RepoName], show_ids: bool
) -> None:
    """Show how everything ended. `declaring`: the repositories that declare privileges."""
    results = results_of(plan, outcomes, declaring)
    _show_attention(console, results)
    _show_table(console, results, show_ids=show_ids)
    _show_reasons(console, "Rolled back: the old key still works", results.of(Status.ROLLED_BACK), "bold red")
    told = [each for each in results.of(Status.ROTATED, Status.UNCHANGED) if _worth_telling(each)]
    _show_reasons(console, "To be known", told, "bold")
    _show_reasons(console, "Skipped", results.of(Status.SKIPPED), "bold yellow")
    _show_quiet(console, results)
    heading(console, summary_line(results))


def summary_line(results: Results) -> str:
    """Return the result in one line."""
    shown = [f"{count} {status.replace('-', ' ')}" for status, count in results.counts.items() if count]
    line = ", ".join(shown) or "Nothing to do"
    if results.pending:
        line += f"; {counted(results.pending, 'retirement')} pending"
    if results.not_ours:
        line += f"; {repositories(len(results.not_ours))} not ours"
    return f"{line}."


def _show_attention(console: Console, results: Results) -> None:
    urgent = results.of(Status.NEEDS_ATTENTION)
    if not urgent:
        return
    title = f"ACT NOW: {repositories(len(urgent))} without a working key, or perhaps without one"
    console.print(words(title, "bold white on red"))
    for outcome in urgent:
        point(console, outcome.repository, outcome.reason, style="red", then=outcome.next_step)


def _show_table(console: Console, results: Results, *, show_ids: bool) -> None:
    rows = [each for each in results.outcomes if not _quiet(each) and each.status is not Status.SKIPPED]
    if not rows:
        return
    made = table(console, "Repository", "Outcome", "Live key", "Retired", "Secrets in")
    for outcome in rows:
        live = key_shown(outcome.live_key, show_ids=show_ids) if outcome.live_key else "-"
        retired = [key_shown(key, show_ids=show_ids) for key in outcome.retired_keys]
        if outcome.retirement_pending is not None:
            retired.append("pending")
        made.add_row(
            words(outcome.repository, "bold"),
            words(outcome.status, STYLES[outcome.status]),
            words(live),
            _stacked(retired or ["-"]),
            _stacked([*map(str, outcome.scopes)] or ["-"]),
        )
    console.print(made)


def _stacked(lines: Sequence[str]) -> Text:
    return Text("\n", overflow="fold").join(words(line) for line in lines)


def _show_reasons(console: Console, title: str, outcomes: Sequence[Outcome], style: str) -> None:
    if outcomes:
        heading(console, title, style)
    for outcome in outcomes:
        texts = [text for text in (outcome.reason, outcome.retirement_pending) if text]
        point(console, outcome.repository, "; ".join(texts), then=outcome.next_step)


def _show_quiet(console: Console, results: Results) -> None:
    quiet = [each for each in results.outcomes if _quiet(each)]
    if not quiet:
        return
    heading(console, f"Unchanged: {repositories(len(quiet))}")
    for group in alike((each.repository, each.reason or "nothing was to be done", "") for each in quiet):
        point(console, f"{len(group.names):,} because {group.reason}", named(group.names))


def _worth_telling(outcome: Outcome) -> bool:
    return not _quiet(outcome) and bool(outcome.reason or outcome.retirement_pending)


def _quiet(outcome: Outcome) -> bool:
    """Whether nothing at all happened to it, as nothing had to."""
    happened = outcome.live_key or outcome.retired_keys or outcome.retirement_pending or outcome.next_step
    return outcome.status is Status.UNCHANGED and not happened
