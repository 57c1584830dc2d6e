"""Declared policies against the live ones: what differs in meaning, and whether a change takes rights away."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cellenics_ci.model.names import PolicyName
from cellenics_ci.privileges.coverage import gives_more
from cellenics_ci.privileges.declaration import DENY_OLD_SESSIONS, Policy
from cellenics_ci.privileges.normal import in_order, normal_form
from cellenics_ci.privileges.sessions import denies_until

__all__ = ["DENY_OLD_SESSIONS", "Change", "Comparison", "compare", "diff_lines", "same_meaning"]

_CONTEXT: Final = 3


@dataclass(frozen=True, slots=True)
class Change:
    """A policy that is live with another content than declared.

    `widens`: it may allow something that it did not; `narrows`: it may take something away. Both are True where
    that can't be told, and both False where only its wording differs.
    """

    name: PolicyName
    old: Mapping[str, Any]
    new: Policy
    widens: bool
    narrows: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """What it takes to make the live inline policies as declared.

    DENY_OLD_SESSIONS is in none of the four, but among the removed once it has outlived its use.
    """

    added: tuple[Policy, ...]
    changed: tuple[Change, ...]
    removed: tuple[PolicyName, ...]
    unchanged: tuple[PolicyName, ...]
    live: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The live documents, for showing what is removed."""
    renamed: tuple[PolicyName, ...] = ()
    """Live ones that differ from an added one in the case of their names alone; they are in none of the others.

    Were IAM to take both for the same, deleting it after the new one was put would delete that one. Where it does not,
    both are there next time, and this one is removed then.
    """

    @property
    def drifted(self) -> bool:
        """Whether anything differs."""
        return bool(self.added or self.changed or self.removed)

    @property
    def before_retiring(self) -> tuple[Policy, ...]:
        """The policies to put first: new ones, and changed ones that take nothing away."""
        return (*self.added, *(change.new for change in self.changed if not change.narrows))

    @property
    def after_retiring(self) -> tuple[Policy, ...]:
        """The changed policies to put once the old key is gone, since they may take something away."""
        return tuple(change.new for change in self.changed if change.narrows)


def compare(
    declared: Iterable[Policy], live: Mapping[str, Mapping[str, Any]], *, now: float | None = None
) -> Comparison:
    """Compare resolved policies with a user's or role's inline policies by name and meaning.

    The order and case of actions, one text or a list of it, and true or "true" in a Condition make no difference.
    `now` (UTC epoch seconds) tells whether DENY_OLD_SESSIONS still has a use; None: it is left in peace.
    """
    wanted = {policy.name: policy for policy in declared}
    new = {name.casefold() for name in wanted if name not in live}
    renamed = tuple(sorted(PolicyName(name) for name in live if name not in wanted and name.casefold() in new))
    added: list[Policy] = []
    changed: list[Change] = []
    unchanged: list[PolicyName] = []
    for name, policy in wanted.items():
        old = live.get(name)
        if old is None:
            added.append(policy)
        elif same_meaning(old, policy.document):
            unchanged.append(name)
        else:
            widens, narrows = gives_more(policy.document, old), gives_more(old, policy.document)
            changed.append(Change(name, old, policy, widens=widens, narrows=narrows))
    removed = (
        PolicyName(name)
        for name, document in live.items()
        if name not in wanted and name not in renamed and (name != DENY_OLD_SESSIONS or _is_spent(document, now))
    )
    return Comparison(tuple(added), tuple(changed), tuple(sorted(removed)), tuple(unchanged), live, renamed)


def _is_spent(document: Mapping[str, Any], now: float | None) -> bool:
    until = denies_until(document)
    return now is not None and until is not None and until <= now


def same_meaning(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Say whether two policy documents mean the same to IAM. Never raises, whatever a live document holds."""
    return normal_form(one) == normal_form(other)


def diff_lines(name: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return a unified diff of two policy documents as indented JSON, without line ends; none where they agree.

    `old` is the live one and `new` the declared one; None stands for no policy. What means the same is written
    the same, so that only what matters is seen. What is not printable is escaped: it is safe on a terminal.
    """
    if old is not None and new is not None and same_meaning(old, new):
        return ()
    shown_name = _escaped(json.dumps(name, ensure_ascii=False))[1:-1]
    before = f"live {shown_name}" if old is not None else "/dev/null"
    after = f"declared {shown_name}" if new is not None else "/dev/null"
    return tuple(difflib.unified_diff(_pretty(old), _pretty(new), before, after, n=_CONTEXT, lineterm=""))


def _pretty(document: Mapping[str, Any] | None) -> list[str]:
    if document is None:
        return []
    text = json.dumps(in_order(document), indent=2, ensure_ascii=False, default=str)
    return [_escaped(line) for line in text.split("\n")]


def _escaped(text: str) -> str:
    """Return a piece of JSON, itself JSON, with everything escaped that is no printable character.

    Controls, line ends, surrogates and what turns the direction of writing are none (`str.isprintable`).
    """
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
