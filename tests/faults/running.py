"""The real command, run in this process in quick motion, or as a process of its own; and what came of it."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, Protocol
from unittest.mock import patch

from cellenics_ci.clients.github.budget import Budget
from cellenics_ci.run.interruption import SIGNALS, Interruption
from cellenics_ci.sandbox.clock import Clock
from tests.faults.stage import CI_TOKEN_VARIABLE
from tests.inprocess import run_main

QUICK: Final = 10.0
"""So many times as fast does time go by in quick motion, for the program and for the servers."""
SETTLE: Final = 2.0
ROOT: Final = Path(__file__).parents[2]
COMMAND: Final = ("rotate-ci", "--yes", "--format", "json", "--show-ids", "--wait", "0")
WITH_TOKEN: Final = ("--ci-token-env", CI_TOKEN_VARIABLE)


class Surroundings(Protocol):
    """What a run takes from a stage."""

    @property
    def clock(self) -> Clock:
        """The servers' clock."""

    def environment(self, *, settle: float = 0.0, direct: bool = False) -> dict[str, str]:
        """Return the whole environment of a run."""


class QuickClock(Clock):
    """A clock that runs `QUICK` times as fast as time."""

    def __init__(self) -> None:
        super().__init__()
        self._began = time.time(), time.monotonic()

    def __call__(self) -> float:
        wall, ticks = self._began
        return wall + (time.monotonic() - ticks) * QUICK + self._ahead


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended. `code` is negative where a signal ended it."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def outcomes(self) -> dict[str, dict[str, Any]] | None:
        """The outcomes by repository; None where the run did not come to a result."""
        try:
            return {each["repository"]: each for each in json.loads(self.out)["outcomes"]}
        except ValueError:
            return None

    def story(self) -> str:
        """Return what people need to understand a failing case."""
        return f"exit {self.code} after {self.seconds:.1f} s\n{self.out}\n{self.err}"


def run_here(stage: Surroundings, *options: str, command: Sequence[str] = COMMAND) -> Ended:
    """Run the command in this process. The stage needs a QuickClock."""
    with _quick_motion(stage):
        return run_plainly(stage, *options, settle=SETTLE, command=command)


def run_plainly(stage: Surroundings, *options: str, settle: float = 0.0, command: Sequence[str] = COMMAND) -> Ended:
    """Run the command in this process, in its own time: for a run that nothing happens to."""
    began = time.monotonic()
    code, out, err = run_main([*command, *options], stage.environment(settle=settle))
    return Ended(code, out, err, time.monotonic() - began)


def start(
    stage: Surroundings,
    *options: str,
    settle: float = 0.0,
    direct: bool = False,
    command: Sequence[str] = COMMAND,
) -> subprocess.Popen[str]:
    """Start the command as a process of its own; `direct`: past the proxies."""
    with _nothing_ignored():
        return subprocess.Popen(
            [sys.executable, "-m", "cellenics_ci", *command, *options],
            env=stage.environment(settle=settle, direct=direct),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def end_of(process: subprocess.Popen[str], began: float, timeout: float = 120.0) -> Ended:
    """Wait for a process that was started at `began` (monotonic seconds)."""
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"a run did not end within {timeout:.0f} s:\n{err}") from None
    return Ended(process.returncode, out, err, time.monotonic() - began)


@contextlib.contextmanager
def _quick_motion(stage: Surroundings) -> Iterator[None]:
    wait = Interruption.wait

    def wait_quickly(self: Interruption, seconds: float) -> None:
        wait(self, seconds / QUICK)

    def wrong_by_an_hour() -> float:
        # The machine's own clock is wrong; the servers' counts.
        return stage.clock() - 3600

    defaults: Any = Budget.__init__.__kwdefaults__
    with (
        patch.object(Interruption, "wait", wait_quickly),
        patch("cellenics_ci.cli.compose._ticking", lambda: wrong_by_an_hour),
        patch.dict(defaults, now=lambda: time.monotonic() * QUICK),
        patch("botocore.endpoint.time", SimpleNamespace(sleep=lambda seconds: time.sleep(seconds / QUICK))),
    ):
        yield


@contextlib.contextmanager
def _nothing_ignored() -> Iterator[None]:
    """Let a process hear Ctrl-C even where we do not: shells start background jobs with it ignored, and heirs too."""
    ignored = [number for number in SIGNALS if signal.getsignal(number) is signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, lambda number, frame: None)
    try:
        yield
    finally:
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)


def places(ended: Sequence[Ended]) -> dict[str, str]:
    """Return all that runs have shown, for the search for canaries."""
    return {
        f"{name} of run {number}": text
        for number, each in enumerate(ended, 1)
        for name, text in (("stdout", each.out), ("stderr", each.err))
    }
