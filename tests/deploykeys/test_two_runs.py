"""Two runs at once: their calls in many orders, one of them taking the other over or dying; then a run alone."""

from __future__ import annotations

import random
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import pytest

from cellenics_ci.deploykeys.calls import Call
from cellenics_ci.deploykeys.outcome import KeyOutcome
from cellenics_ci.deploykeys.plan import Choices
from cellenics_ci.deploykeys.protocol import rotate
from cellenics_ci.errors import CallFailed
from cellenics_ci.run.host import Runner
from cellenics_ci.run.outcome import Status
from tests.deploykeys.harness import assert_converged, ordered, plan, run
from tests.deploykeys.memory import World, with_key
from tests.sampling import whole

WALKS = 400


@dataclass
class Walker:
    """One run, one call at a time."""

    name: str
    steps: Generator[Call[Any], Any, KeyOutcome]
    answer: Any = None
    failure: CallFailed | None = None
    outcome: KeyOutcome | None = None
    alive: bool = True

    def step(self, world: World) -> None:
        """Perform calls up to and with the next remote one."""
        while self.alive:
            try:
                call = self.steps.send(self.answer) if self.failure is None else self.steps.throw(self.failure)
            except StopIteration as ended:
                self.outcome, self.alive = ended.value, False
                return
            self.answer, self.failure = None, None
            try:
                self.answer = call.perform(world.ports())
            except CallFailed as failed:
                self.failure = failed
            if not call.local:
                return

    def crash(self, world: World) -> None:
        self.alive = False
        world.dead.add(self.name)


def walker(world: World, name: str, choices: Choices | None = None) -> Walker | None:
    order = plan(world, choices).order
    return Walker(name, rotate(order, Runner(f"run-{name}", "here", name))) if order else None


@pytest.mark.parametrize("takes_over", [False, whole(True)])
def test_two_runs_in_any_order_leave_one_key_that_works(takes_over: bool) -> None:
    chance = random.Random(2)
    seen = set()
    for _ in range(WALKS):
        world = with_key()
        others = {key.public for key in world.keys} - world.ever
        first = walker(world, "p1")
        assert first is not None
        second = None if takes_over else walker(world, "p2")
        comes_at, dies_at = chance.randrange(18), chance.randrange(40)
        walked = ""
        for moment in range(200):
            if takes_over and second is None and moment >= comes_at:
                second = walker(world, "p2", Choices(take_over=True))
            going = [each for each in (first, second) if each and each.alive]
            if not going:
                break
            one = chance.choice(going)
            if moment == dies_at:
                one.crash(world)
                continue
            one.step(world)
            walked += one.name[1]
            assert world.works(), f"the cluster holds a key that GitHub does not accept, after {walked}"
            assert {key.public for key in world.keys} >= others
        ends = [each.outcome for each in (first, second) if each and each.outcome]
        seen |= {end.status for end in ends}
        for each in (first, second):
            if each is not None:
                world.dead.add(each.name)
        again = run(world, ordered(world), process="p3")
        assert again is not None and again.status is Status.ROTATED, (walked, ends, again)
        assert_converged(world)
    assert {Status.ROTATED, Status.SKIPPED} <= seen


def test_two_runs_at_the_same_instant_do_not_both_step_back() -> None:
    world = with_key()
    first, second = walker(world, "p1"), walker(world, "p2")
    assert first and second
    while first.alive or second.alive:
        for each in (first, second):
            if each.alive:
                each.step(world)
    assert first.outcome and second.outcome
    assert {first.outcome.status, second.outcome.status} == {Status.ROTATED, Status.SKIPPED}
    assert_converged(world)
