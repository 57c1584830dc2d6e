"""Without the cluster: a key handed out as a manifest, an old one removed by its fingerprint; faults at every call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cellenics_ci.deploykeys.calls import Call
from cellenics_ci.deploykeys.handout import find_by_fingerprint, hand_out, plan_handout, remove_old
from cellenics_ci.deploykeys.manifest import ManifestOnly
from cellenics_ci.deploykeys.order import Order
from cellenics_ci.deploykeys.outcome import KeyOutcome
from cellenics_ci.deploykeys.plan import Choices
from cellenics_ci.deploykeys.remarks import handout_remarks
from cellenics_ci.errors import Interrupted
from cellenics_ci.model.claims import REPLACES
from cellenics_ci.model.deploy_keys import SshAddress
from cellenics_ci.model.secret import Secret
from cellenics_ci.run.calls import Steps, drive
from cellenics_ci.run.host import Runner
from cellenics_ci.run.outcome import Status
from tests.deploykeys.harness import performed
from tests.deploykeys.memory import TITLE, URL, World, strangers, with_key

KINDS = ("before", "after", "throttled", "denied", "invalid", "interrupt", "unreachable")
Protocol = Callable[[Order, Runner], Steps[Any, KeyOutcome]]


def order_for(world: World, **choices: Any) -> Order:
    survey = replace(world.survey(), cluster=None)
    made = plan_handout(
        survey, Choices(**choices), namespace="flux-system", secret="flux-system", address=SshAddress.parse(URL)
    )
    assert isinstance(made, Order), made
    return made


def carried_out(
    world: World, order: Order, protocol: Protocol, written: list[Secret], *, at: int = 0, kind: str = ""
) -> tuple[KeyOutcome, int]:
    """Carry a protocol out with a fault at a remote call; returns how many of those there were, too."""
    number, stopping = 0, False
    ports = replace(world.ports(), cluster=ManifestOnly("flux-system", "flux-system", written.append))

    def perform(call: Call[Any]) -> Any:
        nonlocal number, stopping
        if call.local:
            return call.perform(ports)
        number += 1
        met = kind if number == at else ""
        if met == "interrupt" and not stopping:
            stopping = True
            raise Interrupted
        return performed(world, call, met, ports)

    outcome = drive(protocol(order, Runner("run-1", "here", "p1")), perform)
    world.unreachable.clear()
    return outcome, number


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_is_left_on_github_exactly_if_its_manifest_is_written(kind: str) -> None:
    begun = with_key()
    for at in range(1, carried_out(begun.copy(), order_for(begun), hand_out, [])[1] + 1):
        world, written = begun.copy(), list[Secret]()
        outcome, _ = carried_out(world, order_for(world), hand_out, written, at=at, kind=kind)
        made = [key for key in world.keys if key.public in world.made]
        assert world.works() and strangers(world) == strangers(begun)
        if outcome.status is Status.ROTATED:
            assert len(made) == len(written) == 1
        else:
            assert outcome.exit_code in (1, 130) and outcome.reason
            assert not made or "may still be on GitHub" in outcome.reason


@pytest.mark.parametrize("kind", KINDS)
def test_an_old_key_is_removed_by_its_fingerprint_and_no_other(kind: str) -> None:
    begun = with_key()
    survey = replace(begun.survey(), cluster=None)
    old = find_by_fingerprint(survey, begun.keys[1].public.fingerprint.removeprefix("SHA256:"))
    assert old is not None
    order = replace(order_for(begun, title=old.title), old=old)
    for at in range(1, carried_out(begun.copy(), order, remove_old, [])[1] + 1):
        world = begun.copy()
        outcome, _ = carried_out(world, order, remove_old, [], at=at, kind=kind)
        gone = set(begun.keys) - set(world.keys)
        assert gone == {old} if outcome.exit_code == 0 else gone <= {old}, outcome
        assert outcome.exit_code == 0 or outcome.reason


def test_a_manifest_names_the_key_that_it_replaces_where_one_alone_has_the_title() -> None:
    world = with_key()
    assert any("2 deploy keys of this title" in each for each in remarks_of(world, title=TITLE))
    written: list[Secret] = []
    carried_out(world, order_for(world, title=TITLE), hand_out, written)
    assert REPLACES not in written[0].reveal()

    only = next(key for key in world.keys if key.title == "somebody's")
    assert not remarks_of(world, title=only.title)
    carried_out(world, order_for(world, title=only.title), hand_out, written)
    assert only.public.fingerprint in written[1].reveal()


def remarks_of(world: World, **choices: Any) -> tuple[str, ...]:
    return handout_remarks(replace(world.survey(), cluster=None), order_for(world, **choices), None)


def test_no_key_has_a_fingerprint_that_is_half_typed() -> None:
    survey = with_key().survey()
    assert find_by_fingerprint(survey, survey.github.keys[0].public.fingerprint[:30]) is None
