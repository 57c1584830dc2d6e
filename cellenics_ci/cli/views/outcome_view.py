"""The result as a table: what needs a person first and loudest, what was skipped last."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rich.console import Console

from cellenics_ci.cli.views.console import heading, point, stacked, table, words
from cellenics_ci.cli.views.left_out import show_groups, show_reasons
from cellenics_ci.cli.views.outcome_styles import STYLES
from cellenics_ci.cli.views.results import Results, results_of
from cellenics_ci.cli.views.wording import alike, counted, key_shown, repositories
from cellenics_ci.model.names import RepoName
from cellenics_ci.rotation.plan import Plan
from cellenics_ci.run.outcome import Outcome, Status


def show_outcomes(
    console: Console, plan: Plan, outcomes: Sequence[Outcome], *, declaring: Collection[RepoName], show_ids: bool
) -> None:
    """Show how everything ended. `declaring`: the repositories that declare privileges."""
    results = results_of(plan, outcomes, declaring)
    _show_attention(console, results)
    _show_table(console, results, show_ids=show_ids)
    _show_reasons(console, "Rolled back: GitHub holds what it held before", results.of(Status.ROLLED_BACK), "bold red")
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
    console.print()


def _show_table(console: Console, results: Results, *, show_ids: bool) -> None:
    rows = [each for each in results.outcomes if not _quiet(each) and each.status is not Status.SKIPPED]
    if not rows:
        return
    made = table(console, "Repository", "Outcome", "Keys", "Secrets in")
    for column in made.columns[1:3]:
        column.no_wrap = True
    for outcome in rows:
        made.add_row(
            words(outcome.repository, "bold"),
            words(outcome.status, STYLES[outcome.status]),
            stacked(_keys(outcome, show_ids=show_ids)),
            stacked([*map(str, outcome.scopes)]),
        )
    console.print(made)


def _keys(outcome: Outcome, *, show_ids: bool) -> list[str]:
    lines = [f"{key_shown(outcome.live_key, show_ids=show_ids)} live"] if outcome.live_key else []
    lines += [f"{key_shown(key, show_ids=show_ids)} retired" for key in outcome.retired_keys]
    return [*lines, "old key pending"] if outcome.retirement_pending is not None else lines


def _show_reasons(console: Console, title: str, outcomes: Sequence[Outcome], style: str) -> None:
    if outcomes:
        heading(console, title, style)
    show_reasons(console, ((each.repository, _remark(each), each.next_step) for each in outcomes))


def _show_quiet(console: Console, results: Results) -> None:
    quiet = [each for each in results.outcomes if _quiet(each)]
    if not quiet:
        return
    heading(console, f"Unchanged: {repositories(len(quiet))}")
    show_groups(console, alike((each.repository, each.reason or "nothing had to be done", "") for each in quiet))


def _remark(outcome: Outcome) -> str:
    return "; ".join(text for text in (outcome.reason, outcome.retirement_pending) if text)


def _worth_telling(outcome: Outcome) -> bool:
    return not _quiet(outcome) and bool(_remark(outcome) or outcome.next_step)


def _quiet(outcome: Outcome) -> bool:
    """Whether nothing at all happened to it, as nothing had to."""
    happened = outcome.live_key or outcome.retired_keys or outcome.retirement_pending or outcome.next_step
    return outcome.status is Status.UNCHANGED and not happened
