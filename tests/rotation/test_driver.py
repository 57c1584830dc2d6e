"""The driver performs what the protocol asks for, tells it how that went, and lets nothing unforeseen out."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from cellenics_ci.errors import CallFailed, Failure, Interrupted
from cellenics_ci.model.github import OlderRuns, SealedValue
from cellenics_ci.model.keys import User
from cellenics_ci.model.names import AccessKeyId, RepoName, UserName
from cellenics_ci.model.scopes import ACTIONS, PairDates, Scope
from cellenics_ci.model.secret import Secret
from cellenics_ci.model.tags import Stage, read_notes
from cellenics_ci.rotation.calls import Call, CreateKey, GetUser, ListKeys, Now, Steps, Tell, Wait
from cellenics_ci.rotation.driver import carry_out
from cellenics_ci.rotation.order import Order
from cellenics_ci.run.calls import drive
from cellenics_ci.run.host import Runner
from cellenics_ci.run.interruption import Interruption
from cellenics_ci.run.outcome import Outcome, Status, exit_code
from tests.rotation.harness import assert_converged
from tests.rotation.memory import REPO, USER, World
from tests.rotation.scenes import HERE, locked, ordered, world

RUNNER = Runner("run-1", "here", "p1")
DONE = Outcome(REPO, Status.ROTATED)
NOBODY = AccessKeyId("")


def test_each_call_is_answered_in_its_turn() -> None:
    answered: list[Any] = []

    def steps() -> Steps[Outcome]:
        answered.append((yield from Now()))
        answered.append((yield from ListKeys(USER)))
        yield from Tell(REPO, "done")
        return DONE

    performed: list[Call[Any]] = []

    def perform(call: Call[Any]) -> Any:
        performed.append(call)
        return len(performed)

    assert drive(steps(), perform) is DONE
    assert performed == [Now(), ListKeys(USER), Tell(REPO, "done")]
    assert answered == [1, 2]


@pytest.mark.parametrize("failure", [CallFailed(Failure.DENIED, "denied"), Interrupted()])
def test_a_failure_is_raised_where_the_call_was_asked_for(failure: Exception) -> None:
    caught: list[Exception] = []

    def steps() -> Steps[Outcome]:
        try:
            yield from GetUser(USER)
        except (CallFailed, Interrupted) as problem:
            caught.append(problem)
        assert (yield from Now()) == 5.0
        return DONE

    def perform(call: Call[Any]) -> Any:
        if isinstance(call, GetUser):
            raise failure
        return 5.0

    assert drive(steps(), perform) is DONE
    assert caught == [failure]


def test_a_failure_that_nobody_handles_comes_out() -> None:
    def steps() -> Steps[Outcome]:
        yield from Wait(1)
        return DONE

    def perform(call: Call[Any]) -> Any:
        raise Interrupted

    with pytest.raises(Interrupted):
        drive(steps(), perform)


def test_what_nobody_foresaw_is_not_given_to_the_protocol() -> None:
    """It could be taken for an answer there; the state is unknown, and the next run finds it out."""

    def steps() -> Steps[Outcome]:
        with pytest.raises(BaseException):  # noqa: B017 - whatever is thrown in
            yield from Now()
        return DONE

    def perform(call: Call[Any]) -> Any:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        drive(steps(), perform)


def test_an_order_is_carried_out_against_the_ports() -> None:
    found = world()
    outcome = carry_out(ordered(found), RUNNER, found.ports(), Interruption())
    assert outcome.status is Status.ROTATED
    assert_converged(found, HERE)
    assert "delivered" in found.told


@dataclass(slots=True)
class BrokenWorld(World):
    """A world with a mistake in it."""

    secret: str = "canary-wJalrXUtnFEMI"

    def list_access_keys(self, name: UserName) -> Any:
        raise KeyError(self.secret)


def test_what_nobody_foresaw_is_an_outcome_that_calls_a_person(caplog: pytest.LogCaptureFixture) -> None:
    found = BrokenWorld(exists=True)
    order = ordered(world("no key"))
    with caplog.at_level(logging.INFO):
        outcome = carry_out(order, RUNNER, found.ports(), Interruption())
    assert (outcome.status, outcome.cause) == (Status.NEEDS_ATTENTION, "internal")
    assert "KeyError" in outcome.reason
    assert "run the same command again" in outcome.next_step
    assert exit_code([outcome], left_out=False, interrupted=False) == 3
    assert found.secret not in f"{outcome} {caplog.text}"


def test_the_debug_log_names_its_kind_and_leaves_showing_it_to_the_command_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Which prints tracebacks without values: nobody knows what is in an exception's text."""
    order = ordered(world("no key"))
    with caplog.at_level(logging.DEBUG, "cellenics_ci"):
        carry_out(order, RUNNER, BrokenWorld(exists=True).ports(), Interruption())
    (record,) = [record for record in caplog.records if record.name == "cellenics_ci.rotation.driver"]
    assert record.getMessage() == "api: KeyError"
    assert record.exc_info
    assert record.exc_info[0] is KeyError


@dataclass(slots=True)
class PacedWorld(World):
    """Each request waits for leave to be sent, as the real ones do where a server asks them to.

    `asked_at`: at which request (1: the first) of which name somebody asks to stop. `failing`: requests that fail
    once, late, by name and number.
    """

    interruption: Interruption = field(default_factory=Interruption)
    asked_at: tuple[str, int] = ("", 0)
    failing: dict[tuple[str, int], Failure] = field(default_factory=dict)
    sent: Counter[str] = field(default_factory=Counter)

    def _pace(self, name: str) -> None:
        self.sent[name] += 1
        if (name, self.sent[name]) == self.asked_at:
            self.interruption.ask()
        self.interruption.wait(0)
        failure = self.failing.get((name, self.sent[name]))
        if failure:
            self.now_at += 60
            raise CallFailed(failure, "refused")

    def get_user(self, name: UserName) -> User | None:
        self._pace("get_user")
        return super(PacedWorld, self).get_user(name)

    def tag_user(self, name: UserName, tags: Mapping[str, str]) -> None:
        self._pace("tag_user")
        super(PacedWorld, self).tag_user(name, tags)

    def untag_user(self, name: UserName, keys: Sequence[str]) -> None:
        self._pace("untag_user")
        super(PacedWorld, self).untag_user(name, keys)

    def put_policy(self, name: UserName, policy: str, text: str) -> None:
        self._pace("put_policy")
        super(PacedWorld, self).put_policy(name, policy, text)

    def delete_access_key(self, name: UserName, key: AccessKeyId) -> None:
        self._pace("delete_access_key")
        super(PacedWorld, self).delete_access_key(name, key)

    def pair_dates(self, repo: RepoName, scopes: Sequence[Scope]) -> Mapping[Scope, PairDates]:
        self._pace("pair_dates")
        return super(PacedWorld, self).pair_dates(repo, scopes)

    def seal(self, repo: RepoName, scope: Scope, values: Mapping[str, Secret]) -> tuple[SealedValue, ...]:
        self._pace("seal")
        return super(PacedWorld, self).seal(repo, scope, values)

    def write(self, repo: RepoName, value: SealedValue) -> None:
        self._pace("write")
        super(PacedWorld, self).write(repo, value)

    def older_runs(self, repo: RepoName, created_before: float) -> OlderRuns:
        self._pace("older_runs")
        return super(PacedWorld, self).older_runs(repo, created_before)

    def wait(self, seconds: float, *, interruptible: bool) -> None:
        if interruptible:
            self.interruption.wait(0)
        self.now_at += seconds


def paced() -> tuple[PacedWorld, Order]:
    """Return a user with one key, and the order for it; who asks to stop when is for the test to say."""
    found = PacedWorld(exists=True)
    found.store(ACTIONS, found.add_key(age=86400 * 90), age=86400 * 80)
    order = ordered(found)
    found.sent.clear()
    return found, order


@pytest.mark.parametrize("asked_at", [("write", 1), ("write", 2), ("pair_dates", 2), ("tag_user", 4)])
@pytest.mark.parametrize(
    "failing",
    [
        {},
        {("write", 2): Failure.UNKNOWN},
        {("write", 2): Failure.INVALID},
        {("write", 1): Failure.UNKNOWN, ("write", 3): Failure.THROTTLED},
        {("pair_dates", 2): Failure.UNKNOWN},
    ],
    ids=str,
)
def test_a_wish_to_stop_never_falls_between_the_first_half_of_a_pair_and_its_note(
    asked_at: tuple[str, int], failing: dict[tuple[str, int], Failure]
) -> None:
    """Whatever is looked at or tried again in between may have to wait, for GitHub or for AWS."""
    found, order = paced()
    found.asked_at, found.failing = asked_at, failing
    outcome = carry_out(order, RUNNER, found.ports(), found.interruption)
    assert found.interruption.asked
    assert (outcome.status, outcome.interrupted) == (Status.ROTATED, True)
    assert "delivered" in found.told
    assert found.works(ACTIONS)
    assert read_notes(found.tags)[0][found.holder(ACTIONS) or NOBODY].stage is Stage.LIVE
    assert not locked(found)


def test_a_wish_to_stop_is_heard_again_once_the_new_key_is_live() -> None:
    """Only the old one is still to go, and may be waited for."""
    found, order = paced()
    found.asked_at = ("write", 2)
    outcome = carry_out(order, RUNNER, found.ports(), found.interruption)
    assert len(found.key_store) == 2
    assert outcome.retirement_pending
    assert "interrupted" in outcome.retirement_pending


@pytest.mark.parametrize("asked_at", [("seal", 1), ("pair_dates", 1), ("tag_user", 3)])
def test_a_wish_to_stop_is_heard_by_any_call_before_the_first_secret(asked_at: tuple[str, int]) -> None:
    found, order = paced()
    found.asked_at = asked_at
    before = dict(found.held)
    outcome = carry_out(order, RUNNER, found.ports(), found.interruption)
    assert (outcome.status, outcome.interrupted) == (Status.ROLLED_BACK, True)
    assert found.held == before
    assert len(found.key_store) == 1
    assert not locked(found)


def test_a_wish_to_stop_is_heard_while_the_first_secret_is_refused() -> None:
    found, order = paced()
    found.asked_at = ("write", 1)
    found.failing = {("write", number): Failure.THROTTLED for number in range(1, 20)}
    outcome = carry_out(order, RUNNER, found.ports(), found.interruption)
    assert (outcome.status, outcome.interrupted) == (Status.ROLLED_BACK, True)
    assert found.sent["write"] == 1
    assert len(found.key_store) == 1
    assert not locked(found)


@pytest.mark.parametrize("asked_at", ["delete_access_key", "untag_user"])
def test_a_wish_to_stop_while_another_failure_is_tidied_up_disturbs_nothing(asked_at: str) -> None:
    found, order = paced()
    found.asked_at, found.failing = (asked_at, 1), {("seal", 1): Failure.LIMIT}
    outcome = carry_out(order, RUNNER, found.ports(), found.interruption)
    assert (outcome.status, outcome.cause, outcome.interrupted) == (Status.ROLLED_BACK, Failure.LIMIT, True)
    assert len(found.key_store) == 1
    assert not locked(found)


def test_a_call_that_nobody_taught_to_act_says_so() -> None:
    class Nothing(Call[None]):
        pass

    with pytest.raises(NotImplementedError):
        Nothing().perform(world().ports())
    assert CreateKey.changes
    assert not ListKeys.changes
    assert Now.local
