"""In which order a role's policies change: what adds rights first, what takes rights that nobody declares after it."""

from __future__ import annotations

from cellenics_ci.privileges.changes import PolicyChanges
from cellenics_ci.privileges.check import inline_size
from cellenics_ci.privileges.compare import Comparison


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
