"""How the rotation of a deploy key ended: on a terminal, and on the page of a GitHub Actions run."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from cellenics_ci.cli.views.console import heading, point, words
from cellenics_ci.cli.views.deploy_key_plan import right
from cellenics_ci.cli.views.outcome_styles import STYLES
from cellenics_ci.cli.views.step_summary import append_to_summary, escaped
from cellenics_ci.deploykeys.outcome import KeyOutcome
from cellenics_ci.deploykeys.plan import KeyPlan
from cellenics_ci.run.outcome import Status


def show_outcome(console: Console, outcome: KeyOutcome) -> None:
    """Show how it ended; what needs a person comes first and loudest."""
    if outcome.status is Status.NEEDS_ATTENTION and not outcome.works:
        console.print(words(f"ACT NOW: {outcome.repository} needs somebody to look", "bold white on red"))
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(words("Outcome"), words(outcome.status, STYLES[outcome.status]))
    grid.add_row(words("Repository"), words(outcome.repository, "bold"))
    if outcome.cluster:
        grid.add_row(words("Cluster"), words(outcome.cluster))
    if outcome.old:
        grid.add_row(words("Old key"), words(outcome.old))
    if outcome.new:
        told = f"{outcome.new}" if outcome.read_only is None else f"{outcome.new}, {right(outcome.read_only)}"
        grid.add_row(words("New key"), words(told))
    console.print(grid)
    if outcome.reason:
        heading(console, "Why" if outcome.status is not Status.ROTATED else "To be known")
        step, *lines = outcome.next_step.splitlines() or [""]
        point(console, "", outcome.reason, then=step)
        # What is to be copied (a Role) keeps its lines, and stands at the margin.
        for line in lines:
            console.print(words(line), soft_wrap=True)
    for note in outcome.notes:
        point(console, "", note)


def append_key_summary(console: Console, environ: Mapping[str, str], plan: KeyPlan, outcome: KeyOutcome) -> None:
    """Append the result to the file that Actions names, where it names one. Warns on `console` if that fails."""
    github = plan.survey.github
    rows = [
        ("Outcome", str(outcome.status)),
        ("Cluster", outcome.cluster or ""),
        ("Old key", outcome.old or ""),
        ("New key", outcome.new or ""),
        ("Remarks", outcome.reason),
        ("Next step", outcome.next_step.partition("\n")[0]),
    ]
    lines = [f"### {escaped(f'rotate-deploy-key: {github.org}/{github.repo}')}", "", "| | |", "| --- | --- |"]
    lines += [f"| {label} | {escaped(text)} |" for label, text in rows if text]
    append_to_summary(console, environ, "\n".join([*lines, "", ""]))
