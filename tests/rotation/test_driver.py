"""The driver performs what the protocol asks for, tells it how that went, and lets nothing unforeseen out."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from cellenics_ci.errors import CallFailed, Failure, Interrupted
from cellenics_ci.model.github import SealedValue
from cellenics_ci.model.names import RepoName, UserName
from cellenics_ci.model.scopes import ACTIONS
from cellenics_ci.rotation.calls import Call, CreateKey, GetUser, ListKeys, Now, Steps, Tell, Wait
from cellenics_ci.rotation.driver import carry_out
from cellenics_ci.run.calls import drive
from cellenics_ci.run.host import Runner
from cellenics_ci.run.interruption import Interruption
from cellenics_ci.run.outcome import Outcome, Status, exit_code
from tests.rotation.harness import assert_converged
from tests.rotation.memory import REPO, USER, World
from tests.rotation.scenes import HERE, locked, ordered, world

RUNNER = Runner("run-1", "here", "p1")
DONE = Outcome(REPO, Status.ROTATED)


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
class WaitingWorld(World):
    """Its writes are paced by GitHub's limits, as the real ones are."""

    interruption: Interruption = field(default_factory=Interruption)
    asked_at: str = ""

    def write(self, repo: RepoName, value: SealedValue) -> None:
        if self.asked_at == "write":
            self.interruption.ask()
        self.interruption.wait(0)
        super(WaitingWorld, self).write(repo, value)

    def seal(self, repo: RepoName, scope: Any, values: Mapping[str, Any]) -> tuple[SealedValue, ...]:
        if self.asked_at == "seal":
            self.interruption.ask()
        self.interruption.wait(0)
        return super(WaitingWorld, self).seal(repo, scope, values)


def waiting(asked_at: str) -> WaitingWorld:
    found = WaitingWorld(exists=True, asked_at=asked_at)
    found.store(ACTIONS, found.add_key(age=86400 * 90), age=86400 * 80)
    return found


def test_a_wish_to_stop_never_falls_between_the_halves_of_a_pair() -> None:
    found = waiting("write")
    outcome = carry_out(ordered(found), RUNNER, found.ports(), found.interruption)
    assert outcome.status is Status.ROTATED
    assert_converged(found, HERE)


def test_a_wish_to_stop_is_heard_by_any_other_call() -> None:
    found = waiting("seal")
    before = dict(found.held)
    outcome = carry_out(ordered(found), RUNNER, found.ports(), found.interruption)
    assert (outcome.status, outcome.interrupted) == (Status.ROLLED_BACK, True)
    assert found.held == before
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
