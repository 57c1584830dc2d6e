"""What a survey reads through. The clients fulfil these; every method raises CallFailed, and nothing else.

Times are UTC epoch seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from cellenics_ci.model.keys import AccessKey, Caller, KeyUse, User
from cellenics_ci.model.names import AccessKeyId, RepoName, UserName
from cellenics_ci.model.repositories import Repository
from cellenics_ci.model.scopes import PairDates, Scope


class RepositoryReader(Protocol):
    """An organisation's repositories."""

    def repositories(self) -> Iterator[Repository]:
        """Yield every repository with its CI files, workflows and environments; what could not be read is None."""

    def details(self, names: Sequence[RepoName]) -> Iterator[Repository]:
        """Yield CI files, workflows and environments of some repositories, one by one where need be."""


class SecretReader(Protocol):
    """When secrets were last written."""

    def pair_dates(self, repo: RepoName, scopes: Sequence[Scope]) -> Mapping[Scope, PairDates]:
        """Return the dates of the pair in these scopes. NOT_FOUND: no such scope."""


class OrganizationSecretReader(Protocol):
    """The organisation's secrets."""

    def names(self) -> frozenset[str] | None:
        """Return the names of the organisation's secrets, whoever may see them; None where they may not be listed."""

    def seen_by(self, repo: RepoName) -> frozenset[str] | None:
        """Return the names of those that a repository sees; None where that may not be asked."""


class AccountReader(Protocol):
    """The AWS account as a whole."""

    def ci_users(self) -> Mapping[UserName, User]:
        """Return every CI user with its inline policies."""

    def ci_user(self, name: UserName) -> User | None:
        """Return one user with its inline policies, None where there is no such user."""

    def user_names(self) -> Sequence[UserName]:
        """Return the names of all CI users."""

    def user_policy_quota(self) -> int:
        """Return how many characters the inline policies of one user may have together."""

    def old_stack_exists(self) -> bool | None:
        """Say whether the old CloudFormation stack is there; None where that may not be asked."""


class KeyReader(Protocol):
    """Access keys, read only."""

    def list_access_keys(self, name: UserName) -> tuple[AccessKey, ...]:
        """Return the user's keys, oldest first; an absent user has none."""

    def last_used(self, key: AccessKeyId) -> KeyUse | None:
        """Return the key's last recorded use, None where none is recorded."""


@dataclass(frozen=True, slots=True)
class Readers:
    """All that a survey reads through."""

    caller: Callable[[], Caller]
    account: AccountReader
    keys: KeyReader
    repositories: RepositoryReader
    secrets: SecretReader
    organization_secrets: OrganizationSecretReader
