"""One run with every kind of fault at every call, over every start; then the run again, which has to put it right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cellenics_ci.deploykeys.calls import Call
from cellenics_ci.deploykeys.plan import Choices
from cellenics_ci.model.claims import CLAIM, REPLACES, Claim, Stage, claim_text
from cellenics_ci.model.deploy_keys import PublicKey
from cellenics_ci.model.secret import Secret
from cellenics_ci.run.outcome import Status
from tests.deploykeys.harness import assert_converged, ordered, plan, run
from tests.deploykeys.memory import World, entries, fresh_source, pair, previous, with_key

KINDS = (
    "before",
    "after",
    "throttled",
    "denied",
    "invalid",
    "interrupt",
    "crash",
    "crash-after",
    "unreachable",
    "absent",
)


def dead_claim(*keys: PublicKey, stage: Stage = Stage.CLAIMED) -> str:
    return claim_text(Claim("run-dead", "here", "p0", 1_799_999_990, 1_800_001_000, keys, stage))


def read_only() -> World:
    return with_key()


def read_write() -> World:
    return with_key(read_only=False)


def dead_key() -> World:
    """The key that the cluster holds was deleted on GitHub."""
    world = with_key()
    world.revoke(world.held().public)
    return world


def no_identity() -> World:
    world = with_key()
    world.revoke(world.held().public)
    world.put({})
    return world


def no_secret() -> World:
    world = no_identity()
    world.secret = None
    return world


def killed_before_the_secret() -> World:
    """A run died between registering its key and writing the Secret."""
    world = with_key()
    left = pair()
    world.ever.add(left.public)
    world.register(left.public)
    assert world.secret is not None
    world.put(dict(world.secret.data), **{CLAIM: dead_claim(left.public)})
    world.dead.add("p0")
    return world


def killed_behind_the_secret(stage: Stage = Stage.CLAIMED) -> World:
    world = World(source=fresh_source())
    world.register(pair().public)
    old, new = pair(), pair()
    for each in (old, new):
        world.ever.add(each.public)
        world.register(each.public)
    world.put({**entries(new), **previous(old)}, **{CLAIM: dead_claim(new.public, stage=stage)})
    world.dead.add("p0")
    return world


def killed_while_retiring() -> World:
    return killed_behind_the_secret(Stage.RETIRING)


def killed_behind_retiring() -> World:
    world = killed_behind_the_secret(Stage.RETIRING)
    world.revoke(world.held().previous_public)
    return world


STARTS: dict[str, Callable[[], World]] = {
    each.__name__: each
    for each in (
        read_only,
        read_write,
        dead_key,
        no_identity,
        no_secret,
        killed_before_the_secret,
        killed_behind_the_secret,
        killed_while_retiring,
        killed_behind_retiring,
    )
}


def number_of_calls(world: World) -> int:
    counted = 0

    def count(number: int, call: Call[Any], world: World) -> str:
        nonlocal counted
        counted = number
        return ""

    run(world, ordered(world), fault=count)
    return counted


@pytest.mark.parametrize("start", STARTS)
def test_an_undisturbed_run_ends_with_one_key(start: str) -> None:
    world = STARTS[start]()
    outcome = run(world, ordered(world))
    assert outcome is not None and outcome.status is Status.ROTATED and outcome.exit_code == 0, outcome
    assert_converged(world)
    assert outcome.new == world.held().public.fingerprint  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("start", STARTS)
def test_one_fault_at_any_call_is_repaired_by_the_next_run(start: str, kind: str) -> None:
    begun = STARTS[start]()
    for at in range(1, number_of_calls(begun.copy()) + 1):
        world = begun.copy()
        before = world.held().public

        def once(number: int, call: Call[Any], world: World, at: int = at) -> str:
            return kind if number == at else ""

        outcome = run(world, ordered(world), fault=once)
        told(outcome, world, before, begun)
        again = run(world, ordered(world), process="p2")
        assert again is not None and again.status is Status.ROTATED, (at, outcome, again)
        assert_converged(world)


def told(outcome: Any, world: World, before: PublicKey | None, begun: World) -> None:
    """What a run says of its end must be so."""
    if outcome is None:
        return
    held = world.held()
    if outcome.status is Status.ROTATED:
        assert world.works() and outcome.new == held.public.fingerprint  # type: ignore[union-attr]
        if not outcome.cause:
            assert_converged(world)
    elif outcome.status is Status.ROLLED_BACK and not begun.held().has_previous:
        assert held.public == before and not held.has_previous, outcome
    assert outcome.reason or outcome.status is Status.ROTATED
    whole = outcome.status is Status.ROTATED and not outcome.cause
    assert whole or outcome.next_step or outcome.cause, outcome


def applied() -> tuple[World, PublicKey]:
    """A manifest of ours was applied by hand; returned with the key that it has replaced."""
    world = with_key()
    old = world.held().public
    assert old is not None
    new = pair()
    world.ever.add(new.public)
    world.register(new.public)
    world.put(entries(new), **{REPLACES: old.fingerprint})
    return world, old


def test_a_finish_removes_the_key_that_an_applied_manifest_replaced() -> None:
    world, old = applied()
    outcome = run(world, ordered(world, Choices(finish=True)))
    assert outcome is not None and outcome.status is Status.ROTATED
    assert_converged(world)
    assert outcome.old == old.fingerprint


@pytest.mark.parametrize("kind", KINDS)
def test_a_finish_with_a_fault_at_any_call_is_finished_by_the_next(kind: str) -> None:
    begun, _ = applied()
    choices = Choices(finish=True)
    for at in range(1, 40):
        world = begun.copy()

        def once(number: int, call: Call[Any], world: World, at: int = at) -> str:
            return kind if number == at else ""

        run(world, ordered(world, choices), fault=once)
        made = plan(world, choices)
        if made.order is not None:
            run(world, made.order, process="p2")
        assert_converged(world)


def test_a_finish_that_flux_does_not_follow_keeps_the_note_of_the_old_key() -> None:
    world, old = applied()
    world.flux_says = "knownhosts: key mismatch"
    outcome = run(world, ordered(world, Choices(finish=True)))
    assert outcome is not None and outcome.status is Status.ROLLED_BACK
    assert world.listed(old) and world.secret and world.secret.annotations == {REPLACES: old.fingerprint}


def test_a_rotation_keeps_the_note_of_a_key_that_a_manifest_replaced_for_finish() -> None:
    world, old = applied()
    run(world, ordered(world))
    assert world.listed(old)
    run(world, ordered(world, Choices(finish=True)), process="p2")
    assert_converged(world)


def test_a_finish_without_anything_begun_has_nothing_to_do() -> None:
    assert plan(with_key(), Choices(finish=True)).idle


def test_what_an_older_rotation_left_is_not_taken_for_a_part_of_the_pair_before() -> None:
    world = with_key()
    assert world.secret is not None
    world.put({**world.secret.data, "previous-password": Secret("stale"), "previous-known_hosts": Secret("stale")})
    kept: list[dict[str, Secret]] = []

    def look(number: int, call: Call[Any], world: World) -> str:
        if world.secret is not None and world.held().has_previous:
            kept.append(dict(world.secret.data))
        return ""

    run(world, ordered(world), fault=look)
    assert kept and "previous-password" not in kept[0]
    assert kept[0]["previous-known_hosts"] != Secret("stale")
    assert_converged(world)
