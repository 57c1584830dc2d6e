"""Everything that an audit looks at, as it was read at one moment: frozen values, nothing decided yet.

A `Part` is known, Unreadable with its reason, or None: not read yet, or not asked for. Neither of the last two ever
counts as fine. Times are UTC epoch seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from cellenics_ci.model.cluster import Automation, ClusterName, GitSource
from cellenics_ci.model.deploy_keys import DeployKey, Fingerprint, SshAddress
from cellenics_ci.model.keys import AccessKey, Caller, KeyUse, User
from cellenics_ci.model.names import AccessKeyId, OrgName, Region, RepoName, RoleName, UserName, ci_user_name
from cellenics_ci.model.roles import Role
from cellenics_ci.model.scopes import Scope
from cellenics_ci.privileges.compare import Comparison
from cellenics_ci.privileges.declaration import Policy
from cellenics_ci.privileges.problems import Problem
from cellenics_ci.survey.aws import Unreadable
from cellenics_ci.survey.github import Status, SurveyedRepository

T = TypeVar("T")

Part: TypeAlias = T | Unreadable | None
Written: TypeAlias = Mapping[str, int]
"""A scope's secrets: when each name was last written."""
Registry: TypeAlias = frozenset[str]
"""The names of a region's ECR repositories."""


@dataclass(frozen=True, slots=True)
class Danger:
    """What a live policy makes possible that no pipeline should have. `everything`: every action on every resource."""

    policy: str
    sentence: str
    everything: bool = False


@dataclass(frozen=True, slots=True)
class PolicyFacts:
    """Declared policies as they are in this account and region. `problems`: why IAM would refuse them.

    `comparison` with the live ones is None without a user, or where its policies are not known.
    """

    declared: tuple[Policy, ...]
    region: Region
    problems: tuple[Problem, ...] = ()
    comparison: Comparison | None = None


@dataclass(frozen=True, slots=True)
class RepositoryFacts:
    """A repository. `secrets` has the scopes that were looked at, None where none were.

    `policies` is None where it declares none.
    """

    surveyed: SurveyedRepository
    secrets: Mapping[Scope, Written | Unreadable] | None = None
    deploy_keys: Part[tuple[DeployKey, ...]] = None
    policies: Part[PolicyFacts] = None

    @property
    def name(self) -> RepoName:
        """The repository's name."""
        return self.surveyed.name

    @property
    def declares(self) -> bool:
        """Whether a valid CI file declares privileges."""
        return self.surveyed.status is Status.DECLARES

    @property
    def declared_scopes(self) -> tuple[Scope, ...]:
        """Where its CI file wants the pair, nowhere without a valid one."""
        return self.surveyed.declaration.ci_secrets.scopes if self.surveyed.declaration else ()


@dataclass(frozen=True, slots=True)
class UserFacts:
    """A CI user: one under `/ci-users/`, or called `ci-user-…` wherever it is. `uses`: None for a key never used."""

    user: User
    repository: RepoName
    groups: tuple[str, ...] = ()
    keys: Part[tuple[AccessKey, ...]] = None
    uses: Mapping[AccessKeyId, KeyUse | Unreadable | None] = field(default_factory=dict)
    password: Part[bool] = None
    dangers: tuple[Danger, ...] = ()

    @property
    def name(self) -> UserName:
        """The user's name."""
        return self.user.name

    @property
    def known_keys(self) -> tuple[AccessKey, ...]:
        """Its keys, oldest first; none where they are not known."""
        return self.keys if isinstance(self.keys, tuple) else ()

    @property
    def active_keys(self) -> tuple[AccessKey, ...]:
        """Its active keys, oldest first; none where they are not known."""
        return tuple(key for key in self.known_keys if key.active)


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """What a cluster holds for Flux: the key in its Secret, and whether its GitRepository is Ready.

    `fingerprint` and `source` are None where there is no such Secret, or GitRepository. `automations` is None where
    they may not be listed.
    """

    name: ClusterName
    fingerprint: Fingerprint | Unreadable | None
    source: GitSource | Unreadable | None
    automations: tuple[Automation, ...] | None = None

    @property
    def repository(self) -> tuple[str, str] | None:
        """The organisation and repository that the GitRepository reads by SSH, None where it reads none so."""
        if not isinstance(self.source, GitSource):
            return None
        try:
            return SshAddress.parse(self.source.url).repository
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All of it. While it is being taken: what is there so far, and `complete` is False.

    `repositories` are the selected ones and `users` theirs; where `narrowed` is False that means all. `listing` and
    `account` say how the reads went on which these two rest: True when they are whole. `quota` is how many characters
    a user's inline policies may have. `read` counts what was read of what is to be read, by source.
    """

    org: OrgName
    region: Region
    at: float
    narrowed: bool = False
    caller: Part[Caller] = None
    listing: Part[bool] = None
    account: Part[bool] = None
    quota: Part[int] = None
    repositories: Mapping[RepoName, RepositoryFacts] = field(default_factory=dict)
    known_names: frozenset[RepoName] = frozenset()
    users: Mapping[UserName, UserFacts] = field(default_factory=dict)
    roles: Part[Mapping[RoleName, Role]] = None
    organization_secrets: Part[Written] = None
    members: Part[frozenset[str]] = None
    registries: Mapping[Region, Registry | Unreadable] = field(default_factory=dict)
    cluster: Part[ClusterFacts] = None
    read: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    complete: bool = False

    def user_of(self, repository: RepoName) -> UserFacts | None:
        """Return the CI user of a repository, None where there is none, or where users are not known."""
        return self.users.get(ci_user_name(repository))

    def repository_of(self, user: UserFacts) -> RepositoryFacts | None:
        """Return the repository of a user, None where there is none, or where it was not read."""
        return self.repositories.get(user.repository)


def repository_of_path(user: User, named: RepoName | None) -> RepoName:
    """Return the repository that a CI user stands for: by its name, else by its path, else its own name."""
    if named is not None:
        return named
    last = user.path.strip("/").rpartition("/")[2]
    return RepoName(last or user.name)


__all__ = [
    "ClusterFacts",
    "Danger",
    "Part",
    "PolicyFacts",
    "Registry",
    "RepositoryFacts",
    "Snapshot",
    "Status",
    "Unreadable",
    "UserFacts",
    "Written",
    "repository_of_path",
]
