"""All tasks of all layers, how a worker carries one out, and the counts of what became of them."""

from __future__ import annotations

import itertools
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from cellenics_ci.model.names import RepoName
from tests.conftest import hermetic
from tests.faults import adoption_cases, cluster_cases, http_cases, kill_cases, retirement_cases
from tests.faults.memory_cases import ExploreCase, ProductCase, explore_cases, product_cases
from tests.faults.organization import SCOPES

SEED: Final = 20261122
LAYERS: Final = {
    "a": "two runs in memory, every interleaving",
    "b": "every fault in memory, every call",
    "c": "every fault over HTTP, every call site",
    "d": "kill -9, signals and rival processes",
    "e": "deploy keys: HTTP and SSH, every call site",
    "f": "deploy keys: kill -9, signals and rivals",
    "g": "a retirement: two runs in memory, kill -9",
    "h": "an adoption: every fault in memory",
}
_MOST_SCOPES: Final = RepoName("beta")
_OFFSETS: Final = [number / 20 for number in range(41)]
_STOPS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Task:
    """A case of a layer; `repo` is the one that a case of layer (d) rotates."""

    layer: str
    case: (
        ExploreCase
        | ProductCase
        | http_cases.HttpCase
        | kill_cases.Case
        | cluster_cases.Case
        | retirement_cases.WalkCase
        | retirement_cases.RetireKillCase
        | adoption_cases.AdoptionCase
    )
    repo: RepoName = _MOST_SCOPES

    def __str__(self) -> str:
        return f"({self.layer}) {self.case}{f', rotating {self.repo}' if self.layer == 'd' else ''}"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a task."""

    task: Task
    counts: Counter[str]
    violation: str = ""


def carry_out(task: Task) -> Result:
    """Carry a task out, in a worker. Whatever goes wrong is a violation."""
    try:
        match task.case:
            case ExploreCase() | ProductCase() | retirement_cases.WalkCase() | adoption_cases.AdoptionCase():
                return Result(task, task.case.run())
            case retirement_cases.RetireKillCase():
                reached = retirement_cases.try_case(task.case)
            case http_cases.HttpCase():
                reached = http_cases.try_case(task.case)
            case cluster_cases.FaultCase() | cluster_cases.ProcessCase():
                reached = cluster_cases.try_case(task.case)
            case _:
                reached = kill_cases.try_case(task.case, task.repo)
    except Exception as problem:
        return Result(task, Counter(cases=1), f"{type(problem).__name__}: {problem}")
    kind = type(task.case).__name__.removesuffix("Case").lower()
    return Result(task, Counter({"cases": 1, f"{kind} cases": 1, "not reached": int(not reached)}))


def tasks(pool: Executor, layers: str, sample: int = 0) -> Iterator[Task]:
    """Yield all tasks; the call sites of (c) to (f) are recorded first.

    With `sample`, so many of each of (c) to (h), and less of (a) and (b).
    """
    quick = bool(sample)
    if "a" in layers:
        yield from (Task("a", case) for case in explore_cases(quick=quick))
    if "b" in layers:
        yield from (Task("b", case) for case in product_cases(quick=quick))
    if "c" in layers:
        sites = pool.submit(http_cases.recorded_sites).result()
        yield from _some((Task("c", case) for case in http_cases.http_cases(sites)), sample)
    if "d" in layers:
        yield from _some(_processes(pool), sample)
    if set("ef") & set(layers):
        spots = pool.submit(cluster_cases.recorded_spots).result()
        if "e" in layers:
            yield from _some((Task("e", case) for case in cluster_cases.fault_cases(spots)), sample)
        if "f" in layers:
            yield from _some((Task("f", case) for case in cluster_cases.process_cases(spots)), sample)
    if "g" in layers:
        yield from _some(_retirements(pool, walks=100 if quick else 3000), sample)
    if "h" in layers:
        yield from _some((Task("h", case) for case in adoption_cases.adoption_cases()), sample)


def _processes(pool: Executor) -> Iterator[Task]:
    for repo, recording in [(repo, pool.submit(kill_cases.recorded_sites, repo)) for repo in SCOPES]:
        sites = recording.result()
        yield from (Task("d", case, repo) for case in kill_cases.kill_cases(sites))
        yield from (Task("d", kill_cases.KillCase(site, "after", again=True), repo) for site in sites)
        for site, number in zip(sites[::2], itertools.cycle(_STOPS), strict=False):
            yield Task("d", kill_cases.SignalCase(site, number), repo)
        yield from (Task("d", kill_cases.OvertakeCase(site, "before"), repo) for site in sites)
    yield from (Task("d", kill_cases.TogetherCase(offset)) for offset in _OFFSETS)


def _retirements(pool: Executor, *, walks: int) -> Iterator[Task]:
    for start in retirement_cases.STARTS:
        for rotates in (False, True):
            yield Task("g", retirement_cases.WalkCase(start, rotates, walks, SEED))
    for soaked in (False, True):
        sites = pool.submit(retirement_cases.recorded_sites, soaked=soaked).result()
        yield from (Task("g", case) for case in retirement_cases.retire_kill_cases(sites, soaked=soaked))


def _some(found: Iterable[T], sample: int) -> list[T]:
    every = list(found)
    return random.Random(SEED).sample(every, min(sample, len(every))) if sample else every


def isolate(home: Path) -> None:
    """Take the machine away from a worker, and leave Ctrl-C to the one who waits for it."""
    clean = hermetic(os.environ, home)
    os.environ.clear()
    os.environ.update(clean)
    # Not ignored: the processes that it starts would inherit that.
    signal.signal(signal.SIGINT, lambda number, frame: None)


def watched(futures: Sequence[Future[Result]]) -> list[Result]:
    """Wait for all tasks; violations and progress go to stderr."""
    results: list[Result] = []
    began = told = time.monotonic()
    for future in as_completed(futures):
        result = future.result()
        results.append(result)
        if result.violation:
            print(f"\nVIOLATION {result.task}\n{result.violation}\n", file=sys.stderr, flush=True)
        if time.monotonic() - told > 15 or len(results) == len(futures):
            told = time.monotonic()
            bad = sum(bool(each.violation) for each in results)
            seconds = told - began
            print(
                f"{len(results)} of {len(futures)} tasks, {bad} violations, {seconds:.0f} s",
                file=sys.stderr,
                flush=True,
            )
    return results


def table(results: Sequence[Result], seconds: float) -> str:
    """Return the counts, a line a layer."""
    lines = []
    for layer, title in LAYERS.items():
        mine = [each for each in results if each.task.layer == layer]
        counts = sum((each.counts for each in mine), Counter[str]())
        told = ", ".join(f"{counts[name]:,} {name.replace('_', ' ')}" for name in counts)
        bad = sum(bool(each.violation) for each in mine)
        if mine:
            lines.append(f"({layer}) {title:<42} {told}; {bad} violations")
    return "\n".join([*lines, f"{seconds / 60:.1f} minutes"])
