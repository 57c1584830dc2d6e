"""Every fault at every call of an adoption, over starting points; then the run again. `make faults` has more pairs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest

from cellenics_ci.run.outcome import Status
from tests.oidc.harness import (
    KINDS,
    STARTS,
    WANTED,
    assert_adopted,
    assert_repaired,
    exposed,
    number_of_calls,
    planned,
    read_once,
    run,
)
from tests.oidc.memory import World, trusting
from tests.oidc.surveys import DEV


@pytest.fixture(autouse=True, scope="module")
def _workflows_read_once() -> Iterator[None]:
    with read_once():
        yield


@pytest.mark.parametrize("start", STARTS)
def test_an_undisturbed_run_ends_as_declared(start: str) -> None:
    world = STARTS[start].copy()
    tags = dict(world.role.tags) if world.role else {}
    outcome = run(world, planned(world))
    assert outcome is not None and outcome.status is Status.ADOPTED, outcome
    assert_adopted(world, tags)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("start", STARTS)
def test_one_fault_at_any_call_is_repaired_by_the_next_run(start: str, kind: str) -> None:
    for at in range(1, number_of_calls(start) + 1):
        assert_repaired(start, [(at, kind)])


@pytest.mark.parametrize("start", ["nothing", "the role of a stack", "half of both"])
def test_two_faults_in_two_runs_are_repaired_by_the_third(start: str) -> None:
    for first, second in product(range(1, number_of_calls(start) + 1), repeat=2):
        assert_repaired(start, [(first, "crash-after"), (second, "crash-after")])


def test_a_role_that_another_run_has_made_meanwhile_for_others_gets_rights_only_by_the_next_run() -> None:
    world = World()
    made = planned(world)
    new = made.planned[0].order.new
    assert new is not None

    def made_by_another(number: int) -> str:
        if number == 3:
            world.create_role(replace(new, trust=json.dumps(trusting(DEV))))
        return ""

    outcome = run(world, made, made_by_another)
    assert outcome is not None and outcome.status is Status.UNFINISHED
    assert world.role is not None and not world.role.policies
    second = run(world, planned(world))
    assert second is not None and second.status is Status.ADOPTED
    assert exposed(world) == WANTED
