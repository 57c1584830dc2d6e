"""A snapshot as rows: one a repository, a deploy key, an orphaned user. The table and the screen both show these."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from cellenics_ci.audit.findings import Finding, Severity
from cellenics_ci.audit.rights import Rights, progress
from cellenics_ci.audit.snapshot import Status
from cellenics_ci.model.names import OrgName, RepoName, UserName


class Drift(StrEnum):
    """A user's policies against the declared ones."""

    NONE = "none"
    DRIFTED = "drifted"
    NO_USER = "no user"
    NOT_DECLARED = "not declared"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class RepositoryRow:
    """A repository. `worst` is None where nothing was found; `unknown` has the reasons for what could not be read.

    `key_age` (seconds) is that of its oldest active key, `used_ago` since any of them was used last; None where
    there is none, or where it is not known. `deploy_keys` is None where they are not known. `keys` are shown ids.
    """

    name: RepoName
    status: Status
    reason: str = ""
    worst: Severity | None = None
    keys: tuple[str, ...] = ()
    key_age: float | None = None
    used_ago: float | None = None
    drift: Drift = Drift.NOT_DECLARED
    rights: Rights = Rights.UNKNOWN
    scopes: tuple[str, ...] = ()
    deploy_keys: int | None = None
    findings: tuple[Finding, ...] = ()
    unknown: tuple[str, ...] = ()
    pending: bool = False

    @property
    def ours(self) -> bool:
        """Whether it has anything to do with credentials: what is not is only counted in a table."""
        declares = self.status in (Status.DECLARES, Status.INVALID)
        return bool(declares or self.keys or self.scopes or self.deploy_keys or self.findings or self.unknown)


@dataclass(frozen=True, slots=True)
class DeployKeyRow:
    """A deploy key. Ages in seconds; `used_ago` None: never used, or GitHub does not tell."""

    repository: RepoName
    id: int
    title: str
    fingerprint: str
    read_only: bool
    enabled: bool
    age: float | None
    added_by: str | None
    used_ago: float | None
    worst: Severity | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class OrphanRow:
    """A CI user that no repository of the organisation needs: `reason` says why. Ages in seconds."""

    user: UserName
    repository: RepoName
    reason: str
    keys: tuple[str, ...] = ()
    key_age: float | None = None
    used_ago: float | None = None
    worst: Severity | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """Everything that is shown. `findings` are all of them, the worst first, also those of no row.

    `read` counts what was read of what is to be read, by source, while `complete` is False.
    """

    org: OrgName
    at: float
    repositories: tuple[RepositoryRow, ...] = ()
    deploy_keys: tuple[DeployKeyRow, ...] = ()
    orphans: tuple[OrphanRow, ...] = ()
    findings: tuple[Finding, ...] = ()
    read: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    complete: bool = True

    @property
    def counts(self) -> Mapping[Severity, int]:
        """How many findings there are of each severity, zeros included."""
        found = Counter(finding.severity for finding in self.findings)
        return {severity: found[severity] for severity in sorted(Severity, reverse=True)}

    @property
    def rights(self) -> Mapping[Rights, int]:
        """How many of the repositories that declare privileges get them by which means, zeros included."""
        return progress(row.rights for row in self.repositories if row.status is Status.DECLARES)

    def reaches(self, severity: Severity) -> bool:
        """Whether there is a finding of this severity, or a worse one."""
        return any(finding.severity >= severity for finding in self.findings)


def worst_of(findings: Sequence[Finding]) -> Severity | None:
    """Return the worst severity among findings, None without any."""
    return max((finding.severity for finding in findings), default=None)
