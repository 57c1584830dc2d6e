"""Carrying a plan out: create what is not there, change what may be changed, and look where an answer was lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from cellenics_ci.errors import CallFailed, Failure, Interrupted
from cellenics_ci.model.names import Region
from cellenics_ci.model.registries import ContainerRepository
from cellenics_ci.registry.outcome import Ensured, EnsureOutcome
from cellenics_ci.registry.plan import Difference, Order, Plan, Setting, make_order
from cellenics_ci.registry.ports import ContainerRegistry

LOOKS: Final = (0.0, 1.0, 3.0)
"""Seconds before each look for a repository whose creation got no answer: the request may still be on its way."""


def remedy_for(failed: CallFailed, region: Region) -> str:
    """Return what to do about a refusal of ECR's; what a wrong region looks like is said with it."""
    if failed.kind is Failure.LIMIT:
        return f"Ask AWS for a larger quota (Service Quotas, Amazon ECR, in {region}), or delete what nobody uses."
    if failed.kind in (Failure.UNAUTHENTICATED, Failure.UNKNOWN):
        return f"{failed.remedy} Is {region} the right region, and enabled in this account?".strip()
    return failed.remedy


def carry_out(plan: Plan, registry: ContainerRegistry) -> Iterator[EnsureOutcome]:
    """Yield how it ended, repository by repository. After an interruption nothing more is begun."""
    for order in plan.orders:
        try:
            registry.wait(0)
        except Interrupted:
            yield _not_begun(order)
        else:
            yield _ensured(order, registry)


def _ensured(order: Order, registry: ContainerRegistry) -> EnsureOutcome:
    if order.found is not None:
        return _changed(order, order.found, registry)
    wanted = order.wanted
    try:
        made = registry.create(wanted.name, wanted.region, wanted.settings)
    except Interrupted:
        return _not_begun(order)
    except CallFailed as failed:
        if failed.kind is Failure.EXISTS:
            return _made_by_others(order, registry)
        if not failed.maybe_done:
            return _failed(order, failed)
        return _after_a_lost_answer(order, failed, registry)
    return _finished(order, made, registry)


def _finished(order: Order, made: ContainerRepository, registry: ContainerRegistry) -> EnsureOutcome:
    """Give a repository that was just created what it can't be created with."""
    wanted = order.wanted
    outcome = EnsureOutcome(wanted.repo, Ensured.CREATED, made.uri)
    policy = wanted.settings.lifecycle_policy
    if policy is None:
        return outcome
    try:
        registry.set_lifecycle(wanted.name, wanted.region, policy)
    except (CallFailed, Interrupted) as failed:
        told = _told(failed)
        return replace(
            outcome,
            status=Ensured.FAILED,
            reason=f"it was created, but its lifecycle policy is missing: {told}",
            next_step=f"{_remedy(failed, order)} Then: cellenics ensure-ecr {wanted.repo} --reconcile".strip(),
            interrupted=isinstance(failed, Interrupted),
        )
    return outcome


def _made_by_others(order: Order, registry: ContainerRegistry) -> EnsureOutcome:
    """Take a repository as existing that somebody else created after we had looked."""
    wanted = order.wanted
    try:
        found = registry.find(wanted.name, wanted.region)
    except CallFailed as failed:
        return _failed(order, failed)
    if found is None:
        reason = "ECR says that it exists, and does not show it: somebody is creating or deleting it"
        return EnsureOutcome(wanted.repo, Ensured.FAILED, reason=reason, next_step="Run the same command again.")
    return _changed(make_order(wanted, found), found, registry)


def _after_a_lost_answer(order: Order, lost: CallFailed, registry: ContainerRegistry) -> EnsureOutcome:
    wanted = order.wanted
    try:
        for seconds in LOOKS:
            if seconds:
                registry.wait(seconds)
            if found := registry.find(wanted.name, wanted.region):
                return _finished(order, found, registry)
    except (CallFailed, Interrupted) as failed:
        return EnsureOutcome(
            wanted.repo,
            Ensured.UNKNOWN,
            reason=f"{lost.sentence} Whether it was created is not known: {_told(failed)}",
            next_step="Run the same command again: it looks first.",
            interrupted=isinstance(failed, Interrupted),
        )
    return _failed(order, lost)


def _changed(order: Order, found: ContainerRepository, registry: ContainerRegistry) -> EnsureOutcome:
    wanted = order.wanted
    status = Ensured.CHANGED if order.changes else Ensured.UNCHANGED
    outcome = EnsureOutcome(wanted.repo, status, found.uri, order.differences)
    done = list[str]()
    try:
        for difference in order.changes:
            _change(order, difference, registry)
            done.append(difference.setting)
    except (CallFailed, Interrupted) as failed:
        before = f" ({' and '.join(done)} had been changed)" if done else ""
        return replace(
            outcome,
            status=Ensured.FAILED,
            reason=_told(failed) + before,
            next_step=_remedy(failed, order),
            interrupted=isinstance(failed, Interrupted),
        )
    return outcome


def _change(order: Order, difference: Difference, registry: ContainerRegistry) -> None:
    wanted = order.wanted
    match difference.setting:
        case Setting.TAGS:
            registry.set_tags(wanted.name, wanted.region, wanted.settings.tags)
        case Setting.SCAN:
            registry.set_scan_on_push(wanted.name, wanted.region, wanted.settings.scan_on_push)
        case Setting.LIFECYCLE:
            registry.set_lifecycle(wanted.name, wanted.region, wanted.settings.lifecycle_policy)


def _failed(order: Order, failed: CallFailed) -> EnsureOutcome:
    return EnsureOutcome(order.wanted.repo, Ensured.FAILED, reason=failed.sentence, next_step=_remedy(failed, order))


def _told(failed: CallFailed | Interrupted) -> str:
    return failed.sentence if isinstance(failed, CallFailed) else "somebody interrupted"


def _remedy(failed: CallFailed | Interrupted, order: Order) -> str:
    return remedy_for(failed, order.wanted.region) if isinstance(failed, CallFailed) else ""


def _not_begun(order: Order) -> EnsureOutcome:
    reason = "interrupted before it began"
    return EnsureOutcome(order.wanted.repo, Ensured.FAILED, reason=reason, interrupted=True)
