"""Layer (d): a real process that is killed, interrupted or overtaken at a call site, and another one that repairs."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cellenics_ci.model.names import RepoName
from tests.faults.organization import SCOPES
from tests.faults.proxy import Fault, Hold, Seen, When, acting, holding
from tests.faults.running import WITH_TOKEN, Ended, end_of, places, run_plainly, start
from tests.faults.stage import Site, Stage
from tests.faults.verdict import assert_repaired, assert_sound, holders

SOON: Final = 5.0
"""Seconds between a signal and the end: GitHub Actions kills ten seconds after it has cancelled."""
_LONG_SETTLE: Final = 60.0
_SHORT_SETTLE: Final = 1.0
_BEFORE_SETTLING: Final = ("iam:CreateAccessKey", "sts:GetCallerIdentity")
_SECONDS_BETWEEN_RUNS: Final = 5.0
_PROC: Final = Path("/proc")


@dataclass(frozen=True, slots=True)
class KillCase:
    """SIGKILL when a call arrives (no effect), or when its answer is about to go back.

    `again`: in the second rotation, where the keys have notes already.
    """

    site: Site
    when: When
    again: bool = False

    def __str__(self) -> str:
        return f"kill -9 {self.when} {self.site}{' of the second rotation' if self.again else ''}"


@dataclass(frozen=True, slots=True)
class SignalCase:
    """A wish to stop that comes with a call."""

    site: Site
    number: signal.Signals

    @property
    def settle(self) -> float:
        """The settle time in seconds: long where the run is just about to wait for it, as the wait has to end."""
        waits = self.site.repository and self.site.turn == 1 and self.site.name in _BEFORE_SETTLING
        return _LONG_SETTLE if waits else 0.0

    def __str__(self) -> str:
        return f"{self.number.name} at {self.site}"


@dataclass(frozen=True, slots=True)
class OvertakeCase:
    """A second process runs from start to end while the first one waits at a call site."""

    site: Site
    when: When

    def __str__(self) -> str:
        return f"overtaken {self.when} {self.site}"


@dataclass(frozen=True, slots=True)
class TogetherCase:
    """Two processes over all repositories, the second one started so many seconds after the first."""

    offset: float

    def __str__(self) -> str:
        return f"two processes, {self.offset:.2f} s apart"


Case = KillCase | SignalCase | OvertakeCase | TogetherCase


@dataclass(slots=True)
class _Runs:
    """The runs of one case, for the search for canaries and for people when it fails."""

    stage: Stage
    ended: list[Ended] = field(default_factory=list)
    seen_in_proc: dict[str, str] = field(default_factory=dict)

    def finish(self, process: subprocess.Popen[str], began: float) -> Ended:
        self.ended.append(end_of(process, began))
        return self.ended[-1]

    def repair(self, repos: Sequence[RepoName]) -> None:
        """Run undisturbed in this process: at once, as the owner of every lock is known to be gone."""
        self.stage.begin()
        # Dates of secrets have whole seconds; the program would wait for the next ones.
        self.stage.clock.advance(_SECONDS_BETWEEN_RUNS)
        self.ended.append(run_plainly(self.stage, *repos))
        assert_repaired(self.stage, self.ended[-1], repos)
        self.stage.canaries.assert_unseen(places(self.ended) | self.stage.written() | self.seen_in_proc)


def recorded_sites(repo: RepoName, *, settle: float = 0.0) -> list[Site]:
    """Return the call sites of an undisturbed process that rotates one repository."""
    with Stage() as stage:
        process, began = start(stage, *WITH_TOKEN, repo, settle=settle), time.monotonic()
        ended = end_of(process, began)
        assert ended.code == 0, ended.story()
        stage.judge.assert_innocent()
        stage.judge.assert_converged([repo])
        return list(stage.sites)


def kill_cases(sites: Sequence[Site]) -> Iterator[KillCase]:
    """Yield a kill before and after every call."""
    for site in sites:
        yield KillCase(site, "before")
        yield KillCase(site, "after")


def try_case(case: Case, repo: RepoName) -> bool:
    """Try a case with the rotation of `repo`; returns whether its call site was reached."""
    runs: _Runs | None = None
    try:
        with Stage() as stage:
            runs = _Runs(stage)
            match case:
                case KillCase():
                    return _killed(runs, case, repo)
                case SignalCase():
                    return _signalled(runs, case, repo)
                case OvertakeCase():
                    return _overtaken(runs, case, repo)
                case TogetherCase():
                    return _together(runs, case)
    except AssertionError as problem:
        told = "\n".join(ended.story() for ended in runs.ended) if runs else ""
        raise AssertionError(f"{case} ({repo}): {problem}\n{told}") from None


def _killed(runs: _Runs, case: KillCase, repo: RepoName) -> bool:
    if case.again:
        runs.ended.append(run_plainly(runs.stage, repo))
        runs.stage.clock.advance(_SECONDS_BETWEEN_RUNS)

    def kill(process: subprocess.Popen[str]) -> None:
        runs.seen_in_proc |= look_into(process)
        process.kill()
        process.wait()

    ended, reached = _run_with(runs, case.site, lambda doing: acting(doing, when=case.when), kill, repo)
    assert not reached or ended.code == -signal.SIGKILL, f"it was killed and ended with {ended.code}"
    runs.stage.judge.assert_innocent()
    runs.repair([repo])
    return reached


def _signalled(runs: _Runs, case: SignalCase, repo: RepoName) -> bool:
    before, asked_at = holders(runs.stage), [0.0]

    def ask(process: subprocess.Popen[str]) -> None:
        asked_at[0] = time.monotonic()
        process.send_signal(case.number)

    def fault(doing: Callable[[Seen], None]) -> Fault:
        return acting(doing, drop=False)

    ended, reached = _run_with(runs, case.site, fault, ask, repo, settle=case.settle)
    if reached:
        took = time.monotonic() - asked_at[0]
        assert took < SOON, f"it took {took:.1f} s to stop"
        assert ended.code == 130, f"it was asked to stop and ended with {ended.code}"
        assert_sound(runs.stage, ended, before, repos=[repo], interrupted=True)
        assert runs.stage.judge.works(repo)
    runs.repair([repo])
    return reached


def _overtaken(runs: _Runs, case: OvertakeCase, repo: RepoName) -> bool:
    hold = Hold()
    runs.stage.begin(lambda site: holding(hold, when=case.when) if site == case.site else None)
    began = time.monotonic()
    process = start(runs.stage, "--debug", *WITH_TOKEN, repo)
    while not hold.reached and process.poll() is None:
        threading.Event().wait(0.01)
    reached = hold.reached
    second = runs.finish(start(runs.stage, "--debug", repo, direct=True), time.monotonic())
    hold.release()
    first = runs.finish(process, began)
    assert {first.code, second.code} <= {0, 1}, f"exits {first.code} and {second.code}"
    runs.stage.judge.assert_innocent()
    ends = [(ended.outcomes or {}).get(repo, {}).get("outcome") for ended in (first, second)]
    assert "rotated" in ends, f"none of the two has rotated it: {ends}"
    assert runs.stage.judge.holder(repo) is not None, "it is left without a working pair"
    runs.repair([repo])
    return reached


def _together(runs: _Runs, case: TogetherCase) -> bool:
    began = time.monotonic()
    first = start(runs.stage, "--debug", settle=_SHORT_SETTLE)
    threading.Event().wait(case.offset)
    second = start(runs.stage, "--debug", settle=_SHORT_SETTLE)
    # Both write to pipes, so both are read at the same time.
    thread = threading.Thread(target=runs.finish, args=(second, began))
    thread.start()
    runs.finish(first, began)
    thread.join()
    runs.stage.judge.assert_innocent()
    # Where both come at the same instant each may give way to the other; what a repository had it keeps.
    assert {ended.code for ended in runs.ended} <= {0, 1}, "one of two at once wants a person"
    assert all(runs.stage.judge.works(repo) for repo in SCOPES)
    assert all(ended.outcomes for ended in runs.ended), "a run has no result"
    runs.repair(list(SCOPES))
    return True


def _run_with(
    runs: _Runs,
    site: Site,
    fault: Callable[[Callable[[Seen], None]], Fault],
    doing: Callable[[subprocess.Popen[str]], None],
    repo: RepoName,
    *,
    settle: float = 0.0,
) -> tuple[Ended, bool]:
    """Run a process that meets a fault at a site; the fault does something to the process."""
    started, process, reached = threading.Event(), list[subprocess.Popen[str]](), threading.Event()

    def act(_: Seen) -> None:
        started.wait()
        reached.set()
        doing(process[0])

    runs.stage.begin(lambda each: fault(act) if each == site else None)
    began = time.monotonic()
    process.append(start(runs.stage, "--debug", *WITH_TOKEN, repo, settle=settle))
    started.set()
    ended = runs.finish(process[0], began)
    return ended, reached.is_set()


def look_into(process: subprocess.Popen[str]) -> dict[str, str]:
    """Return the arguments of a process, and those and the environment of all of its children."""
    children = (_PROC / f"{process.pid}/task").glob("*/children")
    pids = [pid for listing in children for pid in _text(listing).split()]
    seen = {"the process's arguments": _text(_PROC / f"{process.pid}/cmdline")}
    for pid in pids:
        seen |= {f"child's {name}": _text(_PROC / pid / name) for name in ("cmdline", "environ")}
    return seen


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""
