"""One run at a time works on a user: how the lock is taken, kept, lost and given back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.github import OlderRuns
from cellenics_ci.model.keys import User
from cellenics_ci.model.names import AccessKeyId
from cellenics_ci.model.scopes import ACTIONS
from cellenics_ci.model.tags import LOCK_TAG, REGION_TAG, REPOSITORY_TAG, Lock, Stage, lock_tags, read_lock
from cellenics_ci.rotation.calls import (
    Call,
    CreateKey,
    CreateUser,
    DeactivateKey,
    DeleteKey,
    GetUser,
    Identity,
    ListKeys,
    PutPolicy,
    ReadDates,
    ReadFileId,
    ReadRuns,
    ReserveWrites,
    Seal,
    TagUser,
    UntagUser,
    WriteSecret,
)
from cellenics_ci.rotation.observation import observe, user_difference
from cellenics_ci.run.outcome import Status
from cellenics_ci.run.user_lock import LOCK_SECONDS
from tests.rotation import scenes
from tests.rotation.harness import assert_converged
from tests.rotation.memory import OWNER, PATH, START, USER, World
from tests.rotation.scenes import (
    HERE,
    again,
    carried_out,
    locked,
    notes,
    ordered,
    rotated,
    steal_lock,
    workflow_run,
    world,
)

OLD, NEW = AccessKeyId(f"AKIA{1:016d}"), AccessKeyId(f"AKIA{2:016d}")
CHANGES = (CreateKey, PutPolicy, WriteSecret, DeactivateKey, DeleteKey)


def rival(found: World, *, process: str = "9.9", seconds: float = 900) -> Lock:
    return Lock("rival", "elsewhere", process, int(found.now_at) - 30, int(found.now_at + seconds), (OLD,))


# Taking it


def test_the_lock_says_who_where_until_when_and_which_keys_were_there() -> None:
    found, locks = world(), list[Lock | None]()
    rotated(found, scenes.Stage().on(ListKeys, lambda found: locks.append(read_lock(found.tags)), at=1))
    (lock,) = locks
    assert lock is not None
    assert (lock.run, lock.host, lock.process, lock.seen) == ("run-p1", "here", "p1", (OLD,))
    assert (lock.at, lock.until) == (int(START), int(START + LOCK_SECONDS))


def slow(found: World) -> None:
    """Let the answer come later than a look may be relied on."""
    assert found.now_at < START + 1800, "it asks for ever"
    found.now_at += 60


def test_an_answer_that_comes_too_late_to_write_upon_is_asked_for_again() -> None:
    found, stage = world(), scenes.Stage()
    assert rotated(found, stage.on(GetUser, slow, at=1)).status is Status.ROTATED
    assert stage.calls[:3] == [GetUser(USER), GetUser(USER), stage.made(TagUser)[0]]


def test_answers_that_always_come_too_late_are_a_failure_and_nothing_is_touched() -> None:
    found, stage = world(), scenes.Stage()
    before = found.copy()
    outcome = rotated(found, stage.on(GetUser, slow))
    assert (outcome.status, outcome.cause) == (Status.ROLLED_BACK, Failure.UNKNOWN)
    assert "too slowly" in outcome.reason
    assert outcome.next_step
    assert stage.calls == [GetUser(USER)] * 5
    assert (found.tags, found.key_store, found.held) == (before.tags, before.key_store, before.held)


def test_a_wish_to_stop_is_heard_while_answers_come_too_late() -> None:
    found, stage = world(), scenes.Stage()
    outcome = rotated(found, stage.on(GetUser, slow).on(GetUser, at=2, fault="interrupt"))
    assert (outcome.status, outcome.interrupted) == (Status.ROLLED_BACK, True)
    assert stage.count(GetUser) == 2


def test_the_lock_the_owner_the_region_and_adopted_keys_go_in_by_one_call() -> None:
    found, stage = world(), scenes.Stage()
    rotated(found, stage)
    first = stage.made(TagUser)[0]
    assert isinstance(first, TagUser)
    assert {LOCK_TAG, REPOSITORY_TAG, REGION_TAG, f"cellenics-ci:key:{OLD}"} == set(first.tags)
    assert first.tags[REPOSITORY_TAG] == OWNER
    assert first.tags[f"cellenics-ci:key:{OLD}"].startswith("adopted ")


def test_a_new_user_is_made_with_its_lock_in_one_call() -> None:
    found, stage = world("no user"), scenes.Stage()
    rotated(found, stage)
    (made,) = stage.made(CreateUser)
    assert isinstance(made, CreateUser)
    assert (made.path, LOCK_TAG in made.tags) == (PATH, True)


def test_nothing_is_changed_before_the_lock_was_read_again() -> None:
    found, stage = world(), scenes.Stage()
    rotated(found, stage)
    kinds = [type(call) for call in stage.calls]
    locked_at = kinds.index(TagUser)
    first_change = min(kinds.index(kind) for kind in CHANGES if kind in kinds)
    assert kinds[:locked_at].count(GetUser) == 1
    assert not set(kinds[:locked_at]) & set(CHANGES)
    assert locked_at < first_change


def test_a_read_that_took_too_long_is_not_written_upon() -> None:
    """Who reads for ten seconds may overwrite a lock that was written meanwhile."""
    found, stage = world(), scenes.Stage()

    def slowly(found: World) -> None:
        found.now_at += 20

    stage.on(GetUser, slowly, at=1)
    assert rotated(found, stage).status is Status.ROTATED
    assert [type(call) for call in stage.calls[:3]] == [GetUser, GetUser, TagUser]


@pytest.mark.parametrize("process", ["alive", "dead"])
def test_a_lock_that_came_since_the_plan_keeps_us_out(process: str) -> None:
    found = world()
    found.dead.add("dead")
    order = ordered(found)
    found.tags.update(lock_tags(rival(found, process=process)))
    before = found.copy()
    stage = scenes.Stage()
    outcome = carried_out(found, order, stage)
    assert outcome.status is Status.SKIPPED
    assert outcome.cause == ("locked" if process == "alive" else "changed")
    assert found.tags == before.tags
    assert not stage.made(TagUser, UntagUser, *CHANGES)


def test_a_lock_that_ran_out_since_the_plan_is_a_change_and_no_rival() -> None:
    found = world()
    order = ordered(found)
    found.tags.update(lock_tags(rival(found, seconds=-1)))
    assert carried_out(found, order).cause == "changed"


def test_a_dead_owners_lock_is_held_for_the_settle_time_before_its_leftovers_are_touched() -> None:
    found = world()
    pending = found.add_key(age=60)
    found.tags.update(lock_tags(replace(rival(found), process="dead")))
    found.dead.add("dead")
    touched: list[float] = []
    stage = scenes.Stage().on(DeleteKey, lambda found: touched.append(found.now_at), at=1)
    outcome = rotated(found, stage)
    assert touched[0] >= START + 10
    assert pending in outcome.retired_keys
    assert_converged(found, HERE)


def test_a_living_lock_is_taken_over_only_on_demand() -> None:
    found = world()
    found.tags.update(lock_tags(rival(found)))
    assert rotated(found, take_over=True).status is Status.ROTATED
    assert_converged(found, HERE)


# What changed since the plan


def test_a_ci_file_that_changed_since_the_plan_stops_before_anything_is_done() -> None:
    found, stage = world(), scenes.Stage()
    order = ordered(found)
    outcome = carried_out(found, replace(order, seen=replace(order.seen, file_id="another")), stage)
    assert (outcome.status, outcome.cause) == (Status.SKIPPED, "changed")
    assert "CI file" in outcome.reason
    assert stage.count(ReadFileId) == 1
    assert not stage.made(*CHANGES)
    assert not locked(found)


def gone(found: World) -> None:
    found.key_store.clear()


def off(found: World) -> None:
    found.key_store[OLD].active = False


@pytest.mark.parametrize("act", [gone, off])
def test_keys_that_were_changed_since_the_plan_stop_before_anything_is_done(act: Callable[[World], None]) -> None:
    found, stage = world(), scenes.Stage()
    order = ordered(found)
    act(found)
    outcome = carried_out(found, order, stage)
    assert "access keys were changed" in outcome.reason
    assert not stage.made(*CHANGES)
    assert not locked(found)


def test_a_key_that_nobody_explains_keeps_our_lock_which_says_that_it_was_not_there() -> None:
    found = world()
    order = ordered(found)
    found.add_key(age=0)
    outcome = carried_out(found, order)
    assert (outcome.status, outcome.cause) == (Status.SKIPPED, "changed")
    lock = read_lock(found.tags)
    assert lock is not None
    assert lock.seen == (OLD,)
    assert again(found).retired_keys[0] == NEW
    assert_converged(found, HERE)


def test_a_key_that_appears_beside_a_first_one_keeps_our_lock_and_is_told() -> None:
    """A run that lost the race for the lock, and died over the key it had made."""
    found = world("no key")

    def died_over_it(found: World) -> None:
        if len(found.key_store) == 1:
            found.add_key(age=0)

    stage = scenes.Stage().on(ListKeys, died_over_it)
    outcome = rotated(found, stage)
    assert outcome.status is Status.ROTATED
    assert "was made by a run that died meanwhile" in outcome.reason
    assert locked(found)
    assert again(found).status is Status.ROTATED
    assert_converged(found, HERE)


def user(**fields: Any) -> User:
    tags = {REPOSITORY_TAG: OWNER, REGION_TAG: "us-east-1", "cellenics-ci:key:AKIA1": "live at=1"}
    plain = User(USER, PATH, "arn", START, tags)
    return replace(plain, **{**fields, "tags": {**tags, **fields.get("tags", {})}})


@pytest.mark.parametrize(
    ("now", "difference"),
    [
        (user(), None),
        (user(tags={"team": "web"}), None),
        (None, "is gone"),
        (user(path="/ci-users/other/"), "moved to another path"),
        (user(tags={"cellenics-ci:key:AKIA1": "retired at=1"}), "another run has worked"),
        (user(tags={"cellenics-ci:key:AKIA1": "by hand"}), "another run has worked"),
        (user(tags={"cellenics-ci:key:AKIA2": "pending at=1"}), "another run has worked"),
        (user(tags=lock_tags(Lock("r", "h", "1.1", 1, 2))), "another run has worked"),
        (user(tags={REPOSITORY_TAG: "other/api@7"}), "tags were edited"),
        (user(tags={REGION_TAG: "eu-west-1"}), "tags were edited"),
    ],
)
def test_what_was_done_to_the_user_since_the_plan_is_seen(now: User | None, difference: str | None) -> None:
    planned = observe(user(), (), {}, "blob")
    found = user_difference(planned, now)
    assert found is None if difference is None else difference in (found or "")


def test_a_user_that_appeared_since_the_plan_is_seen() -> None:
    assert "appeared" in (user_difference(observe(None, (), {}, None), user()) or "")


# Keeping it


@pytest.mark.parametrize("call", [CreateKey, Identity, ReserveWrites, ReadDates])
def test_a_run_that_lost_its_lock_deletes_its_own_pending_key_and_leaves(call: type[Call[Any]]) -> None:
    found, stage = world(), scenes.Stage()

    def lose(found: World) -> None:
        steal_lock(found)
        # Only after half a settle time is a look old enough to be repeated.
        found.now_at += 6

    outcome = rotated(found, stage.on(call, lose, at=1))
    assert outcome.status is Status.SKIPPED
    assert (outcome.reason, outcome.cause) == ("another run has taken over", "lost lock")
    assert list(found.key_store) == [OLD]
    assert found.holder(ACTIONS) == OLD
    lock = read_lock(found.tags)
    assert lock is not None
    assert lock.run == "rival"
    assert not stage.made(UntagUser, WriteSecret)
    assert again(found, take_over=True).status is Status.ROTATED
    assert_converged(found, HERE)


def test_the_lock_is_always_read_just_before_the_first_secret() -> None:
    found, stage = world(), scenes.Stage()
    rotated(found, stage)
    kinds = [type(call) for call in stage.calls]
    before = kinds[: kinds.index(WriteSecret)]
    assert GetUser in before[before.index(ReserveWrites) :]


@pytest.mark.parametrize("call", [Identity, Seal, ReserveWrites])
def test_a_lock_that_was_lost_a_moment_ago_is_noticed_before_the_first_secret(call: type[Call[Any]]) -> None:
    """Where a look is still fresh no guard looks again: only the one that always comes does."""
    found, stage = world(), scenes.Stage().on(call, steal_lock, at=1)
    found.delay = 0
    outcome = rotated(found, stage, settle=0.0)
    assert (outcome.status, outcome.cause) == (Status.SKIPPED, "lost lock")
    assert stage.count(WriteSecret) == 0
    assert list(found.key_store) == [OLD]


def test_a_lock_that_is_half_over_is_renewed() -> None:
    found = world()
    found.runs = OlderRuns((workflow_run(),), None)
    until: list[int] = []

    def look(found: World) -> None:
        lock = read_lock(found.tags)
        assert lock is not None
        assert lock.until > found.now_at, "the lock ran out while it was held"
        until.append(lock.until)

    rotated(found, scenes.Stage().on(ReadRuns, look), wait=3600.0)
    assert len(set(until)) > 5
    assert until[-1] - until[0] > 3000


def test_a_user_that_another_run_made_meanwhile_is_that_runs() -> None:
    found = world("no user")

    def faster(found: World) -> None:
        found.exists = True
        found.tags.update(lock_tags(rival(found)))

    outcome = rotated(found, scenes.Stage().on(CreateUser, faster))
    assert (outcome.status, outcome.cause) == (Status.SKIPPED, "lost lock")
    assert found.key_store == {}


def test_a_user_whose_making_was_answered_twice_is_our_own() -> None:
    """The SDK sends again what got no answer; the second try finds what the first one made."""
    found = world("no user")

    def twice(found: World) -> None:
        if not found.exists:
            (made,) = [call for call in stage.calls if isinstance(call, CreateUser)]
            made.perform(found.ports())

    stage = scenes.Stage()
    assert rotated(found, stage.on(CreateUser, twice)).status is Status.ROTATED
    assert_converged(found, HERE)


def test_a_user_whose_making_got_no_answer_is_looked_for_and_rotated() -> None:
    found, stage = world("no user"), scenes.Stage()
    assert rotated(found, stage.on(CreateUser, fault="after", at=1)).status is Status.ROTATED
    assert stage.count(CreateUser) == 1
    assert_converged(found, HERE)


def test_a_user_that_was_not_made_is_asked_for_again() -> None:
    found, stage = world("no user"), scenes.Stage()
    assert rotated(found, stage.on(CreateUser, fault="before", at=1)).status is Status.ROTATED
    assert stage.count(CreateUser) == 2
    assert_converged(found, HERE)


def test_a_user_that_another_run_made_while_our_answer_got_lost_is_that_runs() -> None:
    found, stage = world("no user"), scenes.Stage()

    def faster(found: World) -> None:
        found.exists = True
        found.tags.update(lock_tags(rival(found)))

    outcome = rotated(found, stage.on(CreateUser, faster, fault="before"))
    assert (outcome.status, outcome.cause) == (Status.SKIPPED, "lost lock")
    assert found.key_store == {}
    assert stage.count(CreateUser) == 1


def test_a_user_that_never_gets_made_leaves_nothing() -> None:
    found, stage = world("no user"), scenes.Stage()
    assert rotated(found, stage.on(CreateUser, fault="before")).status is Status.ROLLED_BACK
    assert stage.count(CreateUser) == 4
    assert not found.exists


# Giving it back


def test_a_new_user_that_stays_without_a_key_is_told() -> None:
    outcome = rotated(world("no user"), scenes.Stage().refuse(CreateKey, Failure.DENIED))
    assert outcome.status is Status.ROLLED_BACK
    assert f"the new IAM user {USER} stays, without a key" in outcome.reason


def test_a_key_that_was_given_up_in_vain_is_told() -> None:
    outcome = rotated(world("two keys"), scenes.Stage().refuse(CreateKey, Failure.DENIED))
    assert outcome.status is Status.ROLLED_BACK
    assert "AKIA…0002 had been given up before, and is gone" in outcome.reason
    kept = rotated(world(), scenes.Stage().refuse(CreateKey, Failure.DENIED))
    assert "given up" not in kept.reason and "stays" not in kept.reason


def test_who_interrupts_is_told_how_to_go_on() -> None:
    outcome = rotated(world(), scenes.Stage().on(CreateKey, fault="interrupt"))
    assert (outcome.status, outcome.interrupted) == (Status.ROLLED_BACK, True)
    assert "run the same command again" in outcome.next_step


def test_the_lock_and_the_notes_of_keys_that_are_gone_go_in_one_call() -> None:
    found, stage = world(), scenes.Stage()
    rotated(found, stage)
    (untag,) = stage.made(UntagUser)
    assert isinstance(untag, UntagUser)
    assert set(untag.names) == {LOCK_TAG, f"cellenics-ci:key:{OLD}"}


def test_a_lock_that_can_not_be_given_back_is_told_and_harms_nothing() -> None:
    found, stage = world(), scenes.Stage().on(UntagUser, fault="before")
    outcome = rotated(found, stage)
    assert outcome.status is Status.ROTATED
    assert "runs out by itself: no answer" in outcome.reason
    assert stage.count(UntagUser) == 3
    assert set(notes(found)) == {OLD, NEW}
    assert found.tags[f"cellenics-ci:key:{NEW}"].startswith(Stage.LIVE)
    assert again(found).status is Status.ROTATED
    assert_converged(found, HERE)


def test_a_lost_answer_to_giving_it_back_is_tried_again_without_harm() -> None:
    found = world()
    outcome = rotated(found, scenes.Stage().on(UntagUser, at=1, fault="after"))
    assert (outcome.status, outcome.reason) == (Status.ROTATED, "")
    assert_converged(found, HERE)


def test_a_lock_that_was_lost_at_the_end_stays_the_others() -> None:
    found = world()

    def refuse_once(found: World) -> None:
        steal_lock(found)
        found.now_at += 6
        raise CallFailed(Failure.THROTTLED, "throttled")

    outcome = rotated(found, scenes.Stage().on(UntagUser, refuse_once, at=1))
    assert outcome.status is Status.ROTATED
    lock = read_lock(found.tags)
    assert lock is not None
    assert lock.run == "rival"
