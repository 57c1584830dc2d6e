"""Drives the protocol of a deploy key against the in-memory world, with faults, and watches what must always hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cellenics_ci.deploykeys.calls import AddKey, Call, DeleteKey, ListKeys, Prove, ReadSecret
from cellenics_ci.deploykeys.order import Order
from cellenics_ci.deploykeys.outcome import KeyOutcome
from cellenics_ci.deploykeys.plan import Choices, KeyPlan, make_plan
from cellenics_ci.deploykeys.ports import Ports
from cellenics_ci.deploykeys.protocol import rotate
from cellenics_ci.errors import CallFailed, Failure, Interrupted
from cellenics_ci.run.calls import drive
from cellenics_ci.run.host import Runner
from tests.deploykeys.memory import World


class Crash(BaseException):
    """kill -9: nothing of the run happens any more."""


Fault = Callable[[int, Call[Any], World], str]
"""What happens at the n-th remote call: "", or one of "before", "after" (the effect), "throttled", "denied", "invalid",
"interrupt", "crash", "crash-after", "unreachable" (its side from now on), "absent" (a 404 for a Secret that is there).
It may also change the world itself."""


def plan(world: World, choices: Choices | None = None) -> KeyPlan:
    return make_plan(world.survey(), choices or Choices(), world.owner_gone)


def ordered(world: World, choices: Choices | None = None) -> Order:
    made = plan(world, choices)
    assert made.order is not None, made
    return made.order


def side_of(call: Call[Any]) -> str:
    return "ssh" if isinstance(call, Prove) else "github" if isinstance(call, AddKey | DeleteKey | ListKeys) else "k8s"


@dataclass(slots=True)
class Watch:
    """At every instant: a cluster that could fetch can fetch, and nobody else's key is touched."""

    world: World
    worked: bool
    others: set[Any]
    rights: set[bool]
    had_none: bool
    """Whether the cluster had no key at all: then a run that is taken back leaves it without one."""
    excused: bool = False

    def look(self, call: Call[Any]) -> None:
        world = self.world
        assert {key.public for key in world.keys} >= self.others, f"a stranger's key is gone after {call}"
        self.worked = self.worked or world.works()
        held = world.held()
        if not self.worked or self.excused or (self.had_none and not held.has_identity):
            return
        assert world.works(), f"the cluster holds a key that GitHub does not accept, after {call}"
        key = world.listed(held.public)
        assert key is not None and key.read_only in self.rights, f"a right that nobody asked for, after {call}"


def run(
    world: World,
    order: Order,
    *,
    process: str = "p1",
    fault: Fault | None = None,
    excused: bool = False,
) -> KeyOutcome | None:
    """Carry an order out; None after a crash. `excused`: the weather takes keys away, so the cluster may lose its."""
    here = world.listed(world.held().public)
    rights = {order.read_only} | ({here.read_only} if here else set()) | ({order.old.read_only} if order.old else set())
    others = {key.public for key in world.keys} - world.ever
    watch = Watch(world, world.works(), others, rights, not world.held().has_identity, excused)
    number = 0
    stopping = False

    def perform(call: Call[Any]) -> Any:
        nonlocal number, stopping
        if call.local:
            return call.perform(world.ports())
        number += 1
        kind = fault(number, call, world) if fault else ""
        if kind == "interrupt" and not stopping:
            stopping = True
            raise Interrupted
        try:
            return performed(world, call, kind, world.ports())
        finally:
            watch.look(call)

    try:
        outcome = drive(rotate(order, Runner(f"run-{process}", "here", process)), perform)
    except Crash:
        outcome = None
    world.dead.add(process)
    world.unreachable.clear()
    return outcome


def performed(world: World, call: Call[Any], kind: str, ports: Ports) -> Any:
    """Perform a call with a kind of fault, "" for none."""
    if kind == "unreachable":
        world.unreachable.add(side_of(call))
    if side_of(call) in world.unreachable or kind == "before":
        raise CallFailed(Failure.UNKNOWN, f"no answer to {type(call).__name__}")
    if kind == "absent" and isinstance(call, ReadSecret):
        return None
    if kind == "crash":
        raise Crash
    if kind in ("denied", "throttled", "invalid"):
        raise CallFailed(Failure[kind.upper()], f"{kind} {type(call).__name__}")
    answer = call.perform(ports)
    if kind == "after":
        raise CallFailed(Failure.UNKNOWN, f"lost answer to {type(call).__name__}")
    if kind == "crash-after":
        raise Crash
    return answer


def assert_converged(world: World) -> None:
    """Exactly one deploy key of this cluster is left, it is the one that the Secret holds, and nothing else is."""
    held = world.held()
    assert held.public is not None and world.works()
    mine = [key.public for key in world.keys if key.public in world.ever]
    assert mine == [held.public], f"{len(mine)} keys of this cluster are left"
    assert world.secret is not None
    assert not held.has_previous and held.claim is None, world.secret.annotations
    assert set(world.secret.data) == {"identity", "identity.pub", "known_hosts"}
    assert not [key for key in world.secret.annotations if key.startswith("cellenics-ci/")]
