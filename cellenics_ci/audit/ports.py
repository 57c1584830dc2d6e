"""What an audit reads through, beside what a survey does. Read only; every method raises CallFailed, and nothing else.

Times are UTC epoch seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from cellenics_ci.model.cluster import Automation, ClusterName, FluxSecret, GitSource
from cellenics_ci.model.deploy_keys import DeployKey
from cellenics_ci.model.keys import Caller
from cellenics_ci.model.names import Region, RepoName, UserName
from cellenics_ci.model.roles import AccountDetails
from cellenics_ci.model.scopes import Scope
from cellenics_ci.survey.ports import AccountReader, KeyReader, RepositoryReader


class DetailsReader(Protocol):
    """The account, read at once."""

    def read(self) -> AccountDetails:
        """Return all of it (GetAccountAuthorizationDetails)."""


class PasswordReader(Protocol):
    """Which users can sign in to the console."""

    def reported(self) -> Mapping[UserName, bool]:
        """Return what the credential report says; users made since it was written are missing."""

    def has_password(self, name: UserName) -> bool:
        """Return it for one user, as it is now."""


class RegistryReader(Protocol):
    """ECR."""

    def names(self, region: Region) -> frozenset[str]:
        """Return the names of a region's repositories."""


class SecretLister(Protocol):
    """Which secrets there are, never their values."""

    def written_at(self, repo: RepoName, scope: Scope) -> Mapping[str, int]:
        """Return a scope's secrets with the time of their last write. NOT_FOUND: no such scope."""


class OrganizationSecretLister(Protocol):
    """The organisation's Actions secrets."""

    def written_at(self) -> Mapping[str, int] | None:
        """Return them with the time of their last write, None where they may not be listed."""


class DeployKeyLister(Protocol):
    """The deploy keys of an organisation's repositories."""

    def counts(self) -> Iterator[tuple[RepoName, int | None]]:
        """Yield every repository with the number of its deploy keys, None where that was not told."""

    def keys_of(self, repo: RepoName) -> tuple[DeployKey, ...]:
        """Return a repository's deploy keys. Its admins alone may ask."""


class MemberLister(Protocol):
    """The organisation's people."""

    def logins(self) -> frozenset[str]:
        """Return the logins of all its members, in lower case."""


class ClusterReader(Protocol):
    """The Secret and the GitRepository of one cluster."""

    @property
    def name(self) -> ClusterName:
        """Which ones of which cluster."""

    def read_secret(self) -> FluxSecret | None:
        """Return the Secret, None where there is none."""

    def read_source(self) -> GitSource | None:
        """Return the GitRepository, None where there is none."""

    def automations(self) -> tuple[Automation, ...] | None:
        """Return the ImageUpdateAutomations on this GitRepository, None where we may not know."""


@dataclass(frozen=True, slots=True)
class AuditReaders:
    """All that an audit reads through. `cluster` is None where no context was named."""

    caller: Callable[[], Caller]
    account: AccountReader
    details: DetailsReader
    keys: KeyReader
    passwords: PasswordReader
    registries: RegistryReader
    repositories: RepositoryReader
    secrets: SecretLister
    organization_secrets: OrganizationSecretLister
    deploy_keys: DeployKeyLister
    members: MemberLister
    now: Callable[[], float]
    cluster: ClusterReader | None = None
