"""Whether one policy document may allow something that another does not.

An approximation on the safe side: "may" is answered no only where each allowed action and resource is visibly
covered on the other side, and each of the other's denials is still there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cellenics_ci.privileges.normal import condition_form, statements_of, text_of, texts, version_of
from cellenics_ci.privileges.patterns import all_covered


@dataclass(frozen=True, slots=True)
class _Reach:
    """What one statement reaches. `exact` is a statement that is only understood as a whole (NotAction, …)."""

    actions: frozenset[str]
    resources: frozenset[str]
    condition: str
    exact: str = ""


def gives_more(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Say whether `one` may allow something that `other` does not."""
    if version_of(one) != version_of(other):
        # The version decides whether ${…} is a variable: what matches what can't be told.
        return True
    allowed, denied = _reaches(one)
    other_allowed, other_denied = _reaches(other)
    return not (
        all(_covered(reach, other_allowed) for reach in allowed)
        and all(_covered(reach, denied) for reach in other_denied)
    )


def _reaches(document: Mapping[str, Any]) -> tuple[list[_Reach], list[_Reach]]:
    allowed: list[_Reach] = []
    denied: list[_Reach] = []
    for statement in statements_of(document):
        (allowed if statement.get("Effect") == "Allow" else denied).append(_reach(statement))
    return allowed, denied


def _reach(statement: Mapping[str, Any]) -> _Reach:
    understood = {"Sid", "Effect", "Action", "Resource", "Condition"}
    condition = condition_form(statement.get("Condition"))
    if set(statement) <= understood and "Action" in statement and "Resource" in statement:
        actions = texts(statement["Action"], lower=True)
        return _Reach(actions, texts(statement["Resource"]), condition)
    rest = {
        key: sorted(texts(value, lower=key == "NotAction"))
        for key, value in statement.items()
        if key not in ("Sid", "Condition")
    }
    return _Reach(frozenset(), frozenset(), condition, text_of(rest))


def _covered(reach: _Reach, by: list[_Reach]) -> bool:
    """Whether one statement's reach lies within what several statements of the same effect reach together."""
    # A statement without Condition reaches at least what the same one with any Condition does.
    candidates = [one for one in by if one.condition in ("", reach.condition)]
    if reach.exact:
        return any(one.exact == reach.exact for one in candidates)
    if any(
        all_covered(reach.actions, one.actions) and all_covered(reach.resources, one.resources) for one in candidates
    ):
        return True
    return all(_action_covered(action, reach.resources, candidates) for action in reach.actions)


def _action_covered(action: str, resources: frozenset[str], candidates: list[_Reach]) -> bool:
    together = [one.resources for one in candidates if all_covered((action,), one.actions)]
    return bool(together) and all_covered(resources, frozenset().union(*together))
