"""How an adoption ended: on a terminal, and on the page of a GitHub Actions run."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

from rich.console import Console

from cellenics_ci.cli.views.console import heading, point, table, words
from cellenics_ci.cli.views.left_out import show_groups, show_reasons
from cellenics_ci.cli.views.outcome_styles import STYLES
from cellenics_ci.cli.views.results import Results, results_of
from cellenics_ci.cli.views.step_summary import escaped, escaped_lines
from cellenics_ci.cli.views.wording import alike, counted, repositories
from cellenics_ci.model.names import RepoName, ci_role_name
from cellenics_ci.oidc.plan import Plan
from cellenics_ci.run.outcome import Outcome, Status

ORDER: Final = (
    Status.NEEDS_ATTENTION,
    Status.UNFINISHED,
    Status.ADOPTED,
    Status.UNCHANGED,
    Status.SKIPPED,
)
"""What a person must see comes first."""


def show_outcomes(
    console: Console,
    plan: Plan,
    outcomes: Sequence[Outcome],
    written: Mapping[RepoName, Path],
    *,
    declaring: Collection[RepoName],
) -> None:
    """Show how everything ended. `written`: the patches that were written as files."""
    results = results_of(plan, outcomes, declaring, ORDER)
    urgent = results.of(Status.NEEDS_ATTENTION)
    if urgent:
        console.print(words(f"ACT NOW: {counted(len(urgent), 'role')} with fewer rights", "bold white on red"))
    _show(console, urgent)
    rows = list(results.of(Status.UNFINISHED, Status.ADOPTED))
    if rows:
        made = table(console, "Repository", "Outcome", "Role", "Patch")
        for outcome in rows:
            made.add_row(
                words(outcome.repository, "bold"),
                words(outcome.status, STYLES[outcome.status]),
                words(ci_role_name(outcome.repository)),
                words(str(written.get(outcome.repository, "-"))),
            )
        console.print(made)
    _section(console, "Unfinished: what worked goes on working", results.of(Status.UNFINISHED), "bold red")
    _section(console, "To be known", [each for each in results.of(Status.ADOPTED) if each.reason], "bold")
    _section(console, "Skipped", results.of(Status.SKIPPED), "bold yellow")
    quiet = results.of(Status.UNCHANGED)
    if quiet:
        heading(console, f"Nothing to do: {repositories(len(quiet))}")
        show_groups(console, alike((each.repository, each.reason, each.next_step) for each in quiet))
    alone = {repo: path for repo, path in written.items() if repo not in {each.repository for each in rows}}
    if alone:
        heading(console, "Patches of repositories whose role was there already")
    for repo, path in alone.items():
        point(console, repo, str(path))
    heading(console, summary_line(results))


def summary_line(results: Results) -> str:
    """Return the result in one line."""
    shown = [f"{count} {status.replace('-', ' ')}" for status, count in results.counts.items() if count]
    not_ours = f"; {repositories(len(results.not_ours))} not ours" if results.not_ours else ""
    return f"{', '.join(shown) or 'Nothing to do'}{not_ours}."


def markdown(plan: Plan, outcomes: Sequence[Outcome], *, declaring: Collection[RepoName]) -> str:
    """Return the result as Markdown: a line, and a table of all that was not plainly left alone."""
    results = results_of(plan, outcomes, declaring, ORDER)
    title = f"adopt-oidc: {plan.org} in AWS account {plan.caller.account}"
    lines = [f"### {escaped(title)}", "", f"**{escaped(summary_line(results))}**", ""]
    if results.outcomes:
        lines += ["| Repository | Outcome | Role | Remarks |", "| --- " * 4 + "|"]
    for outcome in results.outcomes:
        remarks = [outcome.reason, outcome.next_step and f"→ {outcome.next_step}"]
        cells = (
            escaped(outcome.repository),
            escaped(outcome.status),
            escaped(ci_role_name(outcome.repository)),
            escaped_lines(remarks),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", ""])


def _section(console: Console, title: str, outcomes: Sequence[Outcome], style: str) -> None:
    if outcomes:
        heading(console, f"{title} ({len(outcomes)})", style)
    _show(console, outcomes)


def _show(console: Console, outcomes: Sequence[Outcome]) -> None:
    show_reasons(console, ((each.repository, each.reason, each.next_step) for each in outcomes))
