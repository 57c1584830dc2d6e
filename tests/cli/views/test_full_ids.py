"""With --show-ids no key is named in short, wherever a text names it."""

from __future__ import annotations

from dataclasses import replace

from cellenics_ci.cli.views.full_ids import FullIds, outcomes_in_full
from cellenics_ci.model.names import AccessKeyId, RepoName
from cellenics_ci.rotation.ground import Ground
from cellenics_ci.run.outcome import LeftOut, Outcome, Status
from tests.cli.views.making import plan, planned

OLD, NEW = AccessKeyId("AKIAIOSFODNN7EXAMOLD"), AccessKeyId("AKIAIOSFODNN7EXAMNEW")
API = RepoName("api")


def test_reasons_remedies_and_warnings_of_a_plan_name_keys_in_full() -> None:
    each = planned("ui", warnings=("inactive key left over: AKIA…MOLD",))
    order = replace(each.order, ground=Ground(make_room=OLD, why="dates agree that AKIA…MNEW is in use"))
    left = LeftOut(API, "the dates point to AKIA…MOLD", "rotate-ci api --retire AKIA…MOLD or --retire AKIA…MNEW")
    told = FullIds([OLD, NEW]).plan(plan(replace(each, order=order), left_out=(left,)))
    (shown,) = told.planned
    assert shown.warnings == (f"inactive key left over: {OLD}",)
    assert shown.order.ground == Ground(make_room=OLD, why=f"dates agree that {NEW} is in use")
    (out,) = told.left_out
    assert (out.reason, out.remedy) == (
        f"the dates point to {OLD}",
        f"rotate-ci api --retire {OLD} or --retire {NEW}",
    )


def test_outcomes_name_keys_in_full_that_were_there_and_that_were_made() -> None:
    pending = "AKIA…MOLD is still there: the new key AKIA…MNEW is inactive"
    made = Outcome(API, Status.ROTATED, "by AKIA…MNEW", "delete AKIA…MOLD", live_key=NEW, retirement_pending=pending)
    (told,) = outcomes_in_full([made], [OLD])
    assert told.reason == f"by {NEW}"
    assert told.next_step == f"delete {OLD}"
    assert told.retirement_pending == f"{OLD} is still there: the new key {NEW} is inactive"
    (none,) = outcomes_in_full([Outcome(API, Status.UNCHANGED)], [])
    assert none.retirement_pending is None


def test_two_keys_that_look_alike_in_short_stay_short() -> None:
    twin = AccessKeyId("AKIA00000000000MMOLD")
    assert FullIds([OLD, twin, NEW]).text("AKIA…MOLD, AKIA…MNEW") == f"AKIA…MOLD, {NEW}"
