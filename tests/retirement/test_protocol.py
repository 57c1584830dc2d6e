"""What a retirement does in single scenes: what it looks at, what stops it, what it says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.names import AccessKeyId
from cellenics_ci.model.retirement_tag import Phase, Retirement, retirement_tags
from cellenics_ci.model.scopes import ACTIONS
from cellenics_ci.model.tags import LOCK_TAG, REPOSITORY_TAG, Lock, lock_tags
from cellenics_ci.retirement.calls import Call, DeleteSecret, DeleteUser, ReadRepository
from cellenics_ci.retirement.decide import Wishes
from cellenics_ci.retirement.order import Order, Step
from cellenics_ci.rotation.calls import CreateKey
from cellenics_ci.rotation.order import Order as RotationOrder
from cellenics_ci.run.outcome import LeftOut, Outcome, Status
from cellenics_ci.run.user_calls import DeactivateKey, DeleteKey, TagUser
from tests.retirement.harness import DAY, phase, plan, run, step, worlds
from tests.retirement.memory import READS, World
from tests.rotation.harness import SCOPE_SETS
from tests.rotation.harness import plan as plan_rotation
from tests.rotation.harness import run as run_rotation
from tests.rotation.memory import OWNER

HERE = SCOPE_SETS["actions"]


def world(start: str) -> World:
    return worlds(HERE)[start].copy()


def ordered(found: World, **wishes: Any) -> Order:
    order = plan(found, HERE, Wishes(**wishes))
    assert isinstance(order, Order), order
    return order


def carried_out(
    found: World, order: Order, act: Callable[[World, Call[Any]], None] = lambda world, call: None
) -> Outcome:
    def fault(number: int, call: Call[Any], found: World) -> str:
        act(found, call)
        return ""

    outcome = run(found, order, fault=fault)
    assert outcome is not None
    assert LOCK_TAG not in found.tags or "taken over" in outcome.reason
    return outcome


def test_a_key_that_was_used_lately_is_watched_and_stays_active() -> None:
    found = world("used lately")
    order = ordered(found)
    assert order.step is Step.WATCH
    outcome = carried_out(found, order)
    assert outcome.status is Status.WAITING
    assert outcome.until == pytest.approx(found.now_at + 6 * DAY + 900, abs=10)
    assert all(key.active for key in found.key_store.values())
    assert (phase(found), found.tags[REPOSITORY_TAG]) == (Phase.WATCHING, OWNER)


def test_a_use_that_comes_between_plan_and_lock_is_seen() -> None:
    found = world("unused")
    order = ordered(found)
    assert order.step is Step.DEACTIVATE
    (key,) = found.key_store
    found.use(key)
    assert carried_out(found, order).status is Status.WAITING
    assert (found.key_store[key].active, phase(found)) == (True, Phase.WATCHING)


def test_a_key_that_is_used_while_it_is_watched_is_watched_on() -> None:
    found = world("watching")
    (key,) = found.key_store
    found.now_at += 5 * DAY
    found.use(key)
    found.now_at += 3 * DAY
    waiting = plan(found, HERE)
    assert isinstance(waiting, Outcome)
    assert waiting.until == pytest.approx(found.now_at + 4 * DAY + 900)


def test_a_soaking_user_waits_until_its_tag_says_so_whatever_is_asked_later() -> None:
    found = world("soaking")
    waiting = plan(found, HERE, Wishes(soak=0.0))
    assert isinstance(waiting, Outcome)
    assert waiting.status is Status.WAITING
    found.now_at += 7 * DAY + 60
    assert ordered(found).step is Step.DELETE


def test_a_key_that_was_made_active_by_hand_is_watched_from_then_on() -> None:
    found = world("soaked")
    (key,) = found.key_store
    found.key_store[key].active = True
    order = ordered(found)
    assert (order.step, "active again" in order.why) == (Step.WATCH, True)
    carried_out(found, order)
    found.now_at += 6 * DAY
    assert isinstance(plan(found, HERE), Outcome)
    found.now_at += 2 * DAY
    assert ordered(found).step is Step.DEACTIVATE


def test_a_key_that_was_used_while_it_should_have_been_inactive_soaks_anew() -> None:
    found = world("soaked")
    (key,) = found.key_store
    found.use(key, ago=DAY)
    order = ordered(found)
    assert (order.step, "used" in order.why) == (Step.DEACTIVATE, True)
    assert carried_out(found, order).until == pytest.approx(found.now_at + 7 * DAY, abs=10)


@pytest.mark.parametrize("start", ["unused", "soaked", "deleting halfway"])
def test_a_push_before_the_last_look_stops_it(start: str) -> None:
    found = world(start)
    order = ordered(found)
    taken: list[Call[Any]] = []

    def push(found: World, call: Call[Any]) -> None:
        if isinstance(call, TagUser):
            found.workflow = READS
        if isinstance(call, DeactivateKey | DeleteKey | DeleteSecret):
            taken.append(call)

    outcome = carried_out(found, order, push)
    inactive = start != "unused"
    assert outcome.status is (Status.NEEDS_ATTENTION if inactive else Status.SKIPPED)
    assert ".github/workflows/ci.yaml:5" in outcome.reason
    assert ("--undo" in outcome.next_step) == inactive
    assert taken == []


def test_workflows_that_can_not_be_read_now_stop_it() -> None:
    found = world("soaked")
    order = ordered(found)
    found.workflow = None
    assert carried_out(found, order).status is Status.UNFINISHED
    assert found.key_store


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda found: setattr(found, "there", False), "is gone"),
        (lambda found: setattr(found, "archived", True), "was archived"),
        (lambda found: setattr(found, "repository_id", 8), "is another one now"),
        (lambda found: found.add_key(age=0), "access keys were changed"),
        (lambda found: found.tags.update({REPOSITORY_TAG: "acme/other@9"}), "another run has worked on the user"),
        (lambda found: found.store(ACTIONS, next(iter(found.key_store)), age=0), "secrets were written"),
    ],
)
def test_what_changed_since_the_plan_leaves_everything_as_it_is(change: Callable[[World], Any], reason: str) -> None:
    found = world("soaked")
    order = ordered(found)
    change(found)
    before = found.copy()
    outcome = carried_out(found, order)
    assert (outcome.status, outcome.cause) == (Status.SKIPPED, "changed")
    assert reason in outcome.reason
    assert (found.key_store, found.held) == (before.key_store, before.held)


def test_the_secrets_of_an_archived_repository_stay_and_are_named() -> None:
    found = world("archived")
    step(found, HERE)
    found.now_at += 8 * DAY
    outcome = step(found, HERE)
    assert outcome.status is Status.RETIRED
    assert "archived repository" in outcome.reason
    assert outcome.scopes == ()
    assert found.held[ACTIONS]


def test_what_else_is_attached_keeps_the_user_and_is_said() -> None:
    found = world("soaked")
    found.attached = True
    outcome = step(found, HERE)
    assert (outcome.status, outcome.cause) == (Status.UNFINISHED, "attached")
    assert "MFA" in outcome.reason
    assert (found.exists, found.key_store) == (True, {})


def test_a_lost_answer_to_the_last_call_is_looked_up() -> None:
    found = world("soaked")

    def lose(number: int, call: Call[Any], found: World) -> str:
        return "after" if isinstance(call, DeleteUser) else ""

    outcome = run(found, ordered(found), fault=lose)
    assert outcome is not None
    assert outcome.status is Status.RETIRED


def test_a_living_run_of_another_is_left_alone_and_a_dead_one_is_taken_over() -> None:
    found = world("unused")
    found.tags.update(lock_tags(Lock("other", "there", "9.9", int(found.now_at), int(found.now_at) + 900)))
    left = plan(found, HERE)
    assert isinstance(left, LeftOut)
    assert "--take-over" in left.remedy
    assert isinstance(plan(found, HERE, Wishes(take_over=True)), Order)
    found.now_at += 1000
    assert step(found, HERE).status is Status.WAITING
    assert LOCK_TAG not in found.tags


def test_a_lock_that_came_after_the_plan_is_respected() -> None:
    found = world("unused")
    order = ordered(found)
    found.tags.update(lock_tags(Lock("other", "there", "9.9", int(found.now_at), int(found.now_at) + 900)))
    outcome = run(found, order)
    assert outcome is not None
    assert (outcome.status, outcome.cause) == (Status.SKIPPED, "locked")
    assert "other" in found.tags[LOCK_TAG]


def test_who_loses_the_lock_takes_nothing_more_away() -> None:
    found = world("soaked")
    order = ordered(found)

    def steal(found: World, call: Call[Any]) -> None:
        if isinstance(call, ReadRepository):
            found.tags.update(lock_tags(Lock("rival", "there", "9.9", int(found.now_at), int(found.now_at) + 900)))

    outcome = carried_out(found, order, steal)
    assert outcome.reason == "another run has taken over"
    assert found.key_store
    assert found.held[ACTIONS]
    assert "rival" in found.tags[LOCK_TAG]


def test_an_undo_leaves_keys_alone_that_were_inactive_before() -> None:
    found = world("unused")
    earlier = found.add_key(age=300 * DAY, active=False)
    (key,) = (each for each in found.key_store if each != earlier)
    step(found, HERE)
    assert step(found, HERE, undo=True).status is Status.RESTORED
    assert {name: each.active for name, each in found.key_store.items()} == {key: True, earlier: False}


def test_an_undo_that_comes_too_late_says_what_makes_a_new_key() -> None:
    found = world("deleting halfway")
    found.key_store.clear()
    outcome = step(found, HERE, undo=True)
    assert "deleted already" in outcome.reason
    assert outcome.next_step == "cellenics rotate-ci api"


def test_an_undo_of_what_is_not_being_retired_does_nothing() -> None:
    assert isinstance(plan(world("unused"), HERE, Wishes(undo=True)), LeftOut)


def test_a_key_that_went_missing_while_it_is_given_back_is_said() -> None:
    found = world("soaking")

    class Gone(World):
        """A world whose key goes just before it is made active."""

        def activate_access_key(self, name: Any, key: AccessKeyId) -> None:
            raise CallFailed(Failure.NOT_FOUND, "gone")

    order = ordered(found, undo=True)
    gone = Gone(**{name: getattr(found, name) for name in World.__dataclass_fields__})
    outcome = carried_out(gone, order)
    assert "deleted already" in outcome.reason
    assert phase(gone) is Phase.KEPT


def test_now_waits_for_nothing_and_takes_everything() -> None:
    found = world("used lately")
    outcome = carried_out(found, ordered(found, now=True))
    assert outcome.status is Status.RETIRED
    assert (found.exists, found.key_store) == (False, {})


def test_a_rotation_leaves_a_user_alone_that_is_being_retired() -> None:
    for start in ("watching", "soaking", "deleting halfway"):
        found = world(start)
        left = plan_rotation(found, HERE)
        assert isinstance(left, LeftOut)
        assert (left.fault, "retire-ci --undo api" in left.remedy) == (False, True)


def test_a_rotation_that_was_planned_before_gives_way() -> None:
    found = world("unused")
    order = plan_rotation(found, HERE)
    assert isinstance(order, RotationOrder)
    keys = set(found.key_store)
    step(found, HERE)
    outcome = run_rotation(found, order)
    assert outcome is not None
    assert outcome.status is Status.SKIPPED
    assert set(found.key_store) == keys


def test_a_rotation_gives_way_to_a_retirement_that_began_under_its_hands() -> None:
    """Tags are no compare-and-swap: both may have seen the user free."""
    found = world("unused")
    order = plan_rotation(found, HERE)
    assert isinstance(order, RotationOrder)
    keys, held = set(found.key_store), found.copy().held

    def begin(number: int, call: Any, found: Any) -> str:
        if isinstance(call, CreateKey):
            found.tags.update(retirement_tags(Retirement(Phase.WATCHING, at=int(found.now_at))))
        return ""

    outcome = run_rotation(found, order, fault=begin)
    assert outcome is not None
    assert (outcome.status, outcome.cause) == (Status.SKIPPED, "lost lock")
    assert (set(found.key_store), found.held) == (keys, held)


def test_a_use_of_an_inactive_key_that_is_told_late_stops_the_deletion() -> None:
    found = world("soaked")
    order = ordered(found)
    (key,) = found.key_store
    found.use(key, ago=DAY)
    outcome = carried_out(found, order)
    assert (outcome.status, outcome.cause) == (Status.SKIPPED, "changed")
    assert found.held[ACTIONS]
    assert key in found.key_store


def test_a_user_without_keys_has_nothing_to_wait_for() -> None:
    assert ordered(world("no key")).step is Step.DELETE


def test_a_key_that_stays_inactive_is_given_back_even_if_another_one_is_watched_again() -> None:
    found = world("two keys")
    assert carried_out(found, ordered(found)).status is Status.WAITING
    first, second = found.key_store
    found.key_store[second].active = True
    found.use(second)
    assert step(found, HERE).status is Status.WAITING
    assert (phase(found), found.key_store[first].active) == (Phase.WATCHING, False)
    assert step(found, HERE, undo=True).status is Status.RESTORED
    assert found.key_store[first].active
