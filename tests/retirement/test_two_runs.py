"""Two runs at once: two retirements, or a retirement and a rotation, with kills and a push in between."""

from __future__ import annotations

import pytest

from cellenics_ci.model.retirement_tag import being_retired
from cellenics_ci.model.scopes import ACTIONS
from cellenics_ci.retirement.decide import Wishes
from cellenics_ci.run.outcome import LeftOut, Outcome, Status
from tests.retirement.harness import assert_gone, plan, retire_on, step, worlds
from tests.retirement.walks import SCOPES, Actor, walk

SEED = 20261126
STARTS = ["unused", "two keys", "watched", "soaked", "deleting halfway", "used lately"]


@pytest.mark.parametrize("start", STARTS)
def test_two_retirements_at_once_take_nothing_away_twice_and_end_with_nothing_left(start: str) -> None:
    counts, ends = walk(
        worlds(SCOPES)[start],
        lambda: (Actor("a", True), Actor("b", True, Wishes(take_over=True))),
        walks=25,
        seed=SEED,
    )
    assert counts["killed"] > 1
    assert counts["skipped"] > 0, counts
    for world in ends:
        world.now_at += 1000
        retire_on(world, SCOPES)
        assert_gone(world, SCOPES)


@pytest.mark.parametrize("start", STARTS)
def test_a_rotation_and_a_retirement_at_once_leave_a_user_that_works_or_one_that_goes(start: str) -> None:
    counts, ends = walk(worlds(SCOPES)[start], lambda: (Actor("r", False), Actor("b", True)), walks=40, seed=SEED)
    assert counts["killed"] > 1, counts
    for world in ends:
        world.now_at += 1000
        if world.exists and not being_retired(world.tags):
            # The rotation was first: what it delivered works, unless it died, which another one repairs.
            Actor("again", False).finish(world)
            assert world.works(ACTIONS), world
        retire_on(world, SCOPES)
        assert_gone(world, SCOPES)


@pytest.mark.parametrize("start", STARTS)
def test_a_push_that_reads_the_key_again_is_seen_whenever_it_comes(start: str) -> None:
    """Each run's watch asserts that nothing is taken away after a look that found a reader."""
    _, ends = walk(worlds(SCOPES)[start], lambda: (Actor("a", True),), walks=50, seed=SEED, push=True)
    left = [world for world in ends if world.exists and world.reads]
    assert left, "no push came in time"
    for world in left:
        world.now_at += 1000
        found = plan(world, SCOPES)
        assert isinstance(found, LeftOut | Outcome), found
        if isinstance(found, Outcome):
            assert found.status is Status.NEEDS_ATTENTION
            assert "--undo" in found.next_step
        if being_retired(world.tags):
            keys = set(world.key_store)
            assert step(world, SCOPES, undo=True).status is Status.RESTORED
            assert all(world.key_store[key].active for key in keys)
