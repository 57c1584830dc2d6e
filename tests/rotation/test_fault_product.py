"""Layer (b): at every call each kind of fault, over users and scopes; then the run again."""

from __future__ import annotations

from typing import Any

import pytest

from cellenics_ci.rotation.calls import Call
from cellenics_ci.rotation.order import Order
from cellenics_ci.run.outcome import Status
from tests.rotation.harness import SCOPE_SETS, assert_converged, plan, run, worlds
from tests.rotation.memory import World

KINDS = ("before", "after", "throttled", "denied", "interrupt", "crash", "crash-after")
WHOLE = ("actions",)
STRIDE = 3
STARTS = ("no user", "no key", "one key", "one tagged key", "two keys")


def ordered(world: World, scopes: Any) -> Order:
    order = plan(world, scopes)
    assert isinstance(order, Order), order
    return order


def number_of_calls(start: str, scopes: Any) -> int:
    counted = 0

    def count(number: int, call: Call[Any], world: World) -> str:
        nonlocal counted
        counted = number
        return ""

    world = worlds(scopes)[start].copy()
    run(world, ordered(world, scopes), fault=count)
    return counted


@pytest.mark.parametrize("scope_set", SCOPE_SETS)
@pytest.mark.parametrize("start", STARTS)
def test_an_undisturbed_run_ends_with_the_new_key_everywhere(start: str, scope_set: str) -> None:
    scopes = SCOPE_SETS[scope_set]
    world = worlds(scopes)[start].copy()
    before = set(world.key_store)
    outcome = run(world, ordered(world, scopes))
    assert outcome is not None and outcome.status is Status.ROTATED, outcome
    assert outcome.retirement_pending is None
    assert_converged(world, scopes)
    assert not before & set(world.key_store)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scope_set", SCOPE_SETS)
@pytest.mark.parametrize("start", STARTS)
def test_one_fault_at_any_call_is_repaired_by_the_next_run(start: str, scope_set: str, kind: str) -> None:
    scopes = SCOPE_SETS[scope_set]
    calls = range(1, number_of_calls(start, scopes) + 1)
    # Most scopes say the same: of theirs every third call, from another one for each kind; `make faults` tries all.
    some = calls if scope_set in WHOLE else calls[KINDS.index(kind) % STRIDE :: STRIDE]
    for at in some:
        world = worlds(scopes)[start].copy()
        had_pair = all(world.works(scope) for scope in scopes)

        def once(number: int, call: Call[Any], world: World, at: int = at) -> str:
            return kind if number == at else ""

        outcome = run(world, ordered(world, scopes), fault=once)
        where = f"{kind} at call {at}: {outcome}"
        if outcome is not None and outcome.status is not Status.NEEDS_ATTENTION and had_pair:
            assert all(world.works(scope) for scope in scopes), where
        world.stop_asked = False
        world.now_at += 60
        again = plan(world, scopes)
        assert isinstance(again, Order), (where, again)
        second = run(world, again, process="p2")
        assert second is not None and second.status is Status.ROTATED, (where, second)
        assert_converged(world, scopes)
