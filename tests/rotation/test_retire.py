"""The old key goes only when nothing may need it any more; else it stays, and says what it waits for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.github import OlderRuns
from cellenics_ci.model.names import KEY_ID_SECRET, AccessKeyId
from cellenics_ci.model.scopes import ACTIONS
from cellenics_ci.model.tags import LOCK_TAG, Stage, read_lock
from cellenics_ci.rotation.calls import (
    DeactivateKey,
    DeleteKey,
    Identity,
    LastUsed,
    ListKeys,
    ReadDates,
    ReadRuns,
    UntagUser,
)
from cellenics_ci.rotation.order import Mode
from cellenics_ci.run.outcome import Outcome, Status, exit_code
from tests.rotation import scenes
from tests.rotation.harness import POLICY, assert_converged, run
from tests.rotation.memory import World
from tests.rotation.scenes import (
    HERE,
    NO_RUNS,
    again,
    locked,
    notes,
    ordered,
    rotated,
    steal_lock,
    unwatched,
    workflow_run,
    world,
)

OLD = AccessKeyId(f"AKIA{1:016d}")
NEW = AccessKeyId(f"AKIA{2:016d}")


def test_worlds_keys_are_named_as_these_tests_name_them() -> None:
    assert list(world().key_store) == [OLD]


def runs(*unfinished: int, last_end: float | None = None) -> Callable[[World], None]:
    def act(found: World) -> None:
        found.runs = OlderRuns(tuple(map(workflow_run, unfinished)), last_end)

    return act


def assert_kept(found: World, outcome: Outcome, because: str) -> None:
    """The old key is as it was, both keys are explained, and the lock is given back."""
    assert outcome.status is Status.ROTATED
    assert because in (outcome.retirement_pending or ""), outcome
    assert outcome.retired_keys == ()
    assert found.key_store[OLD].active
    assert notes(found)[OLD].stage is Stage.RETIRED
    assert not locked(found)


def test_an_old_key_that_nobody_needs_goes_in_two_steps() -> None:
    found, stage = world(), scenes.Stage()
    outcome = rotated(found, stage)
    assert (outcome.retired_keys, outcome.live_key, outcome.retirement_pending) == ((OLD,), NEW, None)
    removal = stage.made(ReadRuns, LastUsed, DeactivateKey, DeleteKey, ListKeys)[-6:]
    names = [type(call).__name__ for call in removal]
    assert names == ["ReadRuns", "LastUsed", "ListKeys", "DeactivateKey", "ListKeys", "DeleteKey"]


def test_a_run_that_may_hold_the_old_key_is_waited_for() -> None:
    found = world()
    stage = scenes.Stage().on(ReadRuns, runs(7, 8)).on(ReadRuns, runs(7), at=2).on(ReadRuns, runs(), at=4)
    began = found.now_at
    outcome = rotated(found, stage)
    assert outcome.retirement_pending is None
    assert stage.count(ReadRuns) == 4
    assert found.now_at - began > 40
    assert_converged(found, HERE)
    assert "waiting for 2 runs that may hold the old key" in found.told


def test_only_runs_from_before_the_delivery_are_asked_for() -> None:
    found, stage = world(), scenes.Stage()
    rotated(found, stage)
    (asked,) = stage.made(ReadRuns)
    assert isinstance(asked, ReadRuns)
    written = found.held[ACTIONS][KEY_ID_SECRET][1]
    assert written < asked.created_before <= written + 2


def test_the_old_key_stays_when_the_wait_is_over_before_the_run() -> None:
    found = world()
    began = found.now_at
    outcome = rotated(found, scenes.Stage().on(ReadRuns, runs(7, 8, 9)), wait=120.0)
    assert_kept(found, outcome, "run 7 (deploy, in_progress) and 2 more began before the delivery and has not ended")
    assert 120 <= found.now_at - began < 180
    assert outcome.cause == ""
    assert found.holder(ACTIONS) == NEW


def test_without_a_wait_nothing_is_waited_for() -> None:
    found = world()
    stage = scenes.Stage().on(ReadRuns, runs(7))
    assert_kept(found, rotated(found, stage, wait=0.0), "run 7")
    assert stage.count(ReadRuns) == 1


@pytest.mark.parametrize("mode", [Mode.FINISH, Mode.ROTATE])
def test_the_next_run_goes_on_with_a_retirement_that_waited(mode: Mode) -> None:
    found = world()
    rotated(found, scenes.Stage().on(ReadRuns, runs(7)), wait=0.0)
    found.runs = NO_RUNS
    outcome = again(found, mode=mode)
    assert OLD in outcome.retired_keys
    assert outcome.status is (Status.UNCHANGED if mode is Mode.FINISH else Status.ROTATED)
    assert_converged(found, HERE)


def test_a_retirement_that_still_waits_makes_no_third_key() -> None:
    found = world()
    rotated(found, scenes.Stage().on(ReadRuns, runs(7)), wait=0.0)
    outcome = again(found, wait=0.0)
    assert outcome.status is Status.UNCHANGED
    assert "run 7" in (outcome.retirement_pending or "")
    assert list(found.key_store) == [OLD, NEW]
    assert notes(found)[OLD].stage is Stage.RETIRED
    assert not locked(found)


def use(key: AccessKeyId, *, after: float = 0.0) -> Callable[[World], None]:
    def act(found: World) -> None:
        if key in found.key_store:
            found.key_store[key].used_at = found.now_at + after

    return act


def test_a_key_that_somebody_used_after_the_delivery_is_kept_and_says_where() -> None:
    found = world()
    outcome = rotated(found, scenes.Stage().on(LastUsed, use(OLD)))
    assert_kept(found, outcome, "somebody used it after the delivery (ecr in us-east-1, ")
    assert outcome.cause == "used elsewhere"


def test_it_is_kept_the_next_time_too() -> None:
    found = world()
    rotated(found, scenes.Stage().on(LastUsed, use(OLD)))
    outcome = again(found, mode=Mode.FINISH)
    assert outcome.cause == "used elsewhere"
    assert found.key_store[OLD].active


def test_a_use_from_before_the_delivery_does_not_matter() -> None:
    found = world()
    assert rotated(found, scenes.Stage().on(ListKeys, use(OLD), at=1)).retirement_pending is None


def test_a_run_that_was_waited_for_may_have_used_the_key_until_it_ended() -> None:
    found = world()
    stage = scenes.Stage().on(ReadRuns, runs(7)).on(ReadRuns, use(OLD)).on(ReadRuns, runs(), at=3)
    assert rotated(found, stage).retirement_pending is None
    assert_converged(found, HERE)


def test_a_use_long_after_the_last_run_ended_is_somebody_elses() -> None:
    found = world()
    stage = scenes.Stage().on(ReadRuns, runs(7)).on(ReadRuns, runs(), at=2).on(LastUsed, use(OLD, after=120))
    assert_kept(found, rotated(found, stage), "somebody used it")


def test_a_run_that_ended_before_anybody_looked_may_have_used_the_key() -> None:
    """It ended between two runs of this program, and its end is all that is known of it."""
    found = world()
    rotated(found, scenes.Stage().on(ReadRuns, runs(7)), wait=0.0)
    found.now_at += 3600
    found.key_store[OLD].used_at = found.now_at
    runs(last_end=found.now_at + 5)(found)
    assert again(found, mode=Mode.FINISH, after=600).retired_keys == (OLD,)


def test_a_use_after_all_known_runs_had_ended_keeps_the_key() -> None:
    found = world()
    rotated(found, scenes.Stage().on(ReadRuns, runs(7)), wait=0.0)
    found.now_at += 3600
    runs(last_end=found.now_at)(found)
    found.key_store[OLD].used_at = found.now_at + 300
    outcome = again(found, mode=Mode.FINISH, after=600)
    assert "somebody used it" in (outcome.retirement_pending or "")
    assert found.key_store[OLD].active


def overwrite(found: World) -> None:
    found.now_at += 5
    found.store(ACTIONS, OLD, age=0)


def test_the_old_key_stays_when_the_secrets_were_overwritten_meanwhile() -> None:
    found = world()
    stage = scenes.Stage().on(ReadRuns, runs(7)).on(ReadRuns, overwrite, at=2).on(ReadRuns, runs(), at=2)
    outcome = rotated(found, stage)
    assert_kept(found, outcome, "the secrets were written in the meantime (repository)")
    assert found.works(ACTIONS)


def deactivate(found: World) -> None:
    found.key_store[NEW].active = False


def delete(found: World) -> None:
    del found.key_store[NEW]


@pytest.mark.parametrize("act", [deactivate, delete])
def test_the_old_key_stays_when_the_new_one_was_taken_away_meanwhile(act: Callable[[World], None]) -> None:
    found = world()
    outcome = unwatched(found, scenes.Stage().on(LastUsed, act))
    assert_kept(found, outcome, "the new key AKIA…0002 is gone or inactive")


def test_a_deactivated_old_key_is_not_deleted_when_the_new_one_was_taken_away_meanwhile() -> None:
    def after_the_deactivation(found: World) -> None:
        if not found.key_store[OLD].active:
            found.key_store[NEW].active = False

    found, stage = world(), scenes.Stage().on(ListKeys, after_the_deactivation)
    outcome = unwatched(found, stage)
    assert "is gone or inactive" in (outcome.retirement_pending or "")
    assert stage.count(DeactivateKey) == 1
    assert OLD in found.key_store


def test_an_interruption_while_waiting_leaves_both_keys_and_no_lock() -> None:
    found = world()
    stage = scenes.Stage().on(ReadRuns, runs(7)).on(ReadRuns, at=3, fault="interrupt")
    outcome = rotated(found, stage)
    assert_kept(found, outcome, "interrupted")
    assert outcome.interrupted
    found.runs = NO_RUNS
    assert again(found).status is Status.ROTATED
    assert_converged(found, HERE)


def test_a_run_that_loses_its_lock_while_waiting_leaves_the_key_to_the_other() -> None:
    found = world()
    stage = scenes.Stage().on(ReadRuns, runs(7)).on(ReadRuns, steal_lock, at=2)
    outcome = rotated(found, stage)
    assert "another run has taken over" in (outcome.retirement_pending or "")
    assert found.key_store[OLD].active
    lock = read_lock(found.tags)
    assert lock is not None
    assert lock.run == "rival"
    assert LOCK_TAG not in [name for call in stage.made(UntagUser) for name in getattr(call, "names", ())]


@pytest.mark.parametrize("call", [ReadRuns, LastUsed, DeactivateKey])
def test_a_refusal_before_the_old_key_was_touched_keeps_it(call: type) -> None:
    found = world()
    outcome = rotated(found, scenes.Stage().on(call, fault="denied"))
    assert_kept(found, outcome, "is still there: denied")
    assert outcome.cause == "retire denied"
    assert again(found).retired_keys[0] == OLD
    assert_converged(found, HERE)


def test_a_key_that_could_be_deactivated_but_not_deleted_is_cleared_by_the_next_run() -> None:
    found = world()
    outcome = rotated(found, scenes.Stage().on(DeleteKey, fault="before"))
    assert "no answer" in (outcome.retirement_pending or "")
    assert not found.key_store[OLD].active
    assert again(found, max_age=86400.0).retired_keys == (OLD,)
    assert_converged(found, HERE)


def test_dates_that_can_not_be_read_again_keep_the_key() -> None:
    found = world()
    stage = scenes.Stage().on(ReadRuns, runs(7)).on(ReadRuns, runs(), at=2)

    def from_now_on(found: World) -> None:
        stage.on(ReadDates, fault="before")

    stage.on(ReadRuns, from_now_on, at=2)
    assert_kept(found, rotated(found, stage), "no answer")


def test_an_inactive_old_key_is_not_waited_for() -> None:
    found = world()
    found.key_store[OLD].active = False
    found.held.clear()
    stage = scenes.Stage().on(ReadRuns, runs(7))
    assert rotated(found, stage).retired_keys == (OLD,)
    assert stage.count(ReadRuns) == 0
    assert list(found.key_store) == [NEW]


# A key that can't be deleted


def test_what_would_help_against_a_refusal_stands_beside_it() -> None:
    def refuse(found: World) -> None:
        raise CallFailed(Failure.DENIED, "AWS refused it.", remedy="Allow iam:UpdateAccessKey.")

    found = world()
    outcome = rotated(found, scenes.Stage().on(DeactivateKey, refuse))
    assert (outcome.status, outcome.next_step) == (Status.ROTATED, "Allow iam:UpdateAccessKey.")


def test_a_retired_key_that_may_never_be_deleted_is_told_as_such_by_every_run() -> None:
    found = world()
    assert rotated(found, scenes.Stage().refuse(DeleteKey, Failure.DENIED)).status is Status.ROTATED
    assert not found.key_store[OLD].active
    stage = scenes.Stage().refuse(DeleteKey, Failure.DENIED)
    found.now_at += 60
    outcome = rotated(found, stage, process="p2")
    assert (outcome.status, outcome.cause) == (Status.UNCHANGED, "discard denied")
    assert "is still there (retired earlier, already inactive): refused" in (outcome.retirement_pending or "")
    assert exit_code([outcome], left_out=False, interrupted=False) == 1
    assert found.holder(ACTIONS) == NEW
    assert not locked(found)
    assert again(found).status is Status.ROTATED
    assert_converged(found, HERE)


def test_a_leftover_that_is_the_only_key_and_can_not_be_deleted_is_no_success() -> None:
    found = world("no key")
    assert run(found, ordered(found), fault=scenes.Stage().on(Identity, at=1, fault="crash")) is None
    found.now_at += 60
    outcome = rotated(found, scenes.Stage().refuse(DeleteKey, Failure.DENIED), process="p2")
    assert outcome.status is Status.ROLLED_BACK
    assert again(found).status is Status.ROTATED
    assert_converged(found, HERE)


def test_a_run_that_only_brings_policies_up_to_date_says_so() -> None:
    found = world("one tagged key")
    found.policies["old"] = "{}"
    outcome = rotated(found, max_age=90 * 86400.0)
    assert (outcome.status, found.policies) == (Status.UNCHANGED, dict([POLICY]))
    assert "its policies are as declared now" in outcome.reason
