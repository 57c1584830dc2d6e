"""Many targets side by side: who may start when, and in which order the outcomes come back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from cellenics_ci.model.names import RepoName
from cellenics_ci.run.crew import Gate, Shows, work_through
from cellenics_ci.run.events import Began, Delivered, Ended, Event, silence
from cellenics_ci.run.interruption import Interruption
from cellenics_ci.run.outcome import Outcome, Status

PATIENCE = 10.0
"""Seconds after which a thread that should have been let go counts as stuck: a failure, never a wait."""


@dataclass(frozen=True)
class Target:
    repo: RepoName


def targets(count: int) -> list[Target]:
    return [Target(RepoName(f"r{number}")) for number in range(count)]


def ended(target: Target, status: Status = Status.ROTATED, *, cause: str = "") -> Outcome:
    return Outcome(target.repo, status, cause=cause)


def worked(
    found: Sequence[Target],
    work: Callable[[Target], Outcome],
    *,
    jobs: int = 4,
    interruption: Interruption | None = None,
    gate: Gate | None = None,
    shows: Callable[[Target], Shows] = lambda target: Shows.SOON,
) -> tuple[Outcome, ...]:
    stop = interruption or Interruption()
    return work_through(found, work, jobs=jobs, interruption=stop, gate=gate or Gate(silence), shows=shows)


def statuses(outcomes: Sequence[Outcome]) -> list[str]:
    return [f"{outcome.repository} {outcome.status}" for outcome in outcomes]


def test_outcomes_come_in_the_order_of_the_targets_whoever_ends_first() -> None:
    last_done = threading.Event()

    def work(target: Target) -> Outcome:
        if target.repo == "r2":
            last_done.set()
        else:
            assert last_done.wait(PATIENCE)
        return ended(target)

    assert statuses(worked(targets(3), work)) == ["r0 rotated", "r1 rotated", "r2 rotated"]


def test_nothing_to_do_is_no_outcome() -> None:
    assert worked([], ended) == ()


def test_no_more_than_jobs_work_at_once_and_as_many_do() -> None:
    meeting = threading.Barrier(3)
    inside, most = 0, 0
    guard = threading.Lock()

    def work(target: Target) -> Outcome:
        nonlocal inside, most
        with guard:
            inside += 1
            most = max(most, inside)
        if target.repo != "r0":
            meeting.wait(PATIENCE)
        with guard:
            inside -= 1
        return ended(target)

    assert len(worked(targets(10), work, jobs=3)) == 10
    assert most == 3


def test_the_first_of_four_works_alone_until_it_has_its_new_key() -> None:
    began: list[str] = []
    others = threading.Event()

    def listen(event: Event) -> None:
        if isinstance(event, Began):
            began.append(event.repo)
            if event.repo != "r0":
                others.set()

    gate = Gate(listen)

    def work(target: Target) -> Outcome:
        if target.repo == "r0":
            assert began == ["r0"]
            gate(Delivered(target.repo))
            # It still waits for old runs, and the others start meanwhile.
            assert others.wait(PATIENCE)
        return ended(target)

    worked(targets(4), work, gate=gate)
    assert sorted(began) == ["r0", "r1", "r2", "r3"]


def test_of_three_none_goes_alone() -> None:
    meeting = threading.Barrier(3)

    def work(target: Target) -> Outcome:
        meeting.wait(PATIENCE)
        return ended(target)

    assert len(worked(targets(3), work)) == 3


def test_after_a_first_that_failed_the_next_goes_alone_too() -> None:
    alone: list[str] = []
    inside = threading.Semaphore(1)

    def work(target: Target) -> Outcome:
        if target.repo in ("r0", "r1", "r2"):
            assert inside.acquire(blocking=False), "another one works at the same time"
            alone.append(target.repo)
            inside.release()
        return ended(target, Status.ROLLED_BACK if target.repo in ("r0", "r1") else Status.ROTATED, cause=target.repo)

    worked(targets(6), work)
    assert alone == ["r0", "r1", "r2"]


def finishing(*names: str) -> Callable[[Target], Shows]:
    return lambda target: Shows.NOTHING if target.repo in names else Shows.SOON


def test_who_shows_nothing_and_waits_for_long_does_not_hold_the_others_up() -> None:
    others = threading.Event()
    began: list[str] = []

    def listen(event: Event) -> None:
        if isinstance(event, Began):
            began.append(event.repo)
            if len(began) == 5:
                others.set()

    def work(target: Target) -> Outcome:
        assert target.repo != "r0" or others.wait(PATIENCE)
        return ended(target, Status.UNCHANGED if target.repo == "r0" else Status.ROTATED)

    outcomes = worked(targets(5), work, jobs=2, gate=Gate(listen), shows=finishing("r0"))
    assert statuses(outcomes) == ["r0 unchanged", *(f"r{number} rotated" for number in range(1, 5))]
    assert began[0] == "r1"


def test_the_end_of_one_that_shows_nothing_lets_nobody_start() -> None:
    began: list[str] = []
    shown = threading.Event()

    def listen(event: Event) -> None:
        if isinstance(event, Began):
            began.append(event.repo)
        if isinstance(event, Ended) and event.repo == "r4":
            shown.set()

    gate = Gate(listen)

    def work(target: Target) -> Outcome:
        if target.repo == "r1":
            # All that show nothing come and go beside it, and it is the only one of its kind all the time.
            assert shown.wait(PATIENCE)
            assert not gate.is_open
            assert sorted(began) == ["r0", "r1", "r4"]
        return ended(target, Status.UNCHANGED if target.repo in ("r0", "r4") else Status.ROTATED)

    worked(targets(5), work, jobs=2, gate=gate, shows=finishing("r0", "r4"))
    assert set(began[3:]) == {"r2", "r3"}


def test_who_may_have_to_wait_goes_after_who_shows_it_soon_and_alone_where_there_is_no_other() -> None:
    began: list[str] = []

    def listen(event: Event) -> None:
        if isinstance(event, Began):
            began.append(event.repo)

    def late(target: Target) -> Shows:
        return Shows.SOON if target.repo == "r3" else Shows.LATE

    def failing(target: Target) -> Outcome:
        return ended(target, Status.NEEDS_ATTENTION, cause="half")

    outcomes = worked(targets(5), failing, gate=Gate(listen), shows=late)
    assert began == ["r3", "r0", "r1"]
    assert [outcome.cause for outcome in outcomes] == ["half", "half", "breaker", "half", "breaker"]


def test_where_nobody_shows_anything_all_start_at_once() -> None:
    meeting = threading.Barrier(4)

    def work(target: Target) -> Outcome:
        meeting.wait(PATIENCE)
        return ended(target, Status.UNCHANGED)

    assert len(worked(targets(4), work, shows=finishing("r0", "r1", "r2", "r3"))) == 4


def test_one_that_did_not_come_to_its_trial_lets_nobody_start() -> None:
    """An old key that could not be deleted, say: nothing was tried, whatever else is well with the repository."""
    gate = Gate(silence)

    def work(target: Target) -> Outcome:
        if target.repo == "r0":
            return ended(target, Status.UNCHANGED, cause="discard denied")
        assert target.repo != "r1" or not gate.is_open
        return ended(target)

    assert len(worked(targets(5), work, gate=gate)) == 5


def test_three_like_failures_stop_new_ones_from_starting() -> None:
    worked_on: list[str] = []

    def work(target: Target) -> Outcome:
        worked_on.append(target.repo)
        return ended(target, Status.ROLLED_BACK, cause="unproven")

    outcomes = worked(targets(6), work, jobs=1)
    assert worked_on == ["r0", "r1", "r2"]
    assert [outcome.status for outcome in outcomes[3:]] == [Status.SKIPPED] * 3
    assert {outcome.cause for outcome in outcomes[3:]} == {"breaker"}
    assert all("3 repositories failed in the same way" in outcome.reason for outcome in outcomes[3:])
    assert all(outcome.next_step for outcome in outcomes[3:])


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (Status.ROTATED, "retire denied"),
        (Status.ROTATED, "denied"),
        (Status.UNCHANGED, "retire denied"),
        (Status.UNCHANGED, "discard denied"),
    ],
)
def test_a_right_that_is_missed_at_three_only_once_they_have_new_keys_stops_new_ones_too(
    status: Status, cause: str
) -> None:
    """Without the right to delete keys, every user would end with two of them."""
    outcomes = worked(targets(6), lambda target: ended(target, status, cause=cause), jobs=1)
    assert [outcome.status for outcome in outcomes] == [status] * 3 + [Status.SKIPPED] * 3
    assert {outcome.cause for outcome in outcomes[3:]} == {"breaker"}
    assert all("the same step was refused at each" in outcome.reason for outcome in outcomes[3:])


@pytest.mark.parametrize("cause", ["", "used elsewhere", "retire no answer", "interrupted"])
def test_old_keys_that_stay_for_reasons_of_their_own_do_not_stop_the_rest(cause: str) -> None:
    outcomes = worked(targets(6), lambda target: ended(target, cause=cause), jobs=1)
    assert {outcome.status for outcome in outcomes} == {Status.ROTATED}


def test_failures_of_different_causes_do_not_stop_the_rest() -> None:
    def work(target: Target) -> Outcome:
        return ended(target, Status.ROLLED_BACK, cause=f"cause {int(target.repo[1:]) // 2}")

    assert statuses(worked(targets(6), work, jobs=1)) == [f"r{number} rolled-back" for number in range(6)]


def test_repositories_left_out_for_their_own_reasons_do_not_stop_the_rest() -> None:
    def work(target: Target) -> Outcome:
        return ended(target, Status.SKIPPED, cause="locked")

    assert {outcome.cause for outcome in worked(targets(6), work, jobs=1)} == {"locked"}


def test_what_has_begun_is_finished_after_the_third_like_failure() -> None:
    failures: list[str] = []
    third = threading.Event()

    def listen(event: Event) -> None:
        if isinstance(event, Ended) and event.outcome.cause:
            failures.append(event.repo)
            if len(failures) == 3:
                third.set()

    together = threading.Barrier(4)

    def work(target: Target) -> Outcome:
        if target.repo in ("r1", "r2", "r3", "r4"):
            together.wait(PATIENCE)
        if target.repo in ("r1", "r2", "r3"):
            return ended(target, Status.NEEDS_ATTENTION, cause="write denied")
        assert target.repo == "r0" or third.wait(PATIENCE)
        return ended(target)

    outcomes = worked(targets(5), work, gate=Gate(listen))
    assert statuses(outcomes) == ["r0 rotated", *(f"r{n} needs-attention" for n in (1, 2, 3)), "r4 rotated"]


def test_an_interruption_starts_nothing_new_and_says_so() -> None:
    interruption = Interruption()

    def work(target: Target) -> Outcome:
        interruption.ask()
        return ended(target)

    outcomes = worked(targets(5), work, interruption=interruption)
    assert statuses(outcomes) == ["r0 rotated", *(f"r{number} skipped" for number in range(1, 5))]
    assert all(outcome.interrupted for outcome in outcomes[1:])
    assert not outcomes[0].interrupted


def test_who_listens_is_told_of_each_beginning_and_end() -> None:
    told: list[Event] = []
    guard = threading.Lock()

    def listen(event: Event) -> None:
        with guard:
            told.append(event)

    outcomes = worked(targets(5), ended, gate=Gate(listen))
    assert {event.repo for event in told if isinstance(event, Began)} == {f"r{number}" for number in range(5)}
    assert {event.outcome for event in told if isinstance(event, Ended)} == set(outcomes)


def test_no_jobs_at_all_still_means_one() -> None:
    assert statuses(worked(targets(2), ended, jobs=0)) == ["r0 rotated", "r1 rotated"]
