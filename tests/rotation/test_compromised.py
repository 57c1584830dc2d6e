"""A key in the wrong hands is cut off before anything else, and replaced after."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from cellenics_ci.errors import Failure
from cellenics_ci.model.github import OlderRuns
from cellenics_ci.model.names import AccessKeyId
from cellenics_ci.model.scopes import ACTIONS
from cellenics_ci.model.tags import Stage
from cellenics_ci.privileges.declaration import DENY_OLD_SESSIONS
from cellenics_ci.privileges.sessions import deny_text
from cellenics_ci.rotation.calls import (
    Call,
    CreateKey,
    DeactivateKey,
    DeleteKey,
    DeletePolicy,
    GetUser,
    Identity,
    LastUsed,
    PutPolicy,
    ReadRuns,
    TagUser,
    UntagUser,
    WriteSecret,
)
from cellenics_ci.rotation.decide import Wishes
from cellenics_ci.rotation.order import Mode, Order
from cellenics_ci.run.outcome import Outcome, Status, exit_code
from tests.rotation import scenes
from tests.rotation.harness import POLICY, SCOPE_SETS, plan, run
from tests.rotation.memory import START, World
from tests.rotation.scenes import again, locked, notes, steal_lock, workflow_run, world

OLD, NEW = AccessKeyId(f"AKIA{1:016d}"), AccessKeyId(f"AKIA{2:016d}")


def cut_off(found: World, stage: scenes.Stage | None = None, **wishes: Any) -> Outcome:
    return scenes.rotated(found, stage, mode=Mode.COMPROMISED, **wishes)


def assert_replaced(found: World) -> None:
    (only,) = found.key_store
    assert found.key_store[only].active
    assert found.holder(ACTIONS) == only
    assert set(notes(found)) == {only}
    assert not locked(found)


@pytest.mark.parametrize("start", ["one key", "one tagged key", "two keys"])
def test_every_key_is_deactivated_before_anything_else_is_changed(start: str) -> None:
    found = world(start)
    keys, stage = [key for key, value in found.key_store.items() if value.active], scenes.Stage()
    assert cut_off(found, stage).status is Status.ROTATED
    changes = stage.made(DeactivateKey, PutPolicy, CreateKey, DeleteKey, WriteSecret)
    first = [call.key for call in changes[: len(keys)] if isinstance(call, DeactivateKey)]
    assert sorted(first) == sorted(keys)
    assert isinstance(changes[len(keys)], PutPolicy)
    assert_replaced(found)
    assert not set(keys) & set(found.key_store)


def test_it_does_not_wait_for_settling_before_it_cuts_off() -> None:
    found = world("two keys")
    times: list[float] = []
    cut_off(found, scenes.Stage().on(DeactivateKey, lambda found: times.append(found.now_at - START)))
    assert max(times) < 2


def test_it_waits_for_no_run_and_asks_for_no_last_use() -> None:
    found, stage = world(), scenes.Stage()
    found.runs = OlderRuns((workflow_run(),), None)
    assert cut_off(found, stage).retirement_pending is None
    assert stage.count(ReadRuns) == stage.count(LastUsed) == 0
    assert_replaced(found)


def test_the_sessions_of_the_old_key_are_refused_and_stay_refused() -> None:
    found, stage = world(), scenes.Stage()
    cut_off(found, stage)
    text = found.policies[DENY_OLD_SESSIONS]
    assert text == deny_text(START + 0.35) == deny_text(START)
    cut_at = datetime.fromtimestamp(START, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert json.loads(text)["Statement"] == [
        {
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {"DateLessThan": {"aws:TokenIssueTime": cut_at}},
        }
    ]
    assert DENY_OLD_SESSIONS not in [call.policy for call in stage.calls if isinstance(call, DeletePolicy)]
    again(found)
    assert found.policies == dict([POLICY]) | {DENY_OLD_SESSIONS: text}


@pytest.mark.parametrize("failure", [Failure.LIMIT, Failure.DENIED, Failure.UNKNOWN])
def test_a_refused_deny_policy_is_told_and_the_key_is_replaced_all_the_same(failure: Failure) -> None:
    found = world()
    outcome = cut_off(found, scenes.Stage().refuse(PutPolicy, failure, at=1))
    assert outcome.status is Status.ROTATED
    assert "may last 36 h" in outcome.reason
    assert outcome.cause == "sessions"
    assert exit_code([outcome], left_out=False, interrupted=False) == 1
    assert_replaced(found)


def test_a_repository_without_a_key_simply_gets_one() -> None:
    for start in ("no user", "no key"):
        found = world(start)
        assert cut_off(found).status is Status.ROTATED
        assert_replaced(found)


def test_every_scope_gets_the_new_pair() -> None:
    scopes = SCOPE_SETS["all"]
    found = world("two keys", scopes)
    assert scenes.rotated(found, scopes=scopes, mode=Mode.COMPROMISED).status is Status.ROTATED
    assert {found.holder(scope) for scope in scopes} == set(found.key_store)


@pytest.mark.parametrize("call", [CreateKey, WriteSecret])
@pytest.mark.parametrize("failure", [Failure.DENIED, Failure.INVALID])
def test_a_failure_after_the_cut_needs_a_person_and_leaves_no_key_active(
    call: type[Call[Any]], failure: Failure
) -> None:
    found = world()
    outcome = cut_off(found, scenes.Stage().refuse(call, failure))
    assert outcome.status is Status.NEEDS_ATTENTION
    assert outcome.next_step
    assert {key: value.active for key, value in found.key_store.items()} == {OLD: False}
    assert not locked(found)


def test_a_key_that_aws_never_accepts_needs_a_person_too() -> None:
    found = world()
    found.delay = 1000
    outcome = cut_off(found)
    assert (outcome.status, outcome.cause) == (Status.NEEDS_ATTENTION, "unproven")
    assert list(found.key_store) == [OLD]


@pytest.mark.parametrize("mode", [Mode.COMPROMISED, Mode.ROTATE])
@pytest.mark.parametrize("start", ["one key", "two keys"])
def test_the_next_run_gives_the_repository_its_key(start: str, mode: Mode) -> None:
    found = world(start)
    assert cut_off(found, scenes.Stage().refuse(CreateKey, Failure.DENIED)).status is Status.NEEDS_ATTENTION
    assert again(found, mode=mode).status is Status.ROTATED
    assert_replaced(found)


def test_a_key_that_could_not_be_cut_off_needs_a_person() -> None:
    found = world()
    outcome = cut_off(found, scenes.Stage().refuse(DeactivateKey, Failure.DENIED))
    assert outcome.status is Status.NEEDS_ATTENTION
    assert list(found.key_store) == [OLD]


def test_an_interruption_after_the_cut_needs_a_person() -> None:
    found = world()
    outcome = cut_off(found, scenes.Stage().on(Identity, at=1, fault="interrupt"))
    assert (outcome.status, outcome.interrupted) == (Status.NEEDS_ATTENTION, True)
    assert outcome.next_step
    assert exit_code([outcome], left_out=False, interrupted=True) == 3
    assert again(found, mode=Mode.COMPROMISED).status is Status.ROTATED
    assert_replaced(found)


@pytest.mark.parametrize("max_age", [None, 365 * 86400.0])
@pytest.mark.parametrize("call", [DeactivateKey, DeleteKey])
def test_two_keys_that_a_dead_run_has_cut_off_are_replaced_by_any_run(call: type[Call[Any]], max_age: float) -> None:
    found = world("two keys")
    order = scenes.ordered(found, mode=Mode.COMPROMISED)
    run(found, order, fault=scenes.Stage().on(call, at=1 if call is DeleteKey else 2, fault="crash-after"))
    assert not any(key.active for key in found.key_store.values())
    assert again(found, max_age=max_age).status is Status.ROTATED
    assert_replaced(found)


@pytest.mark.parametrize("start", ["one key", "one tagged key"])
def test_what_is_known_of_a_key_stays_where_it_does_not_come_to_the_cut(start: str) -> None:
    found = world(start)
    before = {key: note.stage for key, note in notes(found).items()}
    run(found, scenes.ordered(found, mode=Mode.COMPROMISED), fault=scenes.Stage().on(DeactivateKey, fault="crash"))
    assert {key: note.stage for key, note in notes(found).items()} == before or not before
    assert all(note.stage is not Stage.RETIRED for note in notes(found).values())
    assert scenes.ordered(found).ground.outage == ()
    assert again(found).status is Status.ROTATED
    assert_replaced(found)


def test_a_note_of_a_key_that_is_gone_announces_nothing_once_another_is_known_to_be_in_github() -> None:
    found = world("two keys")
    order = scenes.ordered(found, mode=Mode.COMPROMISED)
    run(found, order, fault=scenes.Stage().on(ReadRuns, fault="crash").on(UntagUser, fault="crash"))
    found.now_at += 86400
    left = plan(found, (ACTIONS,), Wishes(mode=Mode.FINISH))
    assert not isinstance(left, Order) or (left.ground.outage, left.mode) == ((), Mode.FINISH)


def test_a_note_that_can_not_be_written_does_not_hold_up_the_cut() -> None:
    found = world()
    # The first is the lock's, the second the note's.
    assert cut_off(found, scenes.Stage().refuse(TagUser, Failure.DENIED, at=2)).status is Status.ROTATED
    assert_replaced(found)


@pytest.mark.parametrize("act", ["lost", "refused"])
def test_nothing_is_cut_off_without_the_lock(act: str) -> None:
    found, stage = world(), scenes.Stage()
    if act == "lost":
        order = scenes.ordered(found, mode=Mode.COMPROMISED)
        steal_lock(found)
        outcome = scenes.carried_out(found, order, stage)
    else:
        outcome = cut_off(found, stage.refuse(GetUser, Failure.UNKNOWN))
    assert outcome.status in (Status.SKIPPED, Status.ROLLED_BACK)
    assert found.key_store[OLD].active
    assert stage.count(DeactivateKey) == 0
