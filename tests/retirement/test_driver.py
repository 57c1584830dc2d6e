"""The driver hears a wish to stop between calls, gives the lock back, and lets nothing unforeseen out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cellenics_ci.model.names import UserName
from cellenics_ci.model.retirement_tag import Phase
from cellenics_ci.model.tags import LOCK_TAG
from cellenics_ci.retirement.driver import carry_out
from cellenics_ci.retirement.order import Order
from cellenics_ci.run.host import Runner
from cellenics_ci.run.interruption import Interruption
from cellenics_ci.run.outcome import Status, exit_code
from tests.retirement.harness import phase, plan, worlds
from tests.retirement.memory import World
from tests.rotation.harness import SCOPE_SETS

RUNNER = Runner("run-1", "here", "p1")
HERE = SCOPE_SETS["actions"]


@dataclass(slots=True)
class Stopped(World):
    """Somebody asks to stop while the key is being made inactive."""

    interruption: Interruption = field(default_factory=Interruption)

    def deactivate_access_key(self, name: UserName, key: Any) -> None:
        World.deactivate_access_key(self, name, key)
        self.interruption.ask()


@dataclass(slots=True)
class StoppedLate(World):
    """Somebody asks to stop when all is done, and only the lock is still to be given back."""

    interruption: Interruption = field(default_factory=Interruption)

    def tag_user(self, name: UserName, tags: Mapping[str, str]) -> None:
        World.tag_user(self, name, tags)
        if phase(self) is Phase.SOAKING:
            self.interruption.ask()


@dataclass(slots=True)
class Broken(World):
    """A world with a mistake in it."""

    def tag_user(self, name: UserName, tags: Mapping[str, str]) -> None:
        raise KeyError("canary-wJalrXUtnFEMI")


def of(kind: type[World], start: str) -> tuple[World, Order]:
    plain = worlds(HERE)[start]
    found = kind(**{name: getattr(plain, name) for name in World.__dataclass_fields__})
    order = plan(found, HERE)
    assert isinstance(order, Order)
    return found, order


def test_a_wish_to_stop_ends_it_after_the_call_and_gives_the_lock_back() -> None:
    found, order = of(Stopped, "unused")
    assert isinstance(found, Stopped)
    outcome = carry_out(order, RUNNER, found.retirement_ports(), found.interruption)
    assert (outcome.status, outcome.interrupted) == (Status.UNFINISHED, True)
    assert exit_code([outcome], left_out=False, interrupted=True) == 130
    assert phase(found) is Phase.DEACTIVATING
    assert LOCK_TAG not in found.tags


def test_a_wish_to_stop_while_the_lock_is_given_back_disturbs_nothing() -> None:
    found, order = of(StoppedLate, "unused")
    assert isinstance(found, StoppedLate)
    outcome = carry_out(order, RUNNER, found.retirement_ports(), found.interruption)
    assert (outcome.status, outcome.interrupted) == (Status.WAITING, True)
    assert LOCK_TAG not in found.tags


def test_what_nobody_foresaw_is_an_outcome_without_its_text() -> None:
    found, order = of(Broken, "unused")
    outcome = carry_out(order, RUNNER, found.retirement_ports(), Interruption())
    assert (outcome.status, outcome.cause) == (Status.UNFINISHED, "internal")
    assert "KeyError" in outcome.reason
    assert "canary" not in str(outcome)


def test_an_order_is_carried_out_against_the_ports() -> None:
    found, order = of(World, "soaked")
    assert carry_out(order, RUNNER, found.retirement_ports(), Interruption()).status is Status.RETIRED
    assert "deleting the user ci-user-api" in found.told
