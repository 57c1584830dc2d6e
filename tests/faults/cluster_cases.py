"""A deploy key's rotation with a fault at a call to GitHub, to the cluster or over SSH: in this process, or as one of
its own that is killed, interrupted or overtaken there. Then once more without, which has to put it right.
"""

from __future__ import annotations

import itertools
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from tests.faults.cluster_kinds import FOR_GOOD, KINDS, fault_of
from tests.faults.cluster_stage import CONTEXT, ClusterStage, Spot
from tests.faults.kill_cases import SOON, look_into
from tests.faults.proxy import Fault, Hold, Seen, When, acting, holding
from tests.faults.running import Ended, QuickClock, end_of, places, run_here, run_plainly, start
from tests.faults.ssh_gate import Detour

COMMAND: Final = ("rotate-deploy-key", "--yes", "--context", CONTEXT, "--timeout", "5m", "--format", "json", "--debug")
_AS_BEFORE: Final = ("rolled-back", "skipped", "unchanged")
_STOPS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_HURRY: Final = 4.0
"""Seconds that a run on its way back may give Flux besides."""


@dataclass(frozen=True, slots=True)
class FaultCase:
    """One fault at one call site, once or for good."""

    spot: Spot
    kind: str
    for_good: bool = False

    def __str__(self) -> str:
        return f"deploy key, {self.kind}{' for good from' if self.for_good else ' at'} {self.spot}"

    def wanted(self, stage: ClusterStage, spot: Spot) -> Fault | Detour | None:
        """Return what a call site meets."""
        same = (spot.side, spot.name) == (self.spot.side, self.spot.name)
        if not same or not (spot.turn >= self.spot.turn if self.for_good else spot.turn == self.spot.turn):
            return None
        return fault_of(stage, spot.side, self.kind)


@dataclass(frozen=True, slots=True)
class ProcessCase:
    """What happens to a process at a call site, before the call has its effect or after it.

    `what`: "kill", a signal's name, "overtaken" (a second process takes over meanwhile), or "beside" (one tries to
    come in without).
    """

    spot: Spot
    what: str
    when: When

    def __str__(self) -> str:
        return f"deploy key, {self.what} {self.when} {self.spot}"


Case = FaultCase | ProcessCase


def recorded_spots() -> list[Spot]:
    """Return the call sites of an undisturbed run, and assert that it is sound."""
    with ClusterStage(QuickClock()) as stage:
        ended = run_here(stage, command=COMMAND)
        _assert_repaired(stage, ended)
        stage.assert_unseen(places([ended]))
        return list(stage.spots)


def fault_cases(spots: Sequence[Spot]) -> Iterator[FaultCase]:
    """Yield every fault at every call site."""
    for spot in spots:
        for kind in KINDS[spot.side]:
            yield FaultCase(spot, kind)
            if kind in FOR_GOOD:
                yield FaultCase(spot, kind, for_good=True)


def process_cases(spots: Sequence[Spot]) -> Iterator[ProcessCase]:
    """Yield a kill before and after every call, a signal at every call, and rivals at those that change something."""
    for spot, number in zip(spots, itertools.cycle(_STOPS), strict=False):
        yield ProcessCase(spot, "kill", "before")
        yield ProcessCase(spot, "kill", "after")
        yield ProcessCase(spot, number.name, "before")
        if not spot.name.startswith("GET"):
            yield ProcessCase(spot, "overtaken", "before")
            yield ProcessCase(spot, "overtaken", "after")
            yield ProcessCase(spot, "beside", "after")


def try_case(case: Case) -> bool:
    """Run the command with the case's fault and once more without, and assert all that has to be true.

    Returns whether the call site was reached.
    """
    runs: _Runs | None = None
    try:
        with ClusterStage(QuickClock() if isinstance(case, FaultCase) else None) as stage:
            runs = _Runs(stage)
            if isinstance(case, FaultCase):
                return _faulted(runs, case)
            doing = {"kill": _killed, "overtaken": _overtaken, "beside": _overtaken}
            return doing.get(case.what, _signalled)(runs, case)
    except AssertionError as problem:
        told = "\n".join(ended.story() for ended in runs.ended) if runs else ""
        raise AssertionError(f"{case}: {problem}\n{told}") from None


@dataclass(slots=True)
class _Runs:
    """The runs of one case, for the search for private keys and for people when it fails."""

    stage: ClusterStage
    ended: list[Ended] = field(default_factory=list)
    seen_in_proc: dict[str, str] = field(default_factory=dict)

    def finish(self, process: subprocess.Popen[str], began: float) -> Ended:
        self.ended.append(end_of(process, began))
        return self.ended[-1]

    def repair(self, ended: Ended) -> None:
        """Judge a run that met nothing, after those that did."""
        self.ended.append(ended)
        _assert_repaired(self.stage, ended)
        self.stage.assert_unseen(places(self.ended) | self.seen_in_proc)


def _faulted(runs: _Runs, case: FaultCase) -> bool:
    stage, before = runs.stage, runs.stage.held()
    stage.begin(lambda spot: case.wanted(stage, spot))
    ended = run_here(stage, command=COMMAND)
    runs.ended.append(ended)
    reached = case.spot in stage.spots
    _assert_true(stage, ended, before)
    stage.begin()
    # The process that has claimed the Secret is this very one, which lives on.
    runs.repair(run_here(stage, "--take-over", command=COMMAND))
    return reached


def _killed(runs: _Runs, case: ProcessCase) -> bool:
    def kill(process: subprocess.Popen[str]) -> None:
        runs.seen_in_proc |= look_into(process)
        process.kill()
        process.wait()

    ended, reached = _run_with(runs, case, kill)
    assert not reached or ended.code == -signal.SIGKILL, f"it was killed and ended with {ended.code}"
    runs.stage.assert_innocent()
    runs.stage.begin()
    runs.repair(run_plainly(runs.stage, command=COMMAND))
    return reached


def _signalled(runs: _Runs, case: ProcessCase) -> bool:
    before, asked_at = runs.stage.held(), [0.0]

    def ask(process: subprocess.Popen[str]) -> None:
        asked_at[0] = time.monotonic()
        process.send_signal(signal.Signals[case.what])

    ended, reached = _run_with(runs, case, ask)
    if reached:
        took = time.monotonic() - asked_at[0]
        assert took < SOON + _HURRY, f"it took {took:.1f} s to stop"
        _assert_true(runs.stage, ended, before)
        assert ended.code in (0, 130) and (ended.code or ended.outcomes), f"asked to stop, it ended with {ended.code}"
    runs.stage.begin()
    runs.repair(run_plainly(runs.stage, command=COMMAND))
    return reached


def _overtaken(runs: _Runs, case: ProcessCase) -> bool:
    stage, hold = runs.stage, Hold()
    stage.begin(lambda spot: holding(hold, when=case.when) if spot == case.spot else None)
    began = time.monotonic()
    process = start(stage, command=COMMAND)
    while not hold.reached and process.poll() is None:
        threading.Event().wait(0.01)
    reached = hold.reached
    how = ["--take-over"] if case.what == "overtaken" else []
    second = runs.finish(start(stage, *how, direct=True, command=COMMAND), time.monotonic())
    hold.release()
    first = runs.finish(process, began)
    stage.assert_innocent()
    assert {first.code, second.code} <= {0, 1}, f"exits {first.code} and {second.code}"
    stage.begin()
    runs.repair(run_plainly(stage, command=COMMAND))
    return reached


def _run_with(runs: _Runs, case: ProcessCase, doing: Callable[[subprocess.Popen[str]], None]) -> tuple[Ended, bool]:
    """Run a process that meets something at a call site, which does something to the process."""
    started, process, reached = threading.Event(), list[subprocess.Popen[str]](), threading.Event()

    def act(_: Seen) -> None:
        started.wait()
        reached.set()
        doing(process[0])

    fault = acting(act, when=case.when, drop=case.what == "kill")
    runs.stage.begin(lambda spot: fault if spot == case.spot else None)
    began = time.monotonic()
    process.append(start(runs.stage, command=COMMAND))
    started.set()
    return runs.finish(process[0], began), reached.is_set()


def _assert_true(stage: ClusterStage, ended: Ended, before: str) -> None:
    """A run that came to its end told the truth."""
    stage.assert_innocent()
    if ended.outcomes is None:
        assert ended.code in (1, 2, 130), f"no result, and exit {ended.code}"
        assert stage.held() == before and len(stage.mine()) == 1, "no result, and yet something was written"
        return
    outcome = ended.outcomes["releases"]
    end, held = outcome["outcome"], stage.held()
    assert (ended.code == 0) == (end == "rotated"), f"exit {ended.code} with {end}"
    if end == "rotated":
        stage.assert_converged()
        assert held != before and outcome["new_fingerprint"], "it is said to be rotated, and is not"
    elif end in _AS_BEFORE:
        assert held == before, f"it is said to be {end}, and holds another key"
    if end != "rotated":
        assert outcome["reason"], f"nobody says why it is {end}"
    assert ended.code != 3 or end == "needs-attention"


def _assert_repaired(stage: ClusterStage, ended: Ended) -> None:
    assert ended.code == 0, "the run after it is not content"
    stage.assert_converged()
