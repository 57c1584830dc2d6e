"""Scopes as people read them, and pairs that are there, half there, or not."""

from __future__ import annotations

import pytest

from cellenics_ci.model.scopes import ACTIONS, DEPENDABOT, PairDates, Scope, environment_scope


def test_scopes_are_named_as_people_know_them() -> None:
    assert [str(scope) for scope in (ACTIONS, environment_scope("staging"), DEPENDABOT)] == [
        "repository",
        "environment staging",
        "dependabot",
    ]


def test_an_environment_called_like_another_scope_is_a_scope_of_its_own() -> None:
    assert environment_scope("dependabot") != DEPENDABOT
    assert len({ACTIONS, DEPENDABOT, environment_scope("actions"), Scope("environment", "actions")}) == 3


@pytest.mark.parametrize(
    ("pair", "empty", "complete"),
    [
        (PairDates(), True, False),
        (PairDates(1, None), False, False),
        (PairDates(None, 1), False, False),
        (PairDates(0, 0), False, True),
    ],
)
def test_a_pair_is_empty_half_or_complete(pair: PairDates, empty: bool, complete: bool) -> None:
    assert (pair.empty, pair.complete) == (empty, complete)
