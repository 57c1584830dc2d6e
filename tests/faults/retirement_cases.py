"""Layer (g): a retirement that is killed at a call site, and runs that go on; two runs at once on random paths."""

from __future__ import annotations

import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from cellenics_ci.model.names import PAIR_NAMES, RepoName, UserName
from cellenics_ci.model.scopes import ACTIONS
from cellenics_ci.retirement.decide import Wishes
from cellenics_ci.sandbox.github.state import store_of
from cellenics_ci.sandbox.world import World, load_world
from tests.faults.proxy import Seen, When, acting
from tests.faults.running import Ended, QuickClock, end_of, places, run_here, start
from tests.faults.stage import Site, Stage
from tests.retirement.harness import assert_gone, retire_on, worlds
from tests.retirement.walks import SCOPES, Actor, walk

COMMAND: Final = ("retire-ci", "--yes", "--format", "json", "--show-ids")
REPO: Final = RepoName("moved")
_USER: Final = UserName("ci-user-moved")
_BYSTANDERS: Final = ("ci-user-reader", "ci-user-other", "ci-user-stranger")
_WORLD: Final = Path(__file__).parents[1] / "cli" / "retirement.yaml"
_DAY: Final = 86_400.0
_NO_WATCH: Final = ("--unused-for", "0")
STARTS: Final = ("unused", "two keys", "watched", "soaked", "deleting halfway", "used lately")


@dataclass(frozen=True, slots=True)
class RetireKillCase:
    """SIGKILL when a call of a run arrives, or when its answer is about to go back. `soaked`: the run that deletes."""

    site: Site
    when: When
    soaked: bool

    def __str__(self) -> str:
        return f"kill -9 {self.when} {self.site} of the run that {'deletes' if self.soaked else 'deactivates'}"


@dataclass(frozen=True, slots=True)
class WalkCase:
    """Two runs at once in memory, from a start, on so many random paths; `rotates`: one of them is a rotation."""

    start: str
    rotates: bool
    walks: int
    seed: int

    def __str__(self) -> str:
        rival = "a rotation" if self.rotates else "another retirement"
        return f"{self.walks} walks from seed {self.seed}, a retirement and {rival}, {self.start}"

    def run(self) -> Counter[str]:
        """Walk, and let runs come on a schedule after each end; returns what was counted."""
        counts, ends = walk(worlds(SCOPES)[self.start], self._actors, walks=self.walks, seed=self.seed)
        for world in ends:
            world.now_at += 1000
            retire_on(world, SCOPES)
            assert_gone(world, SCOPES)
        return Counter(walks=self.walks, killed=counts["killed"])

    def _actors(self) -> tuple[Actor, ...]:
        return Actor("a", not self.rotates, Wishes(take_over=True)), Actor("b", True)


@lru_cache(maxsize=1)
def _world() -> World:
    return load_world(_WORLD)


def recorded_sites(*, soaked: bool) -> list[Site]:
    """Return the call sites of an undisturbed run."""
    with _stage(soaked=soaked) as stage:
        stage.begin()
        ended = _run(stage)
        assert ended.code == 0, ended.story()
        return list(stage.sites)


def retire_kill_cases(sites: list[Site], *, soaked: bool) -> Iterator[RetireKillCase]:
    """Yield a kill before and after every call."""
    for site in sites:
        yield RetireKillCase(site, "before", soaked)
        yield RetireKillCase(site, "after", soaked)


def try_case(case: RetireKillCase) -> bool:
    """Kill a real process, and let runs come on a schedule; returns whether the call site was reached."""
    with _stage(soaked=case.soaked) as stage:
        before = _bystanders(stage)
        ended, reached = _killed(stage, case)
        runs = [ended]
        for _ in range(4):
            if _USER not in stage.sandbox.aws.account.users():
                break
            stage.begin()
            runs.append(_run(stage))
            assert runs[-1].code == 0, f"{case}: {runs[-1].story()}"
            stage.clock.advance(8 * _DAY)
        assert _USER not in stage.sandbox.aws.account.users(), f"{case}: the user is still there"
        assert not _secrets(stage) & set(PAIR_NAMES), f"{case}: secrets are left"
        assert "DOCKERHUB_TOKEN" in _secrets(stage), f"{case}: a secret is gone that is not ours"
        assert _bystanders(stage) == before, f"{case}: somebody else's user was touched"
        stage.canaries.assert_unseen(places(runs) | stage.written())
        return reached


@contextmanager
def _stage(*, soaked: bool) -> Iterator[Stage]:
    with Stage(world=_world(), clock=QuickClock()) as stage:
        if soaked:
            ended = _run(stage)
            assert ended.code == 0, ended.story()
            stage.clock.advance(8 * _DAY)
        yield stage


def _killed(stage: Stage, case: RetireKillCase) -> tuple[Ended, bool]:
    started, process, reached = threading.Event(), list[subprocess.Popen[str]](), threading.Event()

    def kill(_: Seen) -> None:
        started.wait()
        reached.set()
        process[0].kill()
        process[0].wait()

    stage.begin(lambda site: acting(kill, when=case.when) if site == case.site else None)
    began = time.monotonic()
    process.append(start(stage, *_NO_WATCH, REPO, command=COMMAND))
    started.set()
    return end_of(process[0], began), reached.is_set()


def _run(stage: Stage) -> Ended:
    return run_here(stage, *_NO_WATCH, REPO, command=COMMAND)


def _secrets(stage: Stage) -> set[str]:
    repository = stage.sandbox.github.state.repository("acme", REPO)
    assert repository is not None
    return set(store_of(repository, ACTIONS).entries)


def _bystanders(stage: Stage) -> list[object]:
    account = stage.sandbox.aws.account
    looks: tuple[Callable[[str], object], ...] = (account.keys, account.tags, account.policies)
    return [look(user) for user in _BYSTANDERS for look in looks]
