"""Layer (a): two runs over every interleaving of their calls, a crash anywhere, then a run alone.

A generator can't be copied, so a run is its history: what it was answered so far. To go on from a state the
history is replayed. Two paths that lead to the same world, and to runs at the same places with the same local
variables, are one state.

Time is logical. A call takes none; only waiting lets time pass, and while one run waits the other may stall for
as long. So every stall between two calls is there, but none within the short step from a look at the clock to the
call after it: that is the assumption which docs/security-model.md states.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import Any

from cellenics_ci.errors import CallFailed
from cellenics_ci.model.keys import KeyPair
from cellenics_ci.model.scopes import Scope
from cellenics_ci.rotation.calls import Call, Wait, WriteSecret
from cellenics_ci.rotation.decide import Wishes
from cellenics_ci.rotation.order import Order, Work
from cellenics_ci.rotation.protocol import rotate
from cellenics_ci.run.host import Runner
from cellenics_ci.run.outcome import LeftOut, Outcome
from tests.rotation.harness import Watch, assert_converged, plan, run
from tests.rotation.memory import World


@dataclass(frozen=True, slots=True)
class Reply:
    """What a run was answered: a value, or a failure."""

    value: Any = None
    failure: CallFailed | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One run at one moment. `wake`: it waits until then.

    `digest` stands for where it is and what it knows, `ordered` for its order.
    """

    name: str
    wishes: Wishes
    order: Order | None = None
    history: tuple[Reply, ...] = ()
    ordered: int = 0
    digest: int = 0
    wake: float | None = None
    writing: bool = False
    over: bool = False


@dataclass(slots=True)
class Count:
    """What an exploration has seen."""

    states: int = 0
    ends: int = 0
    crashed_ends: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class State:
    """The world, the two runs, the crashes that may still happen, and the scopes that nobody answers for."""

    world: World
    runs: tuple[Run, ...]
    crashes: int
    forgiven: frozenset[Scope] = frozenset()
    path: tuple[Any, str] | None = None
    """How this state was come to, last step first: for people, when an assertion fails."""

    def story(self) -> str:
        """Return the steps that led here, one a line."""
        lines: list[str] = []
        link = self.path
        while link:
            link, line = link
            lines.append(line)
        return "\n".join(reversed(lines))

    def key(self) -> tuple[object, ...]:
        """Return what makes two states the same."""
        runs = tuple((r.digest, r.wake, r.writing, r.over, r.ordered) for r in self.runs)
        return (self.world.fingerprint(), runs, self.crashes, self.forgiven)


Judge = Callable[[State], None]


def explore(world: World, scopes: tuple[Scope, ...], wishes: tuple[Wishes, ...], *, crashes: int = 1) -> Count:
    """Visit every state that can be reached, and assert the invariants in each and after each end."""
    runs = tuple(Run(f"p{number}", wish) for number, wish in enumerate(wishes))
    count = Count()
    seen: set[int] = set()
    converged: set[int] = set()
    had = frozenset(scope for scope in scopes if world.works(scope))
    stack = [State(world.copy(), runs, crashes)]
    while stack:
        state = stack.pop()
        mark = hash(state.key())
        if mark in seen:
            continue
        seen.add(mark)
        count.states += 1
        _assert_pairs(state, scopes, had)
        if not _ended(state, scopes, crashes, count, converged):
            stack += _next_states(state, scopes, count)
    return count


def walk(
    world: World, scopes: tuple[Scope, ...], wishes: tuple[Wishes, ...], *, crashes: int, walks: int, seed: int
) -> Count:
    """Follow so many random paths from the start to an end: for what is too large to be visited whole."""
    choose = random.Random(seed)
    runs = tuple(Run(f"p{number}", wish) for number, wish in enumerate(wishes))
    count = Count()
    had = frozenset(scope for scope in scopes if world.works(scope))
    for _ in range(walks):
        state = State(world.copy(), runs, crashes)
        while not _ended(state, scopes, crashes, count, set()):
            # A crash is one choice among three at every step: taken as often, most paths would end before the middle.
            found = _next_states(state, scopes, count)
            alive = [each for each in found if each.crashes == state.crashes]
            state = choose.choice(found if choose.random() < 0.05 or not alive else alive)
            count.states += 1
            _assert_pairs(state, scopes, had)
    return count


def _ended(state: State, scopes: tuple[Scope, ...], crashes: int, count: Count, converged: set[int]) -> bool:
    if not all(each.over for each in state.runs):
        return False
    count.ends += 1
    count.crashed_ends += state.crashes < crashes
    end = hash(state.world.fingerprint())
    if end not in converged:
        converged.add(end)
        _assert_next_run_converges(state, scopes)
    return True


def _next_states(state: State, scopes: tuple[Scope, ...], count: Count) -> list[State]:
    found: list[State] = []
    for number, each in enumerate(state.runs):
        if each.over:
            continue
        if state.crashes:
            found.append(_crashed(state, number))
        if each.wake is None or each.wake <= state.world.now_at:
            found.append(_stepped(state, number, scopes, count))
    wakes = [each.wake for each in state.runs if not each.over and each.wake is not None]
    later = [wake for wake in wakes if wake > state.world.now_at]
    if later:
        twin = state.world.copy()
        twin.now_at = min(later)
        found.append(State(twin, state.runs, state.crashes, state.forgiven, (state.path, f"time {twin.now_at:.2f}")))
    return found


def _crashed(state: State, number: int) -> State:
    each = state.runs[number]
    world = state.world.copy()
    world.dead.add(each.name)
    # Killed between its first and last write, it leaves a scope without a pair until the next run: I3.
    forgiven = state.forgiven | (frozenset(each.order.scopes) if each.writing and each.order else frozenset())
    runs = _put(state.runs, number, replace(each, over=True))
    return State(world, runs, state.crashes - 1, forgiven, (state.path, f"{each.name} crashes"))


def _stepped(state: State, number: int, scopes: tuple[Scope, ...], count: Count) -> State:
    world = state.world.copy()
    each = state.runs[number]
    if each.order is None:
        order = plan(world, scopes, each.wishes)
        if isinstance(order, LeftOut):
            each = replace(each, over=True)
            world.dead.add(each.name)
        else:
            each = replace(each, order=order, ordered=hash(repr(order)))
        runs = _put(state.runs, number, each)
        return State(world, runs, state.crashes, state.forgiven, (state.path, f"{each.name} plans: {order}"))
    story: list[str] = []
    try:
        each, forgiven = _advance(world, each, state.forgiven, count, story)
    except AssertionError as problem:
        raise AssertionError(f"{problem}\n{state.story()}\n{story}\n{world}") from problem
    line = f"{state.runs[number].name} {'; '.join(story)}"
    return State(world, _put(state.runs, number, each), state.crashes, forgiven, (state.path, line))


def _advance(
    world: World, each: Run, forgiven: frozenset[Scope], count: Count, story: list[str]
) -> tuple[Run, frozenset[Scope]]:
    """Let a run make one remote call, with the local ones before it, or come to its next wait."""
    assert each.order is not None
    steps = rotate(each.order, Runner(run=f"run-{each.name}", host="here", process=each.name))
    history = list(each.history)
    try:
        call = next(steps)
        for reply in each.history:
            call = steps.throw(reply.failure) if reply.failure else steps.send(reply.value)
        while True:
            if isinstance(call, Wait) and each.wake is None and call.seconds > 0:
                wake = world.now_at + call.seconds
                return replace(each, history=tuple(history), digest=_digest(steps), wake=wake), forgiven
            local = call.local
            story.append(str(call))
            reply, writing, forgiven = _performed(world, call, each, forgiven)
            each = replace(each, wake=None, writing=writing)
            history.append(reply)
            call = steps.throw(reply.failure) if reply.failure else steps.send(reply.value)
            if not local:
                return replace(each, history=tuple(history), digest=_digest(steps)), forgiven
    except StopIteration as ended:
        outcome: Outcome = ended.value
        story.append(f"ends: {outcome}")
        count.outcomes[outcome.status] = count.outcomes.get(outcome.status, 0) + 1
        world.dead.add(each.name)
        done = replace(each, history=tuple(history), digest=0, over=True, wake=None, writing=False)
        return done, forgiven
    finally:
        steps.close()


def _digest(steps: Any) -> int:
    """A number for where a generator and those within it are, and for all their local variables."""
    parts: list[object] = []
    while steps is not None:
        frame = getattr(steps, "gi_frame", None)
        if frame is None:
            break
        known = tuple((name, _told(value)) for name, value in frame.f_locals.items() if not isinstance(value, Order))
        parts.append((frame.f_code.co_qualname, frame.f_lasti, known))
        steps = steps.gi_yieldfrom
    return hash(tuple(parts))


def _told(value: object) -> str:
    if not isinstance(value, Work):
        return repr(value)
    return repr([getattr(value, each.name) for each in fields(Work) if each.name not in ("order", "runner")])


def _performed(
    world: World, call: Call[Any], each: Run, forgiven: frozenset[Scope]
) -> tuple[Reply, bool, frozenset[Scope]]:
    assert each.order is not None
    if isinstance(call, Wait):
        return Reply(), each.writing, forgiven
    watch = Watch(world, each.order)
    watch.start()
    watch.created = {reply.value.id for reply in each.history if isinstance(reply.value, KeyPair)}
    watch.writing = True  # Whether a pair works is asserted on the whole state, not on one run's view of it.
    watch.before(call)
    forgiven |= frozenset(each.order.ground.outage)
    try:
        reply = Reply(call.perform(world.ports()))
    except CallFailed as failed:
        reply = Reply(failure=failed)
    writing = each.writing
    if isinstance(call, WriteSecret):
        holders = {world.holder(scope) for scope in each.order.scopes}
        writing = len(holders) > 1 or None in holders
        if not writing:
            forgiven = frozenset()
    return reply, writing, forgiven


def _assert_pairs(state: State, scopes: tuple[Scope, ...], had: frozenset[Scope]) -> None:
    if any(each.writing for each in state.runs):
        return
    for scope in scopes:
        works = scope not in had or scope in state.forgiven or state.world.works(scope)
        assert works, f"no working pair in {scope}: {state.world}\n{state.story()}"


def _assert_next_run_converges(state: State, scopes: tuple[Scope, ...]) -> None:
    alone = state.world.copy()
    alone.now_at += 60
    order = plan(alone, scopes)
    assert isinstance(order, Order), f"{order}: {state.world}\n{state.story()}"
    outcome = run(alone, order, process="alone")
    assert outcome is not None
    assert_converged(alone, scopes)


def _put(runs: tuple[Run, ...], number: int, changed: Run) -> tuple[Run, ...]:
    return (*runs[:number], changed, *runs[number + 1 :])
