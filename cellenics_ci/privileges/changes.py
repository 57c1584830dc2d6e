"""In which order inline policies are brought to what is declared, so that nobody is without a right in between."""

from __future__ import annotations

from dataclasses import dataclass

from cellenics_ci.privileges.check import inline_size
from cellenics_ci.privileges.compare import Comparison


@dataclass(frozen=True, slots=True)
class PolicyChanges:
    """Inline policies to write and delete: what adds rights first, what takes them away once nothing needs them.

    `delete_first` and `put_first` go first, in this order; the rest when the old credential has gone.
    """

    delete_first: tuple[str, ...] = ()
    put_first: tuple[tuple[str, str], ...] = ()
    put_after: tuple[tuple[str, str], ...] = ()
    delete_after: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.delete_first or self.put_first or self.put_after or self.delete_after)


def ordered_changes(comparison: Comparison, *, quota: int) -> tuple[PolicyChanges, tuple[str, ...]]:
    """Order the changes: rights are added first and taken last, unless the quota has no room for both (and a warning).

    `quota` in characters, white space not counted.
    """
    first = tuple((policy.name, policy.text) for policy in comparison.before_retiring)
    last = tuple((policy.name, policy.text) for policy in comparison.after_retiring)
    together = dict(comparison.live) | {policy.name: policy.document for policy in comparison.before_retiring}
    if inline_size(together.values()) <= quota:
        return PolicyChanges(put_first=first, put_after=last, delete_after=comparison.removed), ()
    changes = PolicyChanges(delete_first=comparison.removed, put_first=(*last, *first))
    return changes, ("IAM's quota has no room for old and new policies together: rights are taken away first",)
