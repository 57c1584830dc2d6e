"""In which order a user's policies change: rights are added before the new key is made, and taken after the old one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from cellenics_ci.model.moments import utc_text
from cellenics_ci.model.names import PolicyName
from cellenics_ci.privileges.changes import PolicyChanges
from cellenics_ci.privileges.check import compact, inline_size
from cellenics_ci.privileges.compare import Comparison, same_meaning
from cellenics_ci.privileges.coverage import gives_more
from cellenics_ci.privileges.declaration import DENY_OLD_SESSIONS, Policy
from cellenics_ci.privileges.sessions import denies_until
from cellenics_ci.privileges.union import union

_REGISTRY_PROBE: Final[dict[str, Any]] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}],
}
_BOTH: Final = "gains and loses rights: the old and the new ones are in force together until the old key has gone"
_LATE: Final = "gains and loses rights, which can't be had together: as declared only when the old key has gone"
_RENAMED: Final = "is declared in other capitals: if IAM has both then, the old one goes with the next run"
_NO_ROOM: Final = "IAM's quota has no room for old and new policies together: rights are taken away first"


def policy_changes(comparison: Comparison, quota: int) -> tuple[PolicyChanges, tuple[str, ...]]:
    """Return the changes in their order, and what of it a plan should tell. `quota`: IAM's for one user.

    A policy that both gains and loses rights is put twice: with both before the new key is made, and as declared when
    the old one has gone. Where the quota has no room even for old and new policies, rights are taken first.
    """
    both, late = _bridges(comparison)
    first, last, told = comparison.before_retiring, _texts(comparison.after_retiring), _denied_sessions(comparison)
    if _fits(comparison, (*first, *both), quota):
        told = (*told, *(f"{policy.name} {_BOTH}" for policy in both), *(f"{name} {_LATE}" for name in late))
        first = (*first, *both)
    elif _fits(comparison, first, quota):
        told = (*told, *(f"{name} {_LATE}" for name in (*late, *(policy.name for policy in both))))
    else:
        gone = (*comparison.removed, *comparison.renamed)
        return PolicyChanges(delete_first=gone, put_first=(*last, *_texts(first))), (*told, _NO_ROOM)
    told = (*told, *(f"{name} {_RENAMED}" for name in comparison.renamed))
    return PolicyChanges(put_first=_texts(first), put_after=last, delete_after=comparison.removed), told


def lets_into_registry(
    policies: Iterable[Policy], changes: PolicyChanges, live: Mapping[str, Mapping[str, Any]]
) -> bool:
    """Whether the new key can be asked for an ECR token: declared, and in force before the old key goes."""
    put = {name: json.loads(text) for name, text in changes.put_first}
    in_force = {name: document for name, document in live.items() if name not in changes.delete_first} | put
    wanted = any(not gives_more(_REGISTRY_PROBE, policy.document) for policy in policies)
    return wanted and any(not gives_more(_REGISTRY_PROBE, document) for document in in_force.values())


def _bridges(comparison: Comparison) -> tuple[tuple[Policy, ...], tuple[PolicyName, ...]]:
    """Return policies with the old and the new rights, and the names of those that can't be put together."""
    both: list[Policy] = []
    late: list[PolicyName] = []
    for change in comparison.changed:
        if not (change.widens and change.narrows):
            continue
        together = union(change.old, change.new.document)
        if together is None:
            late.append(change.name)
        elif not same_meaning(together, change.new.document):
            both.append(Policy(change.name, together, compact(together)))
    return tuple(both), tuple(late)


def _fits(comparison: Comparison, first: Iterable[Policy], quota: int) -> bool:
    put = {policy.name: policy.document for policy in first}
    kept = [document for name, document in comparison.live.items() if name not in put]
    return inline_size([*kept, *put.values()]) <= quota


def _texts(policies: Iterable[Policy]) -> tuple[tuple[str, str], ...]:
    return tuple((policy.name, policy.text) for policy in policies)


def _denied_sessions(comparison: Comparison) -> tuple[str, ...]:
    """Say of the policy that refuses a compromised key's sessions how long it is needed."""
    document = comparison.live.get(DENY_OLD_SESSIONS)
    if document is None:
        return ()
    if DENY_OLD_SESSIONS in comparison.removed:
        return (f"{DENY_OLD_SESSIONS} has outlived its use, and goes",)
    until = denies_until(document)
    when = f"may go after {utc_text(until)}; the next run then takes it away" if until else "was edited, and stays"
    return (f"{DENY_OLD_SESSIONS} refuses sessions of compromised keys: it {when}",)
