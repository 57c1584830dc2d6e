"""Short ways to a scene: a world, something that happens at a call, a run, and what is left of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.github import OlderRuns, WorkflowRun
from cellenics_ci.model.names import AccessKeyId
from cellenics_ci.model.scopes import ACTIONS, Scope
from cellenics_ci.model.tags import LOCK_TAG, KeyNote, Lock, lock_tags, read_notes
from cellenics_ci.rotation.calls import Call
from cellenics_ci.rotation.decide import Wishes
from cellenics_ci.rotation.order import Order
from cellenics_ci.rotation.protocol import rotate
from cellenics_ci.run.calls import drive
from cellenics_ci.run.host import Runner
from cellenics_ci.run.outcome import Outcome
from tests.rotation.harness import Fault, Watch, plan, run, worlds
from tests.rotation.harness import perform as perform_call
from tests.rotation.memory import World

HERE = (ACTIONS,)
NO_RUNS = OlderRuns((), None)


class Stage:
    """What happens at which call: the n-th (from 1) call of a kind, or each of them."""

    def __init__(self) -> None:
        self.calls: list[Call[Any]] = []
        self._acts: list[tuple[type[Call[Any]], int, Callable[[World], None], str]] = []

    def on(
        self, kind: type[Call[Any]], act: Callable[[World], None] | None = None, *, at: int = 0, fault: str = ""
    ) -> Stage:
        """Let `act` change the world, and `fault` befall the call, at the `at`-th call of a kind (0: at each)."""
        self._acts.append((kind, at, act or (lambda world: None), fault))
        return self

    def refuse(self, kind: type[Call[Any]], failure: Failure, *, at: int = 0) -> Stage:
        """Let a call be refused in a way of its own."""

        def act(world: World) -> None:
            raise CallFailed(failure, f"refused: {failure}")

        return self.on(kind, act, at=at)

    def __call__(self, number: int, call: Call[Any], world: World) -> str:
        self.calls.append(call)
        count = self.count(type(call))
        found = ""
        for kind, at, act, fault in self._acts:
            if isinstance(call, kind) and at in (0, count):
                act(world)
                found = found or fault
        return found

    def count(self, kind: type[Call[Any]]) -> int:
        """How often a kind of call was asked for."""
        return sum(isinstance(call, kind) for call in self.calls)

    def made(self, *kinds: type[Call[Any]]) -> list[Call[Any]]:
        """The calls of these kinds, in their order."""
        return [call for call in self.calls if isinstance(call, kinds)]


def world(start: str = "one key", scopes: tuple[Scope, ...] = HERE) -> World:
    """Return a starting point of the fault table."""
    return worlds(scopes)[start].copy()


def ordered(found: World, scopes: tuple[Scope, ...] = HERE, **wishes: Any) -> Order:
    """Plan, and have a plan."""
    order = plan(found, scopes, Wishes(**wishes))
    assert isinstance(order, Order), order
    return order


def rotated(
    found: World, fault: Fault | None = None, *, scopes: tuple[Scope, ...] = HERE, process: str = "p1", **wishes: Any
) -> Outcome:
    """Plan and run; the run has to come to an end."""
    return carried_out(found, ordered(found, scopes, **wishes), fault, process=process)


def carried_out(found: World, order: Order, fault: Fault | None = None, *, process: str = "p1") -> Outcome:
    """Carry out what was planned before; the run has to come to an end."""
    outcome = run(found, order, process=process, fault=fault)
    assert outcome is not None
    return outcome


class Blind(Watch):
    """Sees nothing: for scenes in which somebody else breaks the pair."""

    def before(self, call: Call[Any]) -> None:
        """Look at nothing."""

    def after(self, call: Call[Any], answer: object) -> None:
        """Look at nothing."""


def unwatched(found: World, fault: Fault, **wishes: Any) -> Outcome:
    """Plan and run where the scene itself breaks the pair, which the watch would blame the run for."""
    order, number = ordered(found, **wishes), 0

    def perform(call: Call[Any]) -> Any:
        nonlocal number
        number += not call.local
        kind = "" if call.local else fault(number, call, found)
        return perform_call(found, call, kind, Blind(found, order))

    return drive(rotate(order, Runner(run="run-p1", host="here", process="p1")), perform)


def again(found: World, *, scopes: tuple[Scope, ...] = HERE, after: float = 60, **wishes: Any) -> Outcome:
    """Run again a while later, undisturbed."""
    found.now_at += after
    found.stop_asked = False
    return rotated(found, scopes=scopes, process="p2", **wishes)


def notes(found: World) -> dict[AccessKeyId, KeyNote]:
    """Return what the user's tags say of its keys."""
    return read_notes(found.tags)[0]


def steal_lock(found: World) -> None:
    """Let another run write its lock over ours."""
    rival = Lock("rival", "elsewhere", "9.9", int(found.now_at), int(found.now_at) + 900)
    found.tags.update(lock_tags(rival))


def locked(found: World) -> bool:
    """Whether anybody's lock is there."""
    return LOCK_TAG in found.tags


def workflow_run(number: int = 7, status: str = "in_progress") -> WorkflowRun:
    """Return a run from before the delivery that has not ended."""
    return WorkflowRun(number, "deploy", status, 1.0, f"https://github.test/runs/{number}")
