"""A scope that is declared while an earlier delivery's old key is still there: that key may be all it has."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from cellenics_ci.errors import Failure
from cellenics_ci.model.github import OlderRuns
from cellenics_ci.model.names import AccessKeyId
from cellenics_ci.model.scopes import ACTIONS, DEPENDABOT
from cellenics_ci.rotation.calls import Call, CreateKey, ReadRuns, WriteSecret
from cellenics_ci.rotation.decide import Wishes
from cellenics_ci.rotation.order import Mode, Order
from cellenics_ci.run.outcome import LeftOut, Status
from tests.rotation import scenes
from tests.rotation.harness import STAGING, assert_converged, plan, run
from tests.rotation.memory import World
from tests.rotation.scenes import NO_RUNS, again, ordered, rotated, workflow_run, world
from tests.rotation.test_fault_product import KINDS
from tests.sampling import whole

OLD = AccessKeyId(f"AKIA{1:016d}")
BOTH = (ACTIONS, STAGING)
DAY = 86_400.0
NIGHTLY: dict[str, Any] = {"max_age": 60 * DAY}


def waiting() -> World:
    """A run holds the old key's retirement up; staging has a pair of that key, which nobody had declared."""
    found = world()
    found.store(STAGING, OLD, age=80 * DAY)
    found.runs = OlderRuns((workflow_run(),), None)
    assert rotated(found, wait=0).retirement_pending
    found.runs = NO_RUNS
    found.now_at += 3600
    return found


def dead() -> World:
    """The run died after its last write, before it could note that the new key is live."""
    found = world()
    found.store(STAGING, OLD, age=80 * DAY)
    run(found, ordered(found), fault=scenes.Stage().on(WriteSecret, at=2, fault="crash-after"))
    found.now_at += 3600
    return found


def test_an_old_key_that_waits_goes_only_with_an_outage_that_is_announced() -> None:
    found = waiting()
    made = ordered(found, BOTH, **NIGHTLY)
    assert (made.mode, made.ground.finish, made.ground.outage) == (Mode.ROTATE, OLD, (STAGING,))
    assert again(found, scopes=BOTH, **NIGHTLY).status is Status.ROTATED
    assert_converged(found, BOTH)


def test_finishing_alone_would_leave_the_scope_without_a_key_and_is_refused() -> None:
    found = waiting()
    refused = plan(found, BOTH, Wishes(mode=Mode.FINISH))
    assert isinstance(refused, LeftOut)
    assert refused.fault
    assert "environment staging was declared after the last delivery and may hold it" in refused.reason


def test_a_run_that_still_waits_for_the_old_key_leaves_the_scope_its_pair() -> None:
    found = waiting()
    found.runs = OlderRuns((workflow_run(),), None)
    outcome = again(found, scopes=BOTH, wait=0, **NIGHTLY)
    assert (outcome.status, found.works(STAGING), found.works(ACTIONS)) == (Status.UNCHANGED, True, True)
    assert outcome.retirement_pending
    assert "no new key yet" in outcome.reason
    assert outcome.live_key == found.holder(ACTIONS)


def test_a_pair_from_before_the_old_key_can_not_be_its_and_is_no_outage() -> None:
    found = waiting()
    found.store(STAGING, OLD, age=400 * DAY)
    assert ordered(found, BOTH, **NIGHTLY).ground.outage == ()
    assert plan(found, BOTH, Wishes(mode=Mode.FINISH)) is not None


def test_what_a_dead_run_delivered_is_noted_and_the_old_key_stays_for_the_new_scope() -> None:
    found = dead()
    outcome = again(found, scopes=BOTH, **NIGHTLY)
    assert outcome.status is Status.ROTATED
    assert "environment staging may hold it" in (outcome.retirement_pending or "")
    assert found.works(STAGING) and found.works(ACTIONS)
    assert again(found, scopes=BOTH, **NIGHTLY).retirement_pending is None
    assert_converged(found, BOTH)


def test_a_young_key_is_replaced_where_a_scope_declared_since_holds_another_pair() -> None:
    found = world("one tagged key")
    other = found.add_key(age=30 * DAY)
    found.store(STAGING, other, age=20 * DAY)
    del found.key_store[other]
    assert rotated(found, scopes=BOTH, **NIGHTLY).status is Status.ROTATED
    assert_converged(found, BOTH)


@pytest.mark.parametrize("fault", ["denied", "crash"])
def test_a_scope_that_a_run_could_not_give_its_new_key_is_remembered(fault: str) -> None:
    found = waiting()
    run(found, ordered(found, BOTH, **NIGHTLY), fault=scenes.Stage().on(CreateKey, fault=fault))
    assert OLD not in found.key_store and not found.works(STAGING)
    found.now_at += DAY
    assert ordered(found, BOTH, mode=Mode.FINISH).ground.outage == (STAGING,)
    refused = rotated(found, scenes.Stage().refuse(CreateKey, Failure.DENIED), scopes=BOTH, **NIGHTLY)
    assert refused.status is Status.NEEDS_ATTENTION
    assert again(found, scopes=BOTH, mode=Mode.FINISH).status is Status.ROTATED
    assert_converged(found, BOTH)


def test_the_scopes_own_use_of_the_old_key_does_not_hold_its_replacement_up() -> None:
    found = waiting()
    found.key_store[OLD].used_at = found.now_at - 60
    assert again(found, scopes=BOTH, **NIGHTLY).status is Status.ROTATED
    assert_converged(found, BOTH)


def test_a_run_of_the_new_scope_is_waited_for_whenever_it_began() -> None:
    found = waiting()
    stage = scenes.Stage()
    rotated(found, stage, scopes=BOTH, **NIGHTLY)
    first = stage.made(ReadRuns)[0]
    assert isinstance(first, ReadRuns)
    assert first.created_before > found.now_at - 60


def test_an_old_key_that_a_person_gives_up_takes_a_pair_only_with_an_announcement() -> None:
    found = waiting()
    assert ordered(found, BOTH, retire=(OLD,)).ground.outage == (STAGING,)
    assert again(found, scopes=BOTH, retire=(OLD,)).status is Status.ROTATED
    assert_converged(found, BOTH)


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_scope_declared_since_speaks_for_the_old_key_of_a_half_delivery(at: int) -> None:
    found = world(scopes=BOTH)
    found.store(DEPENDABOT, OLD, age=80 * DAY)
    run(found, ordered(found, BOTH), fault=scenes.Stage().on(WriteSecret, at=at, fault="crash-after"))
    found.now_at += 3600
    everywhere = (*BOTH, DEPENDABOT)
    ground = ordered(found, everywhere).ground
    assert (ground.retire, DEPENDABOT in ground.outage) == (OLD, False)
    assert again(found, scopes=everywhere).status is Status.ROTATED
    assert_converged(found, everywhere)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("begin", [waiting, dead])
@pytest.mark.parametrize("stride", [3, whole(1)])
def test_one_fault_at_any_call_breaks_nothing_that_was_not_announced(begin: Any, kind: str, stride: int) -> None:
    first = begin()
    # From another call on for each kind, so that the few of every day reach all of them.
    for number in count(1 + KINDS.index(kind) % stride, stride):
        found, reached = first.copy(), False

        def once(at: int, call: Call[Any], world: World, wanted: int = number) -> str:
            nonlocal reached
            reached = reached or at == wanted
            return kind if at == wanted else ""

        run(found, ordered(found, BOTH, **NIGHTLY), fault=once)
        if not reached:
            return
        for night in range(2):
            found.now_at, found.stop_asked = found.now_at + DAY, False
            order = plan(found, BOTH, Wishes(**NIGHTLY))
            if isinstance(order, Order):
                run(found, order, process=f"night{night}")
        assert all(map(found.works, BOTH))
        # A note of a key that is gone may be left: nothing to get up for at night, and gone with the next rotation.
        again(found, scopes=BOTH)
        assert_converged(found, BOTH)
