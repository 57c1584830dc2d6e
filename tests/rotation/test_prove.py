"""A new key is trusted only after AWS has accepted it, everywhere and without a break, for the settle time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.keys import KeyPair
from cellenics_ci.model.names import AccessKeyId, Region
from cellenics_ci.model.scopes import ACTIONS
from cellenics_ci.model.tags import Stage
from cellenics_ci.rotation.calls import (
    CreateKey,
    DeleteKey,
    Identity,
    ListKeys,
    RegistryToken,
    TagUser,
    WriteSecret,
)
from cellenics_ci.rotation.prove import PROOF_LIMIT
from cellenics_ci.run.outcome import Outcome, Status
from tests.rotation import scenes
from tests.rotation.harness import assert_converged
from tests.rotation.memory import World
from tests.rotation.scenes import HERE, again, locked, notes, rotated, world

OLD, NEW = AccessKeyId(f"AKIA{1:016d}"), AccessKeyId(f"AKIA{2:016d}")

Answer = Callable[[float, Region | None], Failure | str | None]
"""From a key's age in seconds and the endpoint's region to how AWS answers: None accepts it."""


@dataclass(slots=True)
class MoodyWorld(World):
    """An AWS that answers as it is told."""

    answer: Answer = lambda age, region: None
    registry: Answer = lambda age, region: None

    def identity(self, pair: KeyPair, region: Region | None) -> str:
        mood = self.answer(self.now_at - self.key_store[pair.id].created_at, region)
        if isinstance(mood, Failure):
            raise CallFailed(mood, f"refused: {mood}")
        return mood or "arn:aws:iam::1:user/ci-users/api/ci-user-api"

    def registry_token(self, pair: KeyPair, region: Region) -> None:
        mood = self.registry(self.now_at - self.key_store[pair.id].created_at, region)
        if isinstance(mood, Failure):
            raise CallFailed(mood, f"refused: {mood}")


def moody(answer: Answer = lambda age, region: None, registry: Answer = lambda age, region: None) -> MoodyWorld:
    found = MoodyWorld(exists=True, answer=answer, registry=registry)
    found.store(ACTIONS, found.add_key(age=86400 * 90), age=86400 * 80)
    return found


def age_when_written(found: World) -> float:
    """Seconds between the new key's making and the first secret: how long it was tried."""
    times: list[float] = []

    def note(found: World) -> None:
        times.append(found.now_at - found.key_store[NEW].created_at)

    assert rotated(found, scenes.Stage().on(WriteSecret, note, at=1)).status is Status.ROTATED
    return times[0]


def assert_taken_back(found: World, outcome: Outcome, status: Status = Status.ROLLED_BACK) -> None:
    assert outcome.status is status
    assert list(found.key_store) == [OLD]
    assert found.holder(ACTIONS) == OLD
    assert set(notes(found)) == {OLD}
    assert not locked(found)


# Creating it


def test_a_key_is_noted_as_pending_before_it_is_tried() -> None:
    found, stage = world(), scenes.Stage()
    rotated(found, stage)
    first = [type(call) for call in stage.made(CreateKey, TagUser, Identity)]
    assert first[first.index(CreateKey) : first.index(CreateKey) + 3] == [CreateKey, TagUser, Identity]

    pending: list[Stage] = []
    found = world()
    rotated(found, scenes.Stage().on(Identity, lambda found: pending.append(notes(found)[NEW].stage)))
    assert set(pending) == {Stage.PENDING}


@pytest.mark.parametrize("start", ["one key", "no key"])
def test_a_key_whose_answer_got_lost_is_deleted_before_another_is_made(start: str) -> None:
    """Also where there would be room for both: nobody would know whose the first one is."""
    found = world(start)
    stage = scenes.Stage().on(CreateKey, at=1, fault="after")
    outcome = rotated(found, stage)
    assert outcome.status is Status.ROTATED
    kinds = [type(call) for call in stage.made(CreateKey, ListKeys, DeleteKey)]
    first = kinds.index(CreateKey)
    assert kinds[first : first + 4] == [CreateKey, ListKeys, DeleteKey, CreateKey]
    assert_converged(found, HERE)


def test_a_key_that_was_never_made_is_looked_for_and_made_again() -> None:
    found = world()
    stage = scenes.Stage().on(CreateKey, at=1, fault="before").on(CreateKey, at=2, fault="throttled")
    assert rotated(found, stage).status is Status.ROTATED
    assert stage.count(CreateKey) == 3
    assert_converged(found, HERE)


@pytest.mark.parametrize("failure", [Failure.DENIED, Failure.INVALID, Failure.NOT_FOUND])
def test_a_key_that_may_not_be_made_leaves_everything_as_it_was(failure: Failure) -> None:
    found = world()
    stage = scenes.Stage().refuse(CreateKey, failure)
    assert_taken_back(found, rotated(found, stage))
    assert stage.count(CreateKey) == 1


def test_five_lost_answers_end_in_no_key_too_many() -> None:
    found = world()
    assert_taken_back(found, rotated(found, scenes.Stage().on(CreateKey, fault="after")))


def test_a_user_that_has_two_keys_by_now_is_left_alone() -> None:
    found = world()

    def by_hand(found: World) -> None:
        found.add_key(age=0)

    outcome = rotated(found, scenes.Stage().on(CreateKey, by_hand))
    assert (outcome.status, outcome.cause) == (Status.SKIPPED, "changed")
    assert len(found.key_store) == 2
    assert found.holder(ACTIONS) == OLD


# Trying it


@pytest.mark.parametrize("at", [1, 5])
def test_a_key_that_another_run_has_deleted_is_not_told_as_one_that_aws_refuses(at: int) -> None:
    found = world()

    def taken_over(found: World) -> None:
        scenes.steal_lock(found)
        found.key_store.pop(NEW)

    began = found.now_at
    outcome = rotated(found, scenes.Stage().on(Identity, taken_over, at=at), settle=10.0)
    assert (outcome.status, outcome.cause) == (Status.SKIPPED, "lost lock")
    assert found.holder(ACTIONS) == OLD
    # A key that was known before is missed at once.
    assert found.now_at - began < (130 if at == 1 else 30)


@pytest.mark.parametrize("settle", [3.0, 10.0, 30.0])
def test_a_key_is_accepted_for_the_settle_time_before_it_is_written(settle: float) -> None:
    found = moody()
    times: list[float] = []

    def note(found: World) -> None:
        times.append(found.now_at - found.key_store[NEW].created_at)

    rotated(found, scenes.Stage().on(WriteSecret, note, at=1), settle=settle)
    assert settle <= times[0] <= settle + 2


def test_both_the_global_and_the_regional_endpoint_are_asked() -> None:
    found, stage = moody(), scenes.Stage()
    rotated(found, stage)
    assert {call.region for call in stage.calls if isinstance(call, Identity)} == {None, "us-east-1"}


def test_without_a_settle_time_both_endpoints_still_accept_it_once() -> None:
    found, stage = moody(), scenes.Stage()
    rotated(found, stage, settle=0.0)
    assert [call.region for call in stage.calls if isinstance(call, Identity)] == [None, "us-east-1"]


def test_a_key_that_is_accepted_late_is_waited_for() -> None:
    found = moody(lambda age, region: Failure.UNAUTHENTICATED if age < 40 else None)
    assert 50 <= age_when_written(found) <= 53


@pytest.mark.parametrize("failure", [Failure.UNAUTHENTICATED, Failure.DENIED, Failure.NOT_FOUND])
def test_a_refusal_in_between_starts_the_settle_time_again(failure: Failure) -> None:
    found = moody(lambda age, region: failure if 5 < age < 8 else None)
    assert age_when_written(found) >= 18


def test_an_endpoint_that_refuses_while_the_other_accepts_is_waited_for() -> None:
    refused: list[float] = []

    def answer(age: float, region: Region | None) -> Failure | None:
        if region and age < 30:
            refused.append(age)
            return Failure.UNAUTHENTICATED
        return None

    assert age_when_written(moody(answer)) >= max(refused) + 10
    assert len(refused) > 2


@pytest.mark.parametrize("failure", [Failure.UNKNOWN, Failure.THROTTLED])
def test_no_answer_in_between_says_nothing_about_the_key(failure: Failure) -> None:
    found = moody(lambda age, region: failure if 2 < age < 6 else None)
    assert age_when_written(found) <= 13


@pytest.mark.parametrize("failure", [Failure.UNAUTHENTICATED, Failure.UNKNOWN, Failure.THROTTLED])
def test_a_key_that_is_never_accepted_is_deleted(failure: Failure) -> None:
    found = moody(lambda age, region: failure)
    began = found.now_at
    outcome = rotated(found)
    assert_taken_back(found, outcome)
    assert "did not accept the new key within 120 s" in outcome.reason
    assert outcome.cause == "unproven"
    assert PROOF_LIMIT <= found.now_at - began < PROOF_LIMIT + 20


def test_a_key_that_flickers_for_ever_is_deleted() -> None:
    found = moody(lambda age, region: Failure.UNAUTHENTICATED if age % 6 < 4 else None)
    assert_taken_back(found, rotated(found))


@pytest.mark.parametrize(
    "arn", ["arn:aws:iam::1:user/ci-users/ui/ci-user-ui", "arn:aws:iam::1:root", "arn:aws:iam::1:user/x-ci-user-api"]
)
def test_a_key_that_answers_as_somebody_else_is_deleted_at_once(arn: str) -> None:
    found, stage = moody(lambda age, region: arn), scenes.Stage()
    outcome = rotated(found, stage)
    assert_taken_back(found, outcome)
    assert arn in outcome.reason
    assert stage.count(Identity) == 1


def test_an_interruption_while_it_is_tried_ends_at_once() -> None:
    found = moody()
    began = found.now_at
    outcome = rotated(found, scenes.Stage().on(Identity, at=1, fault="interrupt"))
    assert_taken_back(found, outcome)
    assert outcome.interrupted
    assert found.now_at - began < 2


# What its policies declare


def test_the_registry_is_asked_once_when_the_key_has_settled() -> None:
    found, stage = moody(), scenes.Stage()
    rotated(found, stage)
    kinds = [type(call) for call in stage.made(Identity, RegistryToken, WriteSecret)]
    assert kinds.count(RegistryToken) == 1
    assert kinds.index(RegistryToken) > max(number for number, kind in enumerate(kinds) if kind is Identity)
    assert kinds.index(RegistryToken) < kinds.index(WriteSecret)


def test_a_registry_that_lets_the_key_in_late_is_waited_for() -> None:
    found = moody(registry=lambda age, region: Failure.DENIED if age < 60 else None)
    assert 60 <= age_when_written(found) <= 63


def test_a_key_that_the_registry_never_lets_in_is_deleted() -> None:
    found = moody(registry=lambda age, region: Failure.DENIED)
    outcome = rotated(found)
    assert_taken_back(found, outcome)
    assert "can't do what its policies declare" in outcome.reason
    assert again(moody()).status is Status.ROTATED


def test_a_key_that_can_not_be_deleted_is_cleared_by_the_next_run() -> None:
    found = world()
    found.delay = 1000
    outcome = rotated(found, scenes.Stage().on(DeleteKey, fault="before"))
    assert outcome.status is Status.ROLLED_BACK
    assert "could not be deleted" in outcome.reason
    assert set(found.key_store) == {OLD, NEW}
    assert locked(found), "nothing else would explain the key"
    found.delay = 2
    assert again(found).status is Status.ROTATED
    assert_converged(found, HERE)
