"""Taking a snapshot: both sides read next to each other, joined, and handed out while they grow."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, TypeAlias

from cellenics_ci.audit.aws_side import AccountTaking
from cellenics_ci.audit.gathering import Gathering
from cellenics_ci.audit.github_side import OrganizationTaking
from cellenics_ci.audit.ports import AuditReaders, ClusterReader
from cellenics_ci.audit.snapshot import ClusterFacts, Part, PolicyFacts, Snapshot, Unreadable
from cellenics_ci.errors import CallFailed
from cellenics_ci.model.cluster import IDENTITY_PUB, GitSource
from cellenics_ci.model.deploy_keys import Fingerprint, PublicKey
from cellenics_ci.model.keys import Caller, PolicyDocuments
from cellenics_ci.model.names import OrgName, Region, RepoName, ci_user_name
from cellenics_ci.privileges.check import USER_QUOTA, check_account
from cellenics_ci.privileges.compare import compare
from cellenics_ci.privileges.declaration import Declaration
from cellenics_ci.privileges.resolve import resolve
from cellenics_ci.survey.selection import Selection

BETWEEN: Final = 0.25
"""Seconds between partial snapshots at least: more often nobody can read."""

Listener: TypeAlias = Callable[[Snapshot], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an audit is about."""

    org: OrgName
    region: Region
    selection: Selection = field(default_factory=Selection)
    deploy_keys: bool = True


def silence(snapshot: Snapshot) -> None:
    """Tell nobody what is there so far."""


def never() -> bool:
    """Nobody wants to stop."""
    return False


def take_snapshot(
    readers: AuditReaders, wanted: Wanted, listener: Listener = silence, stopped: Callable[[], bool] = never
) -> Snapshot:
    """Read everything side by side. `listener` gets what is there so far, from this thread, a few times a second.

    What can't be read is Unreadable in the snapshot. Raises CallFailed where neither GitHub nor AWS can be read at
    all, UsageProblem for a selection that fits no repository, Interrupted when `stopped` says so.
    """
    with Gathering() as gathering:
        taking = _Taking(gathering, readers, wanted)
        taking.begin()
        told = time.monotonic()

        def tell() -> None:
            nonlocal told
            if taking.has_rows and time.monotonic() - told >= BETWEEN:
                listener(taking.snapshot(complete=False))
                # Whoever listens may take long: the answers that wait meanwhile come first.
                told = time.monotonic()

        gathering.take_all(tell, stopped)
        return taking.finish()


class _Taking:
    """A snapshot as it grows."""

    def __init__(self, gathering: Gathering, readers: AuditReaders, wanted: Wanted) -> None:
        self._gathering, self._readers, self._wanted = gathering, readers, wanted
        self._policies: dict[RepoName, PolicyFacts | Unreadable] = {}
        self._cluster: Part[ClusterFacts] = None
        self._account = AccountTaking(
            gathering,
            readers,
            wants=wanted.selection.wants,
            on_user=self._user_known,
            on_change=self._account_changed,
        )
        self._organization = OrganizationTaking(
            gathering,
            readers,
            wanted.selection,
            has_user=lambda name: ci_user_name(name) in self._account.users,
            on_repository=self._repository_known,
        )

    @property
    def has_rows(self) -> bool:
        """Whether there is anything to show yet."""
        return bool(self._organization.repositories)

    def begin(self) -> None:
        """Start all reads that depend on no other."""
        self._organization.begin(deploy_keys=self._wanted.deploy_keys)
        self._account.begin(self._wanted.region)
        if self._readers.cluster is not None:
            self._gathering.ask("cluster", partial(_read_cluster, self._readers.cluster), self._take_cluster)

    def snapshot(self, *, complete: bool) -> Snapshot:
        """Return what is there."""
        wanted = self._wanted
        bare = Snapshot(
            wanted.org,
            wanted.region,
            self._readers.now(),
            narrowed=bool(wanted.selection.names or wanted.selection.exclude),
            cluster=self._cluster,
            read={"repositories": (len(self._organization.names), 0), **self._gathering.counts},
            complete=complete,
        )
        found = self._account.added_to(self._organization.added_to(bare))
        judged = {name: replace(facts, policies=self._policies.get(name)) for name, facts in found.repositories.items()}
        return replace(found, repositories=judged)

    def finish(self) -> Snapshot:
        """Return the whole snapshot. Raises CallFailed where there is nothing in it."""
        failure = self._organization.failure
        if failure is not None and isinstance(self._account.whole, Unreadable):
            raise failure
        return self.snapshot(complete=True)

    def _take_cluster(self, cluster: ClusterFacts | Unreadable) -> None:
        self._cluster = cluster

    def _repository_known(self, name: RepoName) -> None:
        declaration = self._organization.repositories[name].surveyed.declaration
        if declaration is None:
            return
        self._account.declared(name)
        self._account.ask_registry(declaration.ci_region or self._wanted.region)
        self._judge(name, declaration)

    def _user_known(self, name: RepoName) -> None:
        self._organization.ask_for_secrets(name)
        self._policies.pop(name, None)

    def _account_changed(self) -> None:
        for name, facts in self._organization.repositories.items():
            if facts.surveyed.declaration is not None:
                self._account.declared(name)
                self._judge(name, facts.surveyed.declaration)

    def _judge(self, name: RepoName, declaration: Declaration) -> None:
        """Resolve what a repository declares, and compare it with what its user has, as far as they are known."""
        caller, quota = self._account.caller, self._account.quota
        user = self._account.users.get(ci_user_name(name))
        if name in self._policies or quota is None or caller is None:
            return
        if isinstance(caller, Unreadable):
            self._policies[name] = Unreadable(f"the account is not known: {caller.reason}")
            return
        live = user.user.policies if user else None
        # Where it may not be read: what AWS gives everybody.
        most = USER_QUOTA if isinstance(quota, Unreadable) else quota
        region, now = declaration.ci_region or self._wanted.region, self._readers.now()
        self._policies[name] = _policy_facts(declaration, live, caller, region, most, now)


def _policy_facts(
    declaration: Declaration, live: PolicyDocuments | None, caller: Caller, region: Region, quota: int, now: float
) -> PolicyFacts | Unreadable:
    try:
        declared = resolve(declaration, region=region, account=caller.account, partition=caller.partition)
    except ValueError as problem:
        return Unreadable(f"its policies can't be resolved: {problem}")
    problems = check_account(declaration, declared, quota=quota, partition=caller.partition)
    return PolicyFacts(declared, region, problems, None if live is None else compare(declared, live, now=now))


def _read_cluster(cluster: ClusterReader) -> ClusterFacts:
    fingerprint: Fingerprint | Unreadable | None
    source: GitSource | Unreadable | None
    try:
        fingerprint = _fingerprint(cluster)
    except CallFailed as failed:
        fingerprint = Unreadable(failed.sentence)
    try:
        source = cluster.read_source()
        automations = cluster.automations()
    except CallFailed as failed:
        source, automations = Unreadable(failed.sentence), None
    return ClusterFacts(cluster.name, fingerprint, source, automations)


def _fingerprint(cluster: ClusterReader) -> Fingerprint | Unreadable | None:
    held = cluster.read_secret()
    if held is None:
        return None
    public = held.data.get(IDENTITY_PUB)
    if public is None:
        # An audit has no business with the private half, from which it could be told.
        return Unreadable(f"the Secret has no entry {IDENTITY_PUB}")
    try:
        return PublicKey.parse(public.reveal()).fingerprint
    except ValueError:
        return Unreadable(f"the Secret's entry {IDENTITY_PUB} is no public key")
