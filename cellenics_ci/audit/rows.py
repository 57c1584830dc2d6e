"""From a snapshot to its listing: all findings, and a row for everything that has any."""

from __future__ import annotations

from collections.abc import Sequence

from cellenics_ci.audit.findings import Finding, Kind, Limits, Rule
from cellenics_ci.audit.listing import DeployKeyRow, Drift, Listing, OrphanRow, RepositoryRow, worst_of
from cellenics_ci.audit.rights import rights_of
from cellenics_ci.audit.rules.joins import orphaned, pairs
from cellenics_ci.audit.rules.retirement import settled
from cellenics_ci.audit.rules.table import RULES
from cellenics_ci.audit.rules.unread import gaps_of_repository, gaps_of_user
from cellenics_ci.audit.snapshot import PolicyFacts, RepositoryFacts, Snapshot, Unreadable, UserFacts
from cellenics_ci.model.deploy_keys import DeployKey
from cellenics_ci.model.keys import KeyUse
from cellenics_ci.model.names import RepoName


def make_listing(snapshot: Snapshot, limits: Limits, rules: Sequence[Rule] = RULES) -> Listing:
    """Return the rows and findings of a snapshot, a partial one too. Pure."""
    findings = sorted(
        (finding for rule in rules for finding in rule(snapshot, limits) if not settled(snapshot, finding)),
        key=lambda finding: (-finding.severity, str(finding.subject).lower(), finding.rule, finding.sentence),
    )
    by_repository: dict[RepoName, list[Finding]] = {}
    by_deploy_key: dict[tuple[RepoName, int], list[Finding]] = {}
    by_user: dict[str, list[Finding]] = {}
    for finding in findings:
        subject = finding.subject
        if subject.repository is not None:
            by_repository.setdefault(subject.repository, []).append(finding)
        if subject.kind is Kind.DEPLOY_KEY and subject.repository is not None:
            by_deploy_key.setdefault((subject.repository, subject.id), []).append(finding)
        if subject.kind is Kind.USER:
            by_user.setdefault(subject.name, []).append(finding)
    return Listing(
        org=snapshot.org,
        at=limits.now,
        repositories=tuple(
            _repository_row(snapshot, facts, limits, by_repository.get(facts.name, ()))
            for facts in snapshot.repositories.values()
        ),
        deploy_keys=tuple(
            _deploy_key_row(facts, key, limits, by_deploy_key.get((facts.name, key.id), ()))
            for facts in snapshot.repositories.values()
            for key in (facts.deploy_keys if isinstance(facts.deploy_keys, tuple) else ())
        ),
        orphans=tuple(
            _orphan_row(user, reason, limits, by_user.get(user.name, ()))
            for user in snapshot.users.values()
            if (reason := orphaned(snapshot, user))
        ),
        findings=tuple(findings),
        read=snapshot.read,
        complete=snapshot.complete,
    )


def _repository_row(
    snapshot: Snapshot, facts: RepositoryFacts, limits: Limits, findings: Sequence[Finding]
) -> RepositoryRow:
    user = snapshot.user_of(facts.name)
    unknown = [f"{what}: {reason}" for what, reason, _ in gaps_of_repository(facts)]
    unknown += [
        f"{what}: {reason}" for what, reason in (gaps_of_user(user) if user else _without_users(snapshot, facts))
    ]
    keys, age, used = _keys(user, limits)
    return RepositoryRow(
        name=facts.name,
        status=facts.surveyed.status,
        reason=facts.surveyed.reason,
        worst=worst_of(findings),
        keys=keys,
        key_age=age,
        used_ago=used,
        drift=_drift(snapshot, facts, user),
        rights=rights_of(facts.surveyed.workflows),
        scopes=tuple(str(scope) for scope, pair in pairs(facts) if not pair.empty),
        deploy_keys=len(facts.deploy_keys) if isinstance(facts.deploy_keys, tuple) else None,
        findings=tuple(findings),
        unknown=tuple(unknown),
        pending=not snapshot.complete and _pending(snapshot, facts, user),
    )


def _without_users(snapshot: Snapshot, facts: RepositoryFacts) -> tuple[tuple[str, str], ...]:
    """Return what is not known of a repository that may have a user, where users are not known."""
    if not isinstance(snapshot.account, Unreadable) or facts.secrets is None:
        return ()
    return (("the access keys", snapshot.account.reason),)


def _pending(snapshot: Snapshot, facts: RepositoryFacts, user: UserFacts | None) -> bool:
    """Whether something of what a row shows has still to come."""
    if user is None:
        return snapshot.account is None
    if user.keys is None or any(key.id not in user.uses for key in user.known_keys):
        return True
    return facts.secrets is None and facts.declares


def _drift(snapshot: Snapshot, facts: RepositoryFacts, user: UserFacts | None) -> Drift:
    if not facts.declares:
        return Drift.NOT_DECLARED
    if user is None:
        return Drift.NO_USER if snapshot.account is True else Drift.UNKNOWN
    if not isinstance(facts.policies, PolicyFacts) or facts.policies.comparison is None:
        return Drift.UNKNOWN
    return Drift.DRIFTED if facts.policies.comparison.drifted else Drift.NONE


def _keys(user: UserFacts | None, limits: Limits) -> tuple[tuple[str, ...], float | None, float | None]:
    """Return a user's active keys as shown, the age of the oldest, and the seconds since one was used last."""
    if user is None:
        return (), None, None
    keys = user.active_keys
    uses = [use.at for key in keys if isinstance(use := user.uses.get(key.id), KeyUse)]
    age = max((limits.age(key.created_at) for key in keys), default=None)
    return tuple(limits.key(key.id) for key in keys), age, limits.age(max(uses)) if uses else None


def _deploy_key_row(
    facts: RepositoryFacts, key: DeployKey, limits: Limits, findings: Sequence[Finding]
) -> DeployKeyRow:
    return DeployKeyRow(
        repository=facts.name,
        id=key.id,
        title=key.title,
        fingerprint=key.public.fingerprint,
        read_only=key.read_only,
        enabled=key.enabled,
        age=None if key.created_at is None else limits.age(key.created_at),
        added_by=key.added_by,
        used_ago=None if key.last_used is None else limits.age(key.last_used),
        worst=worst_of(findings),
        findings=tuple(findings),
    )


def _orphan_row(user: UserFacts, reason: str, limits: Limits, findings: Sequence[Finding]) -> OrphanRow:
    keys, age, used = _keys(user, limits)
    return OrphanRow(user.name, user.repository, reason, keys, age, used, worst_of(findings), tuple(findings))
