"""The whole result of a run: what was worked on, what the plan left out, and what is none of our business."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from cellenics_ci.model.names import RepoName
from cellenics_ci.run.outcome import LeftOut, Outcome, Status

ORDER: Final = (
    Status.NEEDS_ATTENTION,
    Status.ROLLED_BACK,
    Status.ROTATED,
    Status.UNCHANGED,
    Status.SKIPPED,
)
"""What a person must see comes first."""


class HasLeftOut(Protocol):
    """A plan that leaves repositories out."""

    @property
    def left_out(self) -> Sequence[LeftOut]:
        """What nothing is done to."""


@dataclass(frozen=True, slots=True)
class Results:
    """`outcomes`: one for each repository that declares privileges or was left out for a fault, in ORDER.

    `not_ours`: repositories that declare nothing, and are neither done nor failed.
    """

    outcomes: tuple[Outcome, ...]
    not_ours: tuple[LeftOut, ...]
    order: tuple[Status, ...] = ORDER

    def of(self, *statuses: Status) -> tuple[Outcome, ...]:
        """Return the outcomes of these statuses."""
        return tuple(outcome for outcome in self.outcomes if outcome.status in statuses)

    @property
    def counts(self) -> Mapping[Status, int]:
        """How many outcomes there are of each status, zeros included."""
        found = Counter(outcome.status for outcome in self.outcomes)
        return {status: found[status] for status in self.order}

    @property
    def pending(self) -> int:
        """How many old keys wait for their retirement."""
        return sum(outcome.retirement_pending is not None for outcome in self.outcomes)


def results_of(
    plan: HasLeftOut,
    outcomes: Sequence[Outcome],
    declaring: Collection[RepoName],
    order: tuple[Status, ...] = ORDER,
) -> Results:
    """Put a run's outcomes and what its plan left out together. `declaring`: repositories that declare privileges."""
    worked = {outcome.repository for outcome in outcomes}
    left = [each for each in plan.left_out if each.repo not in worked]
    ours = [each for each in left if each.fault or each.repo in declaring]
    together = [*outcomes, *map(left_out_outcome, ours)]
    together.sort(key=lambda outcome: order.index(outcome.status))
    rest = tuple(each for each in left if not each.fault and each.repo not in declaring)
    return Results(tuple(together), rest, order)


def left_out_outcome(left: LeftOut) -> Outcome:
    """Return what a plan left out as an outcome: skipped for a fault or with a hint, unchanged with nothing to do."""
    status = Status.SKIPPED if left.fault or left.remedy else Status.UNCHANGED
    return Outcome(left.repo, status, left.reason, left.remedy)
