"""The result as a table on the page of a GitHub Actions run: Markdown for the file in GITHUB_STEP_SUMMARY."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from rich.console import Console

from cellenics_ci.cli.views.outcome_view import summary_line
from cellenics_ci.cli.views.results import results_of
from cellenics_ci.cli.views.step_summary import VARIABLE, append_to_summary, escaped, escaped_lines
from cellenics_ci.cli.views.wording import key_shown
from cellenics_ci.model.names import RepoName
from cellenics_ci.rotation.plan import Plan
from cellenics_ci.run.outcome import Outcome, Status


def append_summary(
    console: Console,
    environ: Mapping[str, str],
    plan: Plan,
    outcomes: Sequence[Outcome],
    *,
    declaring: Collection[RepoName],
    show_ids: bool,
) -> None:
    """Append the result to the file that Actions names, where it names one. Warns on `console` if that fails."""
    if environ.get(VARIABLE):
        append_to_summary(console, environ, markdown(plan, outcomes, declaring=declaring, show_ids=show_ids))


def markdown(plan: Plan, outcomes: Sequence[Outcome], *, declaring: Collection[RepoName], show_ids: bool) -> str:
    """Return the result as Markdown: a line, and a table of all that was not plainly left alone."""
    results = results_of(plan, outcomes, declaring)
    title = f"rotate-ci: {plan.org} in AWS account {plan.caller.account}"
    lines = [f"### {escaped(title)}", "", f"**{escaped(summary_line(results))}**", ""]
    if results.outcomes:
        lines += ["| Repository | Outcome | Live key | Retired | Secrets in | Remarks |", "| --- " * 6 + "|"]
    lines += [_row(outcome, show_ids=show_ids) for outcome in results.outcomes]
    return "\n".join([*lines, "", ""])


def _row(outcome: Outcome, *, show_ids: bool) -> str:
    status = escaped(outcome.status)
    remarks = [outcome.reason, outcome.retirement_pending or "", outcome.next_step and f"→ {outcome.next_step}"]
    cells = (
        escaped(outcome.repository),
        f"**{status}**" if outcome.status in (Status.NEEDS_ATTENTION, Status.ROLLED_BACK) else status,
        escaped(key_shown(outcome.live_key, show_ids=show_ids)) if outcome.live_key else "",
        "<br>".join(escaped(key_shown(key, show_ids=show_ids)) for key in outcome.retired_keys),
        "<br>".join(escaped(str(scope)) for scope in outcome.scopes),
        escaped_lines(remarks),
    )
    return f"| {' | '.join(cells)} |"
