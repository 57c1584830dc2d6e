"""With --show-ids: reasons and remedies that name keys in short, told with their ids in full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from cellenics_ci.model.names import AccessKeyId, shorten
from cellenics_ci.rotation.plan import Plan, Planned
from cellenics_ci.run.outcome import LeftOut, Outcome

_MARK: Final = "…"


class FullIds:
    """Writes ids out in texts. `known`: the keys that texts may name; two that look alike in short stay short."""

    def __init__(self, known: Iterable[AccessKeyId]) -> None:
        ids = set(known)
        alike = Counter(map(shorten, ids))
        self._full = {shorten(key): key for key in ids if alike[shorten(key)] == 1 and _MARK in shorten(key)}

    def text(self, text: str) -> str:
        """Return a text with every key that is known in full."""
        if _MARK in text:
            for short, full in self._full.items():
                text = text.replace(short, full)
        return text

    def plan(self, plan: Plan) -> Plan:
        """Return a plan whose texts name keys in full."""
        left = tuple(
            LeftOut(each.repo, self.text(each.reason), self.text(each.remedy), each.fault) for each in plan.left_out
        )
        return replace(plan, planned=tuple(map(self._planned, plan.planned)), left_out=left)

    def outcome(self, outcome: Outcome) -> Outcome:
        """Return an outcome whose texts name keys in full."""
        pending = outcome.retirement_pending
        return replace(
            outcome,
            reason=self.text(outcome.reason),
            next_step=self.text(outcome.next_step),
            retirement_pending=None if pending is None else self.text(pending),
        )

    def _planned(self, planned: Planned) -> Planned:
        ground = planned.order.ground
        order = replace(planned.order, ground=replace(ground, why=self.text(ground.why)))
        return replace(planned, order=order, warnings=tuple(map(self.text, planned.warnings)))


def outcomes_in_full(outcomes: Iterable[Outcome], known: Iterable[AccessKeyId]) -> tuple[Outcome, ...]:
    """Return outcomes that name keys in full: those that were known before, and those that they made."""
    listed = tuple(outcomes)
    made = [key for each in listed for key in (each.live_key, *each.retired_keys) if key is not None]
    ids = FullIds([*known, *made])
    return tuple(map(ids.outcome, listed))
