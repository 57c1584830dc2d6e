"""Rules about what users may do: against what is declared, and against what no pipeline should."""

from __future__ import annotations

from collections.abc import Iterator

from cellenics_ci.audit import commands
from cellenics_ci.audit.findings import Hit, Limits
from cellenics_ci.audit.rules.joins import subject_of_repository, subject_of_user
from cellenics_ci.audit.snapshot import Danger, PolicyFacts, Snapshot, UserFacts
from cellenics_ci.privileges.compare import DENY_OLD_SESSIONS, Comparison, diff_lines


def drifted(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield users whose inline policies differ from what is declared, with a diff."""
    for facts in snapshot.repositories.values():
        policies = facts.policies
        if not isinstance(policies, PolicyFacts) or policies.comparison is None or not policies.comparison.drifted:
            continue
        # Younger keys are left alone; policies are brought up to date all the same.
        remedy = commands.rotate(limits, facts.name, "--max-age", limits.days)
        sentence = "its user's policies differ from what .ci.yaml declares"
        subject = subject_of_repository(facts)
        yield Hit(subject, sentence, remedy, tuple(_changes(policies.comparison)), _diff(policies.comparison))


def everything(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield users that may do everything."""
    for user in snapshot.users.values():
        found = [danger for danger in user.dangers if danger.everything]
        if found:
            yield _dangerous(snapshot, user, found, "it may do everything in the account", limits)


def escalation(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield users that can give themselves more rights than they have."""
    for user in snapshot.users.values():
        found = [danger for danger in user.dangers if not danger.everything]
        if found:
            yield _dangerous(snapshot, user, found, "it can get more rights than it was given", limits)


def _dangerous(snapshot: Snapshot, user: UserFacts, found: list[Danger], sentence: str, limits: Limits) -> Hit:
    evidence = tuple(f"{danger.policy}: {danger.sentence}" for danger in found)
    facts = snapshot.repository_of(user)
    policies = facts.policies if facts else None
    comparison = policies.comparison if isinstance(policies, PolicyFacts) else None
    subject = subject_of_user(snapshot, user)
    if facts is not None and comparison is not None:
        removable = {*comparison.removed, *(change.name for change in comparison.changed)}
        if all(danger.policy in removable for danger in found):
            remedy = commands.rotate(limits, facts.name, "--max-age", limits.days)
            return Hit(subject, sentence, remedy, evidence)
        declaration = facts.surveyed.declaration
        if declaration is not None and not any(danger.policy.startswith("arn:") for danger in found):
            return Hit(subject, sentence, commands.browse(snapshot.org, facts.name, declaration.file), evidence)
    lines = [commands.take_policy(limits, user.name, policy) for policy in dict.fromkeys(each.policy for each in found)]
    return Hit(subject, sentence, commands.then(*lines), evidence)


def _changes(comparison: Comparison) -> Iterator[str]:
    for policy in comparison.added:
        yield f"{policy.name} is declared and not there"
    for change in comparison.changed:
        ways = [word for word, yes in (("less", change.widens), ("more", change.narrows)) if yes]
        told = f"allows {' and also '.join(ways)} than declared" if ways else "is worded differently"
        yield f"{change.name} {told}"
    for name in comparison.removed:
        spent = name == DENY_OLD_SESSIONS
        yield f"{name} has outlived its use" if spent else f"{name} is there and not declared"


def _diff(comparison: Comparison) -> tuple[str, ...]:
    lines: list[str] = []
    for policy in comparison.added:
        lines += diff_lines(policy.name, None, policy.document)
    for change in comparison.changed:
        lines += diff_lines(change.name, change.old, change.new.document)
    for name in comparison.removed:
        lines += diff_lines(name, comparison.live[name], None)
    return tuple(lines)
