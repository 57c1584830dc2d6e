"""Layers (a) and (b), whole: the protocol in memory, over every interleaving and over the full product of faults."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from cellenics_ci.rotation.calls import Call
from cellenics_ci.rotation.decide import Wishes
from cellenics_ci.rotation.order import Order
from cellenics_ci.run.outcome import Status
from tests.rotation.explore import explore, walk
from tests.rotation.harness import SCOPE_SETS, assert_converged, plan, run, worlds
from tests.rotation.memory import World

KINDS: Final = ("before", "after", "throttled", "denied", "interrupt", "crash", "crash-after")
STARTS: Final = ("no user", "no key", "one key", "one tagged key", "two keys")
_LAST_WORDS: Final = ("interrupt", "crash", "crash-after")
"""After these a run makes no more calls of its own choice, so that nothing can follow in the same run."""
_MINUTE: Final = 60.0
_SETTLE: Final = 3.0


@dataclass(frozen=True, slots=True)
class ExploreCase:
    """Two runs over every interleaving with `crashes` anywhere; `walks` random paths where that is too many."""

    start: str
    scopes: str
    crashes: int = 1
    take_over: bool = False
    walks: int = 0
    seed: int = 0

    def __str__(self) -> str:
        how = f"{self.walks} walks from seed {self.seed}" if self.walks else "every interleaving"
        rivals = "one takes over" if self.take_over else "two runs"
        return f"{how}, {rivals}, {self.crashes} crashes, {self.start}, {self.scopes}"

    def run(self) -> Counter[str]:
        """Explore; returns what was counted."""
        scopes = SCOPE_SETS[self.scopes]
        world = worlds(scopes)[self.start]
        world.delay = 0
        wishes = (Wishes(settle=_SETTLE), Wishes(settle=_SETTLE, take_over=self.take_over))
        if self.walks:
            count = walk(world, scopes, wishes, crashes=self.crashes, walks=self.walks, seed=self.seed)
        else:
            count = explore(world, scopes, wishes, crashes=self.crashes)
        assert count.ends > 0, "nothing came to an end"
        return Counter(states=count.states, ends=count.ends, crashed_ends=count.crashed_ends)


@dataclass(frozen=True, slots=True)
class ProductCase:
    """One kind of fault at every call; with `pairs`, so many random pairs of faults, in one run or in two."""

    start: str
    scopes: str
    kind: str = ""
    pairs: int = 0
    seed: int = 0

    def __str__(self) -> str:
        what = f"{self.pairs} pairs of faults from seed {self.seed}" if self.pairs else f"{self.kind} at every call"
        return f"{what}, {self.start}, {self.scopes}"

    def run(self) -> Counter[str]:
        """Try them all; returns what was counted."""
        calls = _number_of_calls(self.start, self.scopes)
        if not self.pairs:
            for at in range(1, calls + 1):
                _assert_repaired(self.start, self.scopes, [{at: self.kind}])
            return Counter(cases=calls)
        chance = random.Random(f"{self.seed} {self.start} {self.scopes}")
        for _ in range(self.pairs):
            first, second = chance.choice(KINDS), chance.choice(KINDS)
            at, later = chance.randint(1, calls), chance.randint(1, calls + 5)
            together = first not in _LAST_WORDS and chance.random() < 0.5
            faults = [{at: first, at + later: second}] if together else [{at: first}, {later: second}]
            _assert_repaired(self.start, self.scopes, faults)
        return Counter(cases=self.pairs)


def explore_cases(*, quick: bool) -> Iterator[ExploreCase]:
    """Yield layer (a)."""
    for start in STARTS:
        # Without a key to compare, far more states differ: minutes for one set of scopes.
        sets = ("actions",)[: not quick] if start == "no key" else ("actions", "all") if quick else tuple(SCOPE_SETS)
        yield from (ExploreCase(start, scopes) for scopes in sets)
        walks = 300 if quick else 1000
        for scopes in ("actions", "all"):
            yield ExploreCase(start, scopes, crashes=2, take_over=True, walks=walks, seed=len(start))


def product_cases(*, quick: bool) -> Iterator[ProductCase]:
    """Yield layer (b)."""
    for start in STARTS:
        for scopes in SCOPE_SETS:
            yield from (ProductCase(start, scopes, kind) for kind in KINDS)
            yield ProductCase(start, scopes, pairs=50 if quick else 1000, seed=20261122)


def _number_of_calls(start: str, scope_set: str) -> int:
    counted = 0

    def count(number: int, call: Call[Any], world: World) -> str:
        nonlocal counted
        counted = number
        return ""

    world = worlds(SCOPE_SETS[scope_set])[start].copy()
    order = plan(world, SCOPE_SETS[scope_set])
    assert isinstance(order, Order), order
    run(world, order, fault=count)
    return counted


def _assert_repaired(start: str, scope_set: str, faults: list[dict[int, str]]) -> None:
    """Run once with each of these sets of faults (call number to kind), then undisturbed: the last one repairs."""
    scopes = SCOPE_SETS[scope_set]
    world = worlds(scopes)[start].copy()
    for number, wanted in enumerate(faults):
        _disturbed(world, scope_set, f"p{number}", wanted)
    order = plan(world, scopes)
    assert isinstance(order, Order), f"{faults}: {order}"
    last = run(world, order, process="last")
    assert last is not None and last.status is Status.ROTATED, f"{faults}: {last}"
    try:
        assert_converged(world, scopes)
    except AssertionError as problem:
        raise AssertionError(f"{faults}: {problem}") from None


def _disturbed(world: World, scope_set: str, process: str, wanted: dict[int, str]) -> None:
    scopes = SCOPE_SETS[scope_set]
    order = plan(world, scopes)
    assert isinstance(order, Order), f"{wanted}: {order}"
    had_pair = all(world.works(scope) for scope in scopes)
    outcome = run(world, order, process=process, fault=lambda number, call, _: wanted.get(number, ""))
    if outcome is not None and outcome.status is not Status.NEEDS_ATTENTION and had_pair:
        assert all(world.works(scope) for scope in scopes), f"{wanted}: {outcome}"
    world.stop_asked = False
    world.now_at += _MINUTE
