"""Two runs at once in memory, a retirement against another or against a rotation, on random paths with a fixed seed.

At each step one of the runs makes its next call, or time passes until a wait is over; now and then a run is killed,
somebody pushes a workflow that reads the key, or a key is made active by hand.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cellenics_ci.errors import CallFailed
from cellenics_ci.retirement.decide import Wishes
from cellenics_ci.retirement.order import Order
from cellenics_ci.retirement.protocol import retire
from cellenics_ci.rotation.decide import Wishes as RotationWishes
from cellenics_ci.rotation.order import Order as RotationOrder
from cellenics_ci.rotation.protocol import rotate
from cellenics_ci.run.host import Runner
from cellenics_ci.run.host_calls import Wait
from cellenics_ci.run.outcome import Outcome
from tests.retirement.harness import Watch, plan
from tests.retirement.memory import READS, World
from tests.rotation.harness import SCOPE_SETS
from tests.rotation.harness import plan as plan_rotation

SCOPES = SCOPE_SETS["actions"]


@dataclass(slots=True)
class Actor:
    """One run. `steps` is None before it has planned; `wake`: it waits until then."""

    name: str
    retires: bool
    wishes: Wishes = field(default_factory=Wishes)
    steps: Any = None
    call: Any = None
    wake: float = 0.0
    watch: Watch | None = None
    over: bool = False
    outcome: Outcome | None = None

    def begin(self, world: World) -> None:
        """Look and plan."""
        runner = Runner(f"run-{self.name}", "here", self.name)
        if not world.exists and self.retires:
            self.end(world)
            return
        if self.retires:
            order = plan(world, SCOPES, self.wishes)
            if isinstance(order, Order):
                self.watch = Watch(world, order, own=frozenset(key.id for key in order.seen.keys))
                self.steps = retire(order, runner)
        else:
            wanted = plan_rotation(world, SCOPES, RotationWishes(settle=3.0))
            if isinstance(wanted, RotationOrder):
                self.steps = rotate(wanted, runner)
        if self.steps is None:
            self.end(world)
        else:
            self._go(world, lambda: next(self.steps))

    def act(self, world: World) -> None:
        """Make one call."""
        if self.steps is None:
            self.begin(world)
            return
        call = self.call
        if isinstance(call, Wait) and self.wake == 0.0 and call.seconds > 0:
            self.wake = world.now_at + call.seconds
            return
        self.wake = 0.0
        if isinstance(call, Wait):
            self._go(world, lambda: self.steps.send(None))
            return
        try:
            if self.watch is not None:
                self.watch.before(call)
            answer = call.perform(world.retirement_ports() if self.retires else world.ports())
            if self.watch is not None:
                self.watch.after(call, answer)
        except CallFailed as failed:
            problem = failed
            self._go(world, lambda: self.steps.throw(problem))
            return
        self._go(world, lambda: self.steps.send(answer))

    def finish(self, world: World) -> None:
        """Go on alone to the end."""
        while not self.over:
            world.now_at = max(world.now_at, self.wake)
            self.act(world)

    def end(self, world: World) -> None:
        """Nothing of it happens any more."""
        self.over = True
        world.dead.add(self.name)

    def _go(self, world: World, on: Callable[[], Any]) -> None:
        try:
            self.call = on()
        except StopIteration as ended:
            self.outcome = ended.value
            self.end(world)


def walk(
    start: World, actors: Callable[[], tuple[Actor, ...]], *, walks: int, seed: int, push: bool = False
) -> tuple[Counter[str], list[World]]:
    """Follow so many random paths to their ends; returns how runs ended, and the worlds that they left."""
    choose = random.Random(seed)
    counts: Counter[str] = Counter()
    ends: list[World] = []
    for _ in range(walks):
        world, runs = start.copy(), actors()
        pushed_at = choose.randrange(60) if push else -1
        for moment in range(10_000):
            if moment == pushed_at:
                world.workflow = READS
            alive = [each for each in runs if not each.over]
            if not alive:
                break
            ready = [each for each in alive if each.wake <= world.now_at]
            if not ready or (len(ready) < len(alive) and choose.random() < 0.2):
                world.now_at = min(each.wake for each in alive if each.wake > world.now_at)
                continue
            one = choose.choice(ready)
            if choose.random() < 0.01:
                counts["killed"] += 1
                one.end(world)
            else:
                one.act(world)
        counts.update(each.outcome.status.value for each in runs if each.outcome is not None)
        ends.append(world)
    return counts, ends
