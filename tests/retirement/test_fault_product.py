"""At every call each kind of fault, over starts and scopes; then runs on a schedule, or an undo."""

from __future__ import annotations

from typing import Any

import pytest

from cellenics_ci.model.retirement_tag import Phase
from cellenics_ci.model.tags import LOCK_TAG
from cellenics_ci.retirement.calls import Call
from cellenics_ci.retirement.decide import Wishes
from cellenics_ci.retirement.order import Order
from cellenics_ci.run.outcome import LeftOut, Status
from tests.retirement.harness import assert_gone, phase, plan, retire_on, run, step, worlds
from tests.retirement.memory import World
from tests.rotation.harness import SCOPE_SETS
from tests.rotation.harness import plan as plan_rotation

KINDS = ("denied", "after", "interrupt", "crash", "crash-after")
"""A call without an effect ends a run in the same way, whatever it is called: one kind stands for them all."""
STARTS = (
    "no key",
    "used lately",
    "unused",
    "two keys",
    "archived",
    "no repository",
    "watched",
    "soaked",
    "deleting halfway",
)
SCOPES = SCOPE_SETS["all"]


def ordered(world: World, **wishes: Any) -> Order:
    order = plan(world, SCOPES, Wishes(**wishes))
    assert isinstance(order, Order), order
    return order


def number_of_calls(start: str, **wishes: Any) -> int:
    counted = 0

    def count(number: int, call: Call[Any], world: World) -> str:
        nonlocal counted
        counted = number
        return ""

    world = worlds(SCOPES)[start].copy()
    run(world, ordered(world, **wishes), fault=count)
    return counted


@pytest.mark.parametrize("start", [*STARTS, "watching", "soaking"])
def test_runs_on_a_schedule_end_with_nothing_left(start: str) -> None:
    world = worlds(SCOPES)[start].copy()
    outcomes = retire_on(world, SCOPES)
    assert outcomes[-1].status is Status.RETIRED
    assert {outcome.status for outcome in outcomes[:-1]} <= {Status.WAITING}
    assert_gone(world, SCOPES)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("start", "now"), [*((start, False) for start in STARTS), ("unused", True), ("archived", True)]
)
def test_one_fault_at_any_call_is_repaired_by_the_next_runs(start: str, now: bool, kind: str) -> None:
    starts = worlds(SCOPES)
    for at in range(1, number_of_calls(start, now=now) + 1):
        world = starts[start].copy()

        def once(number: int, call: Call[Any], world: World, at: int = at) -> str:
            return kind if number == at else ""

        outcome = run(world, ordered(world, now=now), fault=once)
        where = f"{kind} at call {at}: {outcome}"
        assert outcome is None or outcome.status is not Status.NEEDS_ATTENTION, where
        world.stop_asked = False
        world.now_at += 60
        retire_on(world, SCOPES)
        try:
            assert_gone(world, SCOPES)
        except AssertionError as problem:
            raise AssertionError(f"{where}: {problem}") from None


@pytest.mark.parametrize("start", ["unused", "two keys", "watched", "soaked", "deleting halfway"])
@pytest.mark.parametrize("kind", ["crash-after", "denied"])
def test_an_undo_after_a_fault_at_any_call_gives_back_every_key_that_is_there(start: str, kind: str) -> None:
    starts = worlds(SCOPES)
    for at in range(1, number_of_calls(start) + 1):
        world = starts[start].copy()
        before = {key for key, value in worlds(SCOPES)["unused"].key_store.items() if value.active}

        def once(number: int, call: Call[Any], world: World, at: int = at) -> str:
            return kind if number == at else ""

        run(world, ordered(world), fault=once)
        world.now_at += 1000
        if not world.exists or phase(world) is None:
            continue
        outcome = step(world, SCOPES, undo=True)
        assert outcome.status is Status.RESTORED, (at, outcome)
        there = before & world.key_store.keys()
        assert all(world.key_store[key].active for key in there), (at, outcome)
        assert phase(world) is Phase.KEPT
        assert LOCK_TAG not in world.tags
        # Nothing stands in a rotation's way any more, and no schedule begins the retirement anew.
        assert not isinstance(left := plan_rotation(world, SCOPES), LeftOut) or "retired" not in left.reason
        assert isinstance(plan(world, SCOPES, named=False), LeftOut)
