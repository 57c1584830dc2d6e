"""The world changes while a run is under way, at every one of its calls; then the run again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cellenics_ci.deploykeys.calls import AskReconcile, Call, DeleteKey, ReadSource
from cellenics_ci.deploykeys.order import Order
from cellenics_ci.deploykeys.outcome import KeyOutcome
from cellenics_ci.deploykeys.plan import Choices
from cellenics_ci.model.deploy_keys import PublicKey
from cellenics_ci.run.outcome import Status
from tests.deploykeys.harness import ordered, plan, run
from tests.deploykeys.memory import World, entries, fresh_source, pair, with_key
from tests.deploykeys.test_fault_product import number_of_calls

Weather = Callable[[World, World], None]
"""Changes a world; the second one is the world as it was at the beginning."""


def old_key_revoked(world: World, begun: World) -> None:
    world.revoke(begun.held().public)


def new_key_revoked(world: World, begun: World) -> None:
    for public in world.made:
        world.revoke(public)


def flux_suspended(world: World, begun: World) -> None:
    assert world.source is not None
    world.source = replace(world.source, suspended=True)


def flux_stopped(world: World, begun: World) -> None:
    world.flux_dead = True


def flux_fails(world: World, begun: World) -> None:
    world.flux_says = "failed to checkout and determine revision: unable to clone: knownhosts: key mismatch"


def bootstrapped_again(world: World, begun: World) -> None:
    """Somebody writes a Secret of their own, annotations and all."""
    other = pair()
    world.ever.add(other.public)
    own = begun.listed(begun.held().public)
    assert own is not None
    world.register(other.public, read_only=own.read_only)
    world.put(entries(other))


def put_back_by_its_owner(world: World, begun: World) -> None:
    """Whatever owns the Secret writes its data again, and leaves annotations alone."""
    assert world.secret is not None and begun.secret is not None
    world.put(dict(begun.secret.data), **world.secret.annotations)


def labelled(world: World, begun: World) -> None:
    """Somebody writes a label: a new version, and nothing that concerns us."""
    assert world.secret is not None
    world.put(dict(world.secret.data), **world.secret.annotations, note="mine")


def deleted(world: World, begun: World) -> None:
    world.secret = None


def second_admin(world: World, begun: World) -> None:
    """Another run comes, takes over, and does all of its work between two calls of the first."""
    made = plan(world, Choices(take_over=True))
    if made.order is not None:
        run(world, made.order, process="p9", excused=True)


WEATHERS: tuple[Weather, ...] = (
    old_key_revoked,
    new_key_revoked,
    flux_suspended,
    flux_stopped,
    flux_fails,
    bootstrapped_again,
    put_back_by_its_owner,
    labelled,
    deleted,
    second_admin,
)
CUTS = (old_key_revoked, new_key_revoked, deleted, put_back_by_its_owner)
"""What can take the cluster's key away by itself."""


@pytest.mark.parametrize("writes", [False, True])
@pytest.mark.parametrize("weather", WEATHERS, ids=lambda weather: weather.__name__)
def test_whatever_changes_meanwhile_is_survived(weather: Weather, writes: bool) -> None:
    begun = with_key(read_only=not writes)
    for at in range(1, number_of_calls(begun.copy()) + 1):
        world = begun.copy()
        late = False

        def change(number: int, call: Call[Any], world: World, at: int = at) -> str:
            nonlocal late
            if number == at:
                weather(world, begun)
                # With the old key gone and the last look taken, nobody can see it any more.
                late = begun.held().public not in {key.public for key in world.keys} or isinstance(call, DeleteKey)
            return ""

        outcome = run(world, ordered(world), fault=change, excused=weather in CUTS)
        assert outcome is not None
        # The old key may be put back while it is being removed: by the end of the same run that is mended.
        assert world.works() or weather not in (put_back_by_its_owner, bootstrapped_again, labelled, second_admin)
        _is_true(outcome, world, begun.held().public, late=late)
        _calm_again(world)
        order = plan(world).order
        assert isinstance(order, Order), plan(world)
        again = run(world, order, process="p2")
        assert again is not None and again.status is Status.ROTATED, (at, outcome, again)
        held = world.held()
        assert world.works() and not held.has_previous and held.claim is None
        left = {key.public for key in world.keys if key.public in world.made}
        assert left == {held.public}, (at, outcome)


@pytest.mark.parametrize("weather", [bootstrapped_again, second_admin], ids=lambda weather: weather.__name__)
@pytest.mark.parametrize("later", [1, 2, 3])
def test_a_wish_to_stop_after_the_secret_was_lost_is_heard_by_whoever_tidies_up(weather: Weather, later: int) -> None:
    begun = with_key()
    for at in range(1, number_of_calls(begun.copy()) + 1):
        asked = False

        def change(number: int, call: Call[Any], world: World, at: int = at) -> str:
            nonlocal asked
            if number == at:
                weather(world, begun)
            asked = number >= at + later
            return "interrupt" if asked else ""

        outcome = run(begun.copy(), ordered(begun), fault=change, excused=True)
        assert outcome is not None and outcome.interrupted is asked, (at, outcome)


def test_another_request_to_flux_that_covers_ours_costs_no_rotation() -> None:
    world = with_key()
    asked = 0

    def cover(number: int, call: Call[Any], world: World) -> str:
        nonlocal asked
        asked += isinstance(call, AskReconcile)
        if asked and isinstance(call, ReadSource) and world.requested.endswith(f"-{asked}") and asked == 2:
            world.requested = "somebody else's"
            asked += 1
        return ""

    outcome = run(world, ordered(world), fault=cover)
    assert asked > 3, "ours was covered, and asked for again"
    assert outcome is not None and (outcome.status, outcome.exit_code) == (Status.ROTATED, 0)


def _is_true(outcome: KeyOutcome, world: World, before: PublicKey | None, *, late: bool) -> None:
    held = world.held()
    if outcome.status is Status.ROTATED and outcome.exit_code == 0:
        assert world.works() or late, outcome
    if outcome.status is Status.ROLLED_BACK and held.exists:
        assert held.public == before, outcome
    if outcome.exit_code == 0:
        assert outcome.status is Status.ROTATED
    else:
        assert outcome.reason


def _calm_again(world: World) -> None:
    world.flux_dead, world.flux_says = False, ""
    world.source = replace(world.source or fresh_source(), suspended=False)
