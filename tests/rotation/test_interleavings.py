"""Layer (a): two runs at once, over every interleaving of their calls, with a crash anywhere, then a run alone."""

from __future__ import annotations

import pytest

from cellenics_ci.rotation.decide import Wishes
from tests.rotation.explore import explore, walk
from tests.rotation.harness import SCOPE_SETS, worlds
from tests.sampling import whole

SETTLE = Wishes(settle=3.0)
"""Whole seconds, so that the waits of two runs fall together and the states stay countable."""
WALKS = 40
"""So many of each kind every day; `make faults` walks a thousand, and explores more starts and scopes."""


@pytest.mark.parametrize(("start", "least"), [whole("no user", 3_300), ("one key", 5_600), whole("two keys", 11_900)])
def test_every_interleaving_with_a_crash_converges(start: str, least: int) -> None:
    scopes = SCOPE_SETS["actions"]
    world = worlds(scopes)[start]
    world.delay = 0
    count = explore(world, scopes, (SETTLE, SETTLE), crashes=1)
    # A bound from below, near what there is: an exploration that sees less would pass as well.
    assert count.states > least
    assert count.crashed_ends > 200
    assert count.outcomes["rotated"] > 0
    assert count.outcomes["skipped"] > 0


@pytest.mark.parametrize("scope_set", ["actions", "all"])
@pytest.mark.parametrize("start", ["no user", "no key", "one key", "one tagged key", "two keys"])
def test_taking_over_from_a_run_that_lives_breaks_nothing(start: str, scope_set: str) -> None:
    scopes = SCOPE_SETS[scope_set]
    world = worlds(scopes)[start]
    world.delay = 0
    taking_over = Wishes(settle=3.0, take_over=True)
    count = walk(world, scopes, (SETTLE, taking_over), crashes=2, walks=WALKS, seed=20261122)
    assert count.ends == WALKS
    assert count.outcomes["rotated"] > 0
