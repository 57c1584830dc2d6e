"""The plan of a retirement as people see it."""

from __future__ import annotations

from cellenics_ci.cli.views.retirement_plan import show_plan
from cellenics_ci.model.names import OrgName
from cellenics_ci.retirement.plan import Plan
from cellenics_ci.run.outcome import Outcome, Status
from tests.cli.views.making import CALLER, NOW, outcome, piped, shown


def told(*settled: Outcome) -> str:
    console = piped()
    plan = Plan(OrgName("acme"), "ada", CALLER, planned=(), settled=settled, left_out=())
    show_plan(console, plan, org_defaulted=False, show_ids=False, now=NOW, dry_run=True)
    return shown(console)


def test_a_repository_without_the_key_that_it_reads_is_not_among_those_with_nothing_to_do() -> None:
    cut_off = outcome(
        "api", Status.NEEDS_ATTENTION, reason="its key is inactive", next_step="cellenics retire-ci --undo api"
    )
    waiting = outcome("ui", Status.WAITING, reason="watched")
    text = told(waiting, cut_off)
    assert "nothing to do now" not in told(cut_off)
    loud, quiet = text.index("ACT NOW"), text.index("nothing to do now")
    assert loud < text.index("api: its key is inactive") < quiet < text.index("ui: watched")
