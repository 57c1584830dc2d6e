"""The plan on a terminal: where, what, which key and why, and what has to be known before saying yes."""

from __future__ import annotations

from rich.console import Console

from cellenics_ci.cli.views.console import heading, point, stacked, table, words
from cellenics_ci.cli.views.left_out import show_left_out
from cellenics_ci.cli.views.plan_head import show_head
from cellenics_ci.cli.views.plan_rows import EXPLAINED, changes, key_line, leaving, outage, places
from cellenics_ci.cli.views.policy_diff import show_policy_diff
from cellenics_ci.cli.views.wording import counted, repositories
from cellenics_ci.model.moments import span_text
from cellenics_ci.rotation.order import Mode
from cellenics_ci.rotation.plan import Plan


def show_plan(
    console: Console, plan: Plan, *, org_defaulted: bool, show_ids: bool, diff: bool, now: float, dry_run: bool
) -> None:
    """Show a plan. `now` (UTC epoch seconds) is what keys' ages are told by; `diff`: policies in full."""
    _show_header(console, plan, org_defaulted=org_defaulted, dry_run=dry_run)
    if plan.planned:
        _show_table(console, plan, show_ids=show_ids, now=now)
    else:
        heading(console, "There is nothing to rotate.")
    if diff:
        for planned in plan.planned:
            show_policy_diff(console, planned.repo, planned.comparison)
    _show_consents(console, plan)
    _show_outages(console, plan)
    warned = [(each.repo, warning) for each in plan.planned for warning in each.warnings]
    if warned:
        heading(console, "Warnings", "bold yellow")
    for repo, warning in warned:
        point(console, repo, warning)
    if plan.notes:
        heading(console, "Also to be known")
    for note in plan.notes:
        point(console, "", note)
    show_left_out(console, plan.left_out)
    console.print()


def _show_header(console: Console, plan: Plan, *, org_defaulted: bool, dry_run: bool) -> None:
    writes = (
        f"{counted(plan.writes, 'secret')}, about {span_text(plan.seconds)} if no run has to be waited for"
        if plan.writes
        else "none"
    )
    show_head(
        console,
        f"Plan: {repositories(len(plan.planned))} to work on",
        caller=plan.caller,
        org=plan.org,
        login=plan.login,
        org_defaulted=org_defaulted,
        dry_run=dry_run,
        more=(
            ("Repositories there", str(plan.repositories)),
            ("AWS region", f"{plan.region} (where a file names none)"),
            ("GitHub writes", writes),
        ),
    )


def _show_table(console: Console, plan: Plan, *, show_ids: bool, now: float) -> None:
    console.print()
    made = table(console, "Repository", "What changes", "Secrets go to", "Key that goes")
    for planned in plan.planned:
        loud = planned.order.mode is Mode.COMPROMISED or bool(planned.consents)
        keys = [key_line(planned, key, why, now, show_ids=show_ids) for key, why in leaving(planned)]
        made.add_row(
            words(planned.repo, "bold red" if loud else "bold"),
            stacked(changes(planned, show_ids=show_ids)),
            stacked(places(planned)),
            stacked("\n".join(keys).splitlines()),
        )
    console.print(made)
    if any(planned.comparison.drifted for planned in plan.planned):
        console.print(words("policies: + added, ~ changed, - removed (--diff shows them)"))


def _show_consents(console: Console, plan: Plan) -> None:
    asked = [(each.repo, consent) for each in plan.planned for consent in each.consents]
    if not asked:
        return
    heading(console, "These want their repository's name typed, --yes is not enough", "bold red")
    for repo, consent in asked:
        point(console, repo, EXPLAINED[consent], style="red")


def _show_outages(console: Console, plan: Plan) -> None:
    broken = [(each.repo, outage(each)) for each in plan.planned if outage(each)]
    if broken:
        heading(console, "Outages", "bold red")
    for repo, sentence in broken:
        point(console, repo, sentence, style="bold red")
