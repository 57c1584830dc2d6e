"""What a retirement needs of AWS and GitHub, as small interfaces. The clients fulfil them; so do the tests' worlds.

Every method raises CallFailed, and nothing else, when the remote side refuses or does not answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from cellenics_ci.model.names import AccessKeyId, RepoName, UserName
from cellenics_ci.model.repositories import Repository
from cellenics_ci.model.scopes import Scope
from cellenics_ci.run.host import Host
from cellenics_ci.run.user_calls import DatedSecrets, GoingKeys, TaggedUsers


class UserStore(TaggedUsers, Protocol):
    """IAM users, which can be deleted."""

    def delete_user(self, name: UserName) -> None:
        """Delete a user; an absent one is no error. EXISTS where something is still attached to it."""


class KeyStore(GoingKeys, Protocol):
    """The access keys of IAM users, which can be given back."""

    def activate_access_key(self, name: UserName, key: AccessKeyId) -> None:
        """Make a key active. NOT_FOUND where it is gone."""


class SecretStore(DatedSecrets, Protocol):
    """GitHub's secrets of one repository, in all its scopes."""

    def delete(self, repo: RepoName, scope: Scope, name: str) -> None:
        """Delete one secret; an absent one is no error."""


class RepositoryLook(Protocol):
    """A repository as it is now."""

    def repository(self, name: RepoName) -> Repository | None:
        """Return a repository with its workflows, None where there is none of that name that we may see."""


@dataclass(frozen=True, slots=True)
class Ports:
    """All that a retirement touches."""

    users: UserStore
    keys: KeyStore
    secrets: SecretStore
    repositories: RepositoryLook
    host: Host
