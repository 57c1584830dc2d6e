"""Drives the protocol against the world in memory, with faults, and watches the invariants at every call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.names import AccessKeyId
from cellenics_ci.model.repositories import Repository
from cellenics_ci.model.retirement_tag import Phase, read_retirement
from cellenics_ci.model.scopes import PairDates, Scope
from cellenics_ci.model.tags import REPOSITORY_TAG
from cellenics_ci.retirement.calls import Call, DeleteSecret, ReadRepository
from cellenics_ci.retirement.decide import Wishes, decide
from cellenics_ci.retirement.order import Home, Order, Seen, Step, Whereabouts, own_tags
from cellenics_ci.retirement.protocol import retire
from cellenics_ci.retirement.target import Target
from cellenics_ci.run.calls import drive
from cellenics_ci.run.host import Runner
from cellenics_ci.run.outcome import LeftOut, Outcome, Status
from cellenics_ci.run.user_calls import DeactivateKey, DeleteKey
from cellenics_ci.survey.workflows import workflow_facts
from tests.retirement.memory import World
from tests.rotation.harness import Crash
from tests.rotation.memory import OWNER, REPO, USER

DAY = 86_400.0
Fault = Callable[[int, Call[Any], World], str]
"""What happens at the n-th remote call: see `tests/rotation/harness.py`."""


@dataclass(slots=True)
class Watch:
    """Looks at each call before it has its effect: is anything taken away that somebody may need?"""

    world: World
    order: Order
    looked: bool = False
    own: frozenset[AccessKeyId] = frozenset()
    taken: list[Call[Any]] = field(default_factory=list)

    def before(self, call: Call[Any]) -> None:
        if isinstance(call, DeactivateKey | DeleteKey | DeleteSecret):
            assert self.looked, f"{call} without a look at the workflows that found no reader"
            self.taken.append(call)
        if isinstance(call, DeactivateKey) and self.order.step is not Step.NOW:
            key = self.world.key_store.get(call.key)
            last = max(key.created_at, key.used_at or 0.0) if key else 0.0
            assert self.world.now_at - last >= self.order.unused_for, f"{call} although it was used lately"
        if isinstance(call, DeleteKey):
            key = self.world.key_store.get(call.key)
            assert key is None or not key.active, f"{call} although it is active"
        if isinstance(call, DeleteSecret):
            value = self.world.held.get(call.scope, {}).get("AWS_ACCESS_KEY_ID")
            assert value is None or value[0] in self.own, f"{call} although it is not ours"

    def after(self, call: Call[Any], answer: object) -> None:
        if isinstance(call, ReadRepository):
            self.looked = not (isinstance(answer, Repository) and self.world.reads)


def target(world: World, scopes: tuple[Scope, ...], *, named: bool = True) -> Target:
    """Return what a plan knows of the user."""
    user = world.get_user(USER)
    assert user is not None
    keys = world.list_access_keys(USER)
    whereabouts = Whereabouts.THERE if world.there else Whereabouts.GONE
    if world.archived:
        whereabouts = Whereabouts.ARCHIVED
    dates = {scope: pair for scope, pair in world.pair_dates(REPO, scopes).items() if not pair.empty}
    facts = workflow_facts(found.workflows) if (found := world.repository(REPO)) is not None else None
    lock = Seen(user.path, own_tags(user)).lock
    return Target(
        repo=REPO,
        user=USER,
        home=Home(REPO, whereabouts, world.repository_id if world.there else 0),
        owner=OWNER if REPOSITORY_TAG not in user.tags else None,
        seen=Seen(user.path, own_tags(user), keys, _sorted(dates)),
        uses={key.id: world.last_used(key.id) for key in keys},
        pipeline=facts.pipeline if facts is not None and whereabouts is Whereabouts.THERE else None,
        scopes=tuple(sorted(dates)) if whereabouts is Whereabouts.THERE else (),
        policies=tuple(world.policies),
        named=named,
        lock_owner_gone=lock is not None and world.owner_gone(lock),
    )


def plan(
    world: World, scopes: tuple[Scope, ...], wishes: Wishes | None = None, *, named: bool = True
) -> Order | Outcome | LeftOut:
    """Observe the world and decide, as the planner does."""
    return decide(target(world, scopes, named=named), wishes or Wishes(), world.now())


def run(world: World, order: Order, *, process: str = "p1", fault: Fault | None = None) -> Outcome | None:
    """Carry an order out; None after a crash. The invariants are asserted on the way."""
    watch = Watch(world, order, own=frozenset(key.id for key in order.seen.keys))
    number = 0

    def with_faults(call: Call[Any]) -> Any:
        nonlocal number
        number += not call.local
        kind = fault(number, call, world) if fault and not call.local else ""
        return perform(world, call, kind, watch)

    try:
        outcome = drive(retire(order, Runner(f"run-{process}", "here", process)), with_faults)
    except Crash:
        outcome = None
    world.dead.add(process)
    return outcome


def perform(world: World, call: Call[Any], kind: str, watch: Watch) -> Any:
    """Perform one call with a fault: its effect, its answer, and the time it takes."""
    if not call.local:
        world.now_at += 0.05
    if kind == "crash":
        raise Crash
    if kind in ("before", "throttled", "denied"):
        kinds = {"before": Failure.UNKNOWN, "throttled": Failure.THROTTLED, "denied": Failure.DENIED}
        raise CallFailed(kinds[kind], kind)
    if kind == "interrupt":
        world.stop_asked = True
    watch.before(call)
    answer = call.perform(world.retirement_ports())
    watch.after(call, answer)
    if kind == "crash-after":
        raise Crash
    if kind == "after":
        raise CallFailed(Failure.UNKNOWN, "no answer")
    return answer


def step(world: World, scopes: tuple[Scope, ...], **wishes: Any) -> Outcome:
    """Plan and run undisturbed; the outcome, also where nothing was to be done."""
    order = plan(world, scopes, Wishes(**wishes))
    if isinstance(order, Order):
        outcome = run(world, order, process=f"p{len(world.dead)}")
        assert outcome is not None
        return outcome
    assert isinstance(order, Outcome), order
    return order


def retire_on(world: World, scopes: tuple[Scope, ...]) -> list[Outcome]:
    """Let a run come every eighth day, as a schedule does, until the user is gone."""
    outcomes: list[Outcome] = []
    for _ in range(6):
        if not world.exists:
            break
        outcomes.append(step(world, scopes))
        world.now_at += 8 * DAY
    return outcomes


def assert_gone(world: World, scopes: tuple[Scope, ...]) -> None:
    """Nothing is left: no user, no key, no policy, and no half of a pair where it could be deleted."""
    assert not world.exists
    assert not world.key_store
    assert not world.policies
    left = {scope: values for scope in scopes if (values := world.held.get(scope))}
    assert not left or world.archived or not world.there, left


def phase(world: World) -> Phase | None:
    """How far the tags say that the retirement has come."""
    noted = read_retirement(world.tags)
    return None if noted is None else noted.phase


def worlds(scopes: tuple[Scope, ...]) -> dict[str, World]:
    """Return the starting points: users with 0, 1 and 2 keys, and retirements on their way."""
    found: dict[str, World] = {}
    found["no key"] = World(exists=True, policies={"push": "{}"})
    used = World(exists=True, policies={"push": "{}"})
    key = used.add_key(age=90 * DAY, used=DAY)
    for scope in scopes:
        used.store(scope, key, age=89 * DAY)
    found["used lately"] = used
    unused = used.copy()
    unused.use(key, ago=30 * DAY)
    found["unused"] = unused
    two = unused.copy()
    two.add_key(age=200 * DAY)
    found["two keys"] = two
    archived = unused.copy()
    archived.archived = True
    found["archived"] = archived
    gone = unused.copy()
    gone.there, gone.held = False, {}
    found["no repository"] = gone
    watching = used.copy()
    assert step(watching, scopes).status is Status.WAITING
    found["watching"] = watching
    watched = watching.copy()
    watched.now_at += 8 * DAY
    found["watched"] = watched
    soaking = unused.copy()
    assert step(soaking, scopes).status is Status.WAITING
    found["soaking"] = soaking
    soaked = soaking.copy()
    soaked.now_at += 8 * DAY
    found["soaked"] = soaked
    halfway = soaked.copy()
    order = plan(halfway, scopes)
    assert isinstance(order, Order)
    run(halfway, order, process="killed", fault=_killed_at_the_first_secret)
    found["deleting halfway"] = halfway
    return found


def _killed_at_the_first_secret(number: int, call: Call[Any], world: World) -> str:
    return "crash-after" if isinstance(call, DeleteSecret) else ""


def _sorted(dates: dict[Scope, PairDates]) -> tuple[tuple[Scope, PairDates], ...]:
    return tuple(sorted(dates.items()))
