"""Drives the protocol against an in-memory world, with faults, and watches the invariants at every call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.keys import KeyPair
from cellenics_ci.model.names import AccessKeyId
from cellenics_ci.model.scopes import ACTIONS, DEPENDABOT, Scope, environment_scope
from cellenics_ci.model.tags import LOCK_TAG, read_notes
from cellenics_ci.privileges.changes import PolicyChanges
from cellenics_ci.rotation.calls import Call, CreateKey, DeactivateKey, DeleteKey, WriteSecret
from cellenics_ci.rotation.decide import Target, Wishes, order_for
from cellenics_ci.rotation.observation import observe
from cellenics_ci.rotation.order import Mode, Order
from cellenics_ci.rotation.protocol import rotate
from cellenics_ci.run.calls import drive
from cellenics_ci.run.host import Runner
from cellenics_ci.run.outcome import LeftOut, Outcome
from tests.rotation.memory import OWNER, REPO, USER, World

POLICY = ("push", '{"Version":"2012-10-17"}')
STAGING = environment_scope("staging")
SCOPE_SETS: dict[str, tuple[Scope, ...]] = {
    "actions": (ACTIONS,),
    "environment": (STAGING,),
    "dependabot": (DEPENDABOT,),
    "actions+dependabot": (ACTIONS, DEPENDABOT),
    "actions+environment": (ACTIONS, STAGING),
    "all": (ACTIONS, STAGING, DEPENDABOT),
}


class Crash(BaseException):
    """kill -9: nothing of the run happens any more."""


Fault = Callable[[int, Call[Any], World], str]
"""What happens at the n-th remote call: "", or one of "before", "after" (the effect), "throttled", "denied",
"interrupt", "crash", "crash-after"."""


@dataclass(slots=True)
class Watch:
    """Looks at the world after every effect: I1, and which scopes may be without a pair, and why."""

    world: World
    order: Order
    forgiven: set[Scope] = field(default_factory=set)
    writing: bool = False
    created: set[AccessKeyId] = field(default_factory=set)
    had: set[Scope] = field(default_factory=set)

    def before(self, call: Call[Any]) -> None:
        if isinstance(call, WriteSecret):
            self.writing = True
        if isinstance(call, DeactivateKey | DeleteKey) and self.order.mode is not Mode.COMPROMISED:
            self._may_go(call.key)

    def after(self, call: Call[Any], answer: object) -> None:
        if isinstance(call, CreateKey) and isinstance(answer, KeyPair):
            self.created.add(answer.id)
        if isinstance(call, WriteSecret) and len({self.world.holder(scope) for scope in self.order.scopes}) == 1:
            self.writing = self.world.holder(self.order.scopes[0]) is None
        for scope in self.order.scopes:
            broken = scope in self.had and not self.world.works(scope)
            assert not broken or self.writing or scope in self.forgiven, f"{scope} has no working pair after {call}"

    def start(self) -> None:
        self.had = {scope for scope in self.order.scopes if self.world.works(scope)}
        self.forgiven |= set(self.order.ground.outage)
        if self.order.mode is Mode.COMPROMISED:
            self.forgiven |= set(self.order.scopes)

    def _may_go(self, key: AccessKeyId) -> None:
        """I1: an active key goes only when another proven one is in every scope, or when GitHub can't hold it."""
        found = self.world.key_store.get(key)
        if found is None or not found.active:
            return
        holders = {scope: self.world.holder(scope) for scope in self.order.scopes}
        in_use = [scope for scope, holder in holders.items() if holder == key]
        if key in (self.order.ground.make_room, self.order.ground.finish):
            assert set(in_use) <= set(self.order.ground.outage), "an outage that the plan did not announce"
            if in_use or key == self.order.ground.make_room:
                return
        assert not in_use, f"{key} goes although {in_use} hold it"
        discarded = dict(self.order.ground.discard)
        if key in self.created or key in discarded:
            return
        others = set(holders.values())
        one = len(others) == 1 and None not in others
        assert one, f"{key} goes although not every scope holds another key"


def plan(world: World, scopes: tuple[Scope, ...], wishes: Wishes | None = None) -> Order | LeftOut:
    """Observe the world and decide, as the planner does."""
    user = world.get_user(USER)
    keys = world.list_access_keys(USER)
    seen = observe(user, keys, world.pair_dates(REPO, scopes), "blob")
    uses = {key.id: world.last_used(key.id) for key in keys} if len(keys) > 1 else {}
    put = () if world.policies.get(POLICY[0]) == POLICY[1] else (POLICY,)
    extra = tuple(name for name in world.policies if name not in (POLICY[0], "cellenics-ci-deny-old-sessions"))
    target = Target(
        repo=REPO,
        user=USER,
        owner=OWNER,
        region="us-east-1",  # type: ignore[arg-type]
        seen=seen,
        scopes=scopes,
        uses=uses,
        policies=PolicyChanges(put_first=put, delete_after=extra),
        registry=True,
        lock_owner_gone=seen.lock is not None and world.owner_gone(seen.lock),
    )
    return order_for(target, wishes or Wishes(), world.now())


def run(world: World, order: Order, *, process: str = "p1", fault: Fault | None = None) -> Outcome | None:
    """Carry an order out; None after a crash. Every assertion about I1 is made on the way."""
    watch = Watch(world, order)
    watch.start()
    number = 0

    def with_faults(call: Call[Any]) -> Any:
        nonlocal number
        number += not call.local
        kind = fault(number, call, world) if fault and not call.local else ""
        return perform(world, call, kind, watch)

    try:
        outcome = drive(rotate(order, Runner(run=f"run-{process}", host="here", process=process)), with_faults)
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
    if kind == "before":
        raise CallFailed(Failure.UNKNOWN, "no answer")
    if kind == "throttled":
        raise CallFailed(Failure.THROTTLED, "throttled")
    if kind == "denied":
        raise CallFailed(Failure.DENIED, "denied")
    if kind == "interrupt":
        world.stop_asked = True
    watch.before(call)
    answer = call.perform(world.ports())
    if not call.local:
        watch.after(call, answer)
    if kind == "crash-after":
        raise Crash
    if kind == "after":
        raise CallFailed(Failure.UNKNOWN, "no answer")
    return answer


def assert_converged(world: World, scopes: tuple[Scope, ...]) -> None:
    """I2: one active key, the one in GitHub, no orphan, no lock, policies as declared, no stale note."""
    active = [key for key, value in world.key_store.items() if value.active]
    assert len(active) == 1 and len(world.key_store) == 1, f"keys: {world.key_store}"
    assert {world.holder(scope) for scope in scopes} == set(active)
    assert LOCK_TAG not in world.tags
    assert set(read_notes(world.tags)[0]) == set(active), world.tags
    assert world.policies == dict([POLICY])


def worlds(scopes: tuple[Scope, ...]) -> dict[str, World]:
    """Return the starting points: users with 0, 1 and 2 keys, with our tags and without."""
    found = {"no user": World()}
    found["no key"] = World(exists=True)
    one = World(exists=True)
    _hold(one, one.add_key(age=90 * 86400, used=3600), scopes, age=90 * 86400 - 60)
    found["one key"] = one
    tagged = one.copy()
    order = plan(tagged, scopes)
    assert isinstance(order, Order)
    run(tagged, order, process="earlier")
    tagged.now_at += 86400
    found["one tagged key"] = tagged
    two = World(exists=True, policies={"old": "{}"})
    kept = two.add_key(age=200 * 86400, used=3600)
    _hold(two, kept, scopes, age=150 * 86400)
    two.add_key(age=90 * 86400)
    found["two keys"] = two
    return found


def _hold(world: World, key: AccessKeyId, scopes: tuple[Scope, ...], *, age: float) -> None:
    for scope in scopes:
        world.store(scope, key, age=age)
