"""A write that gets no answer, and arrives only when the run is on its way back: no key in the cluster dies of it."""

from __future__ import annotations

import contextlib
from typing import Any

from cellenics_ci.deploykeys.calls import Call, PatchSecret
from cellenics_ci.errors import CallFailed
from cellenics_ci.run.outcome import Status
from tests.deploykeys.harness import assert_converged, ordered, run
from tests.deploykeys.memory import World, with_key
from tests.deploykeys.test_fault_product import number_of_calls


class Late:
    """The write at call `lost_at` gets no answer and arrives at `comes_at`; the run is asked to stop in between."""

    def __init__(self, lost_at: int, comes_at: int) -> None:
        self.lost_at, self.comes_at = lost_at, comes_at
        self.on_its_way: PatchSecret | None = None
        self.came = False

    def __call__(self, number: int, call: Call[Any], world: World) -> str:
        if number == self.lost_at and isinstance(call, PatchSecret):
            self.on_its_way = call
            return "before"
        if number == self.comes_at and self.on_its_way:
            self.came = True
            with contextlib.suppress(CallFailed):
                self.on_its_way.perform(world.ports())
        return "interrupt" if number == self.lost_at + 1 else ""


def test_a_write_of_the_secret_that_arrives_late_does_no_harm() -> None:
    begun = with_key()
    came = 0
    for lost_at in range(1, number_of_calls(begun.copy()) + 1):
        for comes_at in range(lost_at + 1, lost_at + 12):
            world, late = begun.copy(), Late(lost_at, comes_at)
            run(world, ordered(world), fault=late)
            came += late.came
            again = run(world, ordered(world), process="p2")
            assert again is not None and again.status is Status.ROTATED, (lost_at, comes_at, again)
            assert_converged(world)
    assert came > 10
