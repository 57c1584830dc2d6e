"""Two faults one after the other: a run is killed, the one that repairs it is hit too, and the third sets all right."""

from __future__ import annotations

import random
from typing import Any, Final

import pytest

from cellenics_ci.rotation.calls import Call
from cellenics_ci.rotation.order import Order
from cellenics_ci.run.outcome import Status
from tests.rotation.harness import SCOPE_SETS, Fault, assert_converged, plan, run, worlds
from tests.rotation.memory import World

STARTS: Final = ("no user", "no key", "one key", "one tagged key", "two keys")
KINDS: Final = ("before", "after", "throttled", "denied", "interrupt", "crash", "crash-after")
SAMPLES: Final = 15
"""Pairs of faults for each start and each set of scopes; there are some 230,000 altogether."""
SEED: Final = 20261122


def at_call(wanted: int, kind: str) -> Fault:
    """Return the fault of a kind at one call."""

    def fault(number: int, call: Call[Any], world: World) -> str:
        return kind if number == wanted else ""

    return fault


def ordered(world: World, scopes: Any, where: str) -> Order:
    order = plan(world, scopes)
    assert isinstance(order, Order), f"{where}: {order}"
    return order


def number_of_calls(world: World, order: Order) -> int:
    counted = 0

    def count(number: int, call: Call[Any], world: World) -> str:
        nonlocal counted
        counted = number
        return ""

    run(world.copy(), order, process="counting", fault=count)
    return counted


@pytest.mark.parametrize("scope_set", SCOPE_SETS)
@pytest.mark.parametrize("start", STARTS)
def test_a_run_after_two_that_failed_converges(start: str, scope_set: str) -> None:
    scopes = SCOPE_SETS[scope_set]
    begin = worlds(scopes)[start]
    order = ordered(begin, scopes, start)
    calls = number_of_calls(begin, order)
    choose = random.Random(f"{SEED} {start} {scope_set}")
    for _ in range(SAMPLES):
        world = begin.copy()
        first = choose.randint(1, calls)
        assert run(world, order, process="p1", fault=at_call(first, "crash")) is None
        # Either the owner is known to be dead, or its lock has to run out.
        if choose.random() < 0.3:
            world.dead.discard("p1")
            world.now_at += 900
        world.now_at += 60
        where = f"crash before call {first}"
        repair = ordered(world, scopes, where)
        second, kind = choose.randint(1, number_of_calls(world, repair)), choose.choice(KINDS)
        outcome = run(world, repair, process="p2", fault=at_call(second, kind))
        where += f", {kind} at call {second} of the next run: {outcome}"
        world.stop_asked = False
        world.now_at += 60
        last = run(world, ordered(world, scopes, where), process="p3")
        assert last is not None, where
        assert last.status is Status.ROTATED, (where, last)
        assert last.retirement_pending is None, (where, last)
        assert_converged(world, scopes)
