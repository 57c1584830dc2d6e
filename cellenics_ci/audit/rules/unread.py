"""Rules about what could not be read: it is never taken to be fine."""

from __future__ import annotations

from collections.abc import Iterator

from cellenics_ci.audit import commands
from cellenics_ci.audit.findings import Hit, Kind, Limits, Subject
from cellenics_ci.audit.snapshot import (
    ClusterFacts,
    RepositoryFacts,
    Snapshot,
    Status,
    Unreadable,
    UserFacts,
)
from cellenics_ci.model.names import RepoName, ci_user_name

_STOP = "."
_WITHOUT_WORKFLOWS = frozenset({Status.ARCHIVED, Status.DISABLED, Status.EMPTY, Status.UNKNOWN})
"""Of these nothing runs; and of the last it is told that nothing is known."""
Gap = tuple[str, str, RepoName | None]
"""What could not be read, why, and whose row shows it."""


def whole_source(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield what most other rules rest on."""
    parts = (
        ("the repositories", snapshot.listing),
        ("the CI users", snapshot.account),
        ("the account", snapshot.caller),
    )
    for what, part in parts:
        if isinstance(part, Unreadable):
            yield Hit(
                _organization(snapshot),
                f"{what} could not be read: {part.reason.rstrip(_STOP)}",
                _again(snapshot, limits),
            )


def part(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield the rest, everything that could not be read for the same reason together."""
    groups: dict[tuple[str, str], list[RepoName | None]] = {}
    for what, reason, repository in gaps(snapshot):
        groups.setdefault((what, _alike(reason, repository)), []).append(repository)
    for (what, reason), found in groups.items():
        named = sorted({name for name in found if name is not None})
        alone = len(named) == 1
        subject = Subject(Kind.REPOSITORY, named[0], named[0]) if alone else _organization(snapshot)
        of = f" of {len(named)} repositories" if len(named) > 1 else ""
        evidence = (f"repositories: {', '.join(named)}",) if of else ()
        remedy = _again(snapshot, limits, *named) if alone else _again(snapshot, limits)
        yield Hit(subject, f"{what}{of} could not be read: {reason.rstrip(_STOP)}", remedy, evidence)


def gaps(snapshot: Snapshot) -> Iterator[Gap]:
    """Yield everything that could not be read, but for what most other rules rest on."""
    shared = (
        ("the organisation's secrets", snapshot.organization_secrets),
        ("the organisation's members", snapshot.members),
        ("the roles", snapshot.roles if snapshot.account is True else None),
        ("how long policies may be", snapshot.quota),
        ("the cluster", snapshot.cluster),
    )
    for what, part in shared:
        if isinstance(part, Unreadable):
            yield what, part.reason, None
    for region, names in snapshot.registries.items():
        if isinstance(names, Unreadable):
            yield f"the ECR repositories in {region}", names.reason, None
    if isinstance(snapshot.cluster, ClusterFacts):
        for what, held in (
            ("the cluster's key", snapshot.cluster.fingerprint),
            ("Flux's state", snapshot.cluster.source),
        ):
            if isinstance(held, Unreadable):
                yield what, held.reason, None
    for facts in snapshot.repositories.values():
        yield from gaps_of_repository(facts)
    for user in snapshot.users.values():
        for what, reason in gaps_of_user(user):
            yield what, reason, user.repository if user.repository in snapshot.repositories else None


def gaps_of_repository(facts: RepositoryFacts) -> Iterator[Gap]:
    """Yield what could not be read of a repository."""
    repository = facts.surveyed
    if repository.status is Status.UNKNOWN:
        yield "the CI file", repository.reason, facts.name
    if facts.declares and repository.environments is None:
        yield "the environments", "GitHub did not list them", facts.name
    if repository.status not in _WITHOUT_WORKFLOWS and repository.workflows.reads_pair is None:
        yield "the workflows", "GitHub did not give all of them whole", facts.name
    for scope, written in (facts.secrets or {}).items():
        if isinstance(written, Unreadable):
            yield f"the secrets of the scope {scope}", written.reason, facts.name
    if isinstance(facts.deploy_keys, Unreadable):
        yield "the deploy keys", facts.deploy_keys.reason, facts.name
    if isinstance(facts.policies, Unreadable):
        yield "what the policies mean", facts.policies.reason, facts.name


def gaps_of_user(user: UserFacts) -> Iterator[tuple[str, str]]:
    """Yield what could not be read of a user."""
    if isinstance(user.keys, Unreadable):
        yield "the access keys", user.keys.reason
    unread = [use for use in user.uses.values() if isinstance(use, Unreadable)]
    if unread:
        yield "the last use of keys", unread[0].reason
    if isinstance(user.password, Unreadable):
        yield "the console passwords", user.password.reason
    if user.user.attached is None:
        yield "the attached policies", "they are told with the whole account only (iam:GetAccountAuthorizationDetails)"


def _alike(reason: str, repository: RepoName | None) -> str:
    """Return a reason as it is the same for all: without the name of the repository and of its user."""
    if repository is None:
        return reason
    return reason.replace(ci_user_name(repository), "…").replace(f"/{repository}/", "/…/")


def _organization(snapshot: Snapshot) -> Subject:
    return Subject(Kind.ORGANIZATION, snapshot.org)


def _again(snapshot: Snapshot, limits: Limits, *repositories: RepoName) -> str:
    cluster = snapshot.cluster
    context = ("--context", cluster.name.context) if isinstance(cluster, ClusterFacts) else ()
    return commands.ours(limits, "audit", "--debug", *context, *repositories)
