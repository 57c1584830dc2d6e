"""The exit code that a run's outcomes end in."""

from __future__ import annotations

import pytest

from cellenics_ci.model.names import RepoName
from cellenics_ci.run.outcome import Outcome, Status, exit_code

S = Status


@pytest.mark.parametrize(
    ("ends", "left_out", "interrupted", "code"),
    [
        ((), False, False, 0),
        ((S.ROTATED, S.UNCHANGED), False, False, 0),
        ((), True, False, 1),
        ((S.ROTATED,), True, False, 1),
        ((S.ROTATED, S.SKIPPED), False, False, 1),
        ((S.ROLLED_BACK,), False, False, 1),
        ((S.NEEDS_ATTENTION,), False, False, 3),
        ((S.ROTATED, S.NEEDS_ATTENTION, S.SKIPPED), True, False, 3),
        ((S.ROTATED,), False, True, 130),
        ((S.SKIPPED,), True, True, 130),
        # A repository without a key is worse than a run that was stopped.
        ((S.NEEDS_ATTENTION, S.SKIPPED), False, True, 3),
    ],
)
def test_the_worst_end_decides_the_exit_code(
    ends: tuple[Status, ...], left_out: bool, interrupted: bool, code: int
) -> None:
    outcomes = [Outcome(RepoName(f"r{number}"), end) for number, end in enumerate(ends)]
    assert exit_code(outcomes, left_out=left_out, interrupted=interrupted) == code


def test_a_retirement_that_waits_is_done() -> None:
    waiting = Outcome(RepoName("api"), S.ROTATED, retirement_pending="run 7 has not ended")
    assert exit_code([waiting], left_out=False, interrupted=False) == 0


def test_a_good_end_with_something_that_failed_after_it_is_not_done() -> None:
    partly = Outcome(RepoName("api"), S.ROTATED, cause="retire denied")
    assert exit_code([partly], left_out=False, interrupted=False) == 1
