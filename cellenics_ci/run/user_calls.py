"""Calls about one IAM user and its keys that more than one command makes, and what they are performed with.

Every method of a port raises CallFailed, and nothing else, when IAM refuses or does not answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from cellenics_ci.model.keys import AccessKey, KeyUse, User
from cellenics_ci.model.names import AccessKeyId, RepoName, UserName
from cellenics_ci.model.scopes import PairDates, Scope
from cellenics_ci.run.calls import Call


class TaggedUsers(Protocol):
    """IAM users, their tags and inline policies, as far as they are looked at and taken from."""

    def get_user(self, name: UserName) -> User | None:
        """Return the user with its tags (GetUser; policies stay None), None where there is no such user."""

    def tag_user(self, name: UserName, tags: Mapping[str, str]) -> None:
        """Set tags, all in one call; other tags stay."""

    def untag_user(self, name: UserName, keys: Sequence[str]) -> None:
        """Remove tags by key; absent ones are no error."""

    def delete_policy(self, name: UserName, policy: str) -> None:
        """Delete one inline policy; an absent one is no error."""


class GoingKeys(Protocol):
    """The access keys of IAM users, as far as they are looked at and taken away."""

    def list_access_keys(self, name: UserName) -> tuple[AccessKey, ...]:
        """Return the user's keys, active or not, oldest first; an absent user has none."""

    def last_used(self, key: AccessKeyId) -> KeyUse | None:
        """Return the key's last recorded use, None where none is recorded."""

    def deactivate_access_key(self, name: UserName, key: AccessKeyId) -> None:
        """Make a key inactive; an absent one is no error."""

    def delete_access_key(self, name: UserName, key: AccessKeyId) -> None:
        """Delete a key; an absent one is no error."""


class DatedSecrets(Protocol):
    """When a repository's secrets were written."""

    def pair_dates(self, repo: RepoName, scopes: Sequence[Scope]) -> Mapping[Scope, PairDates]:
        """Return when each half of the pair was last written, for every scope asked. NOT_FOUND: no such scope."""


class HasUsers(Protocol):
    """What the calls about a user are performed with."""

    @property
    def users(self) -> TaggedUsers:
        """IAM users."""


class HasKeys(Protocol):
    """What the calls about keys are performed with."""

    @property
    def keys(self) -> GoingKeys:
        """Access keys."""


class HasSecrets(Protocol):
    """What the calls about secrets' dates are performed with."""

    @property
    def secrets(self) -> DatedSecrets:
        """GitHub's secrets."""


@dataclass(frozen=True, slots=True)
class GetUser(Call[HasUsers, User | None]):
    """Read the user with its tags."""

    user: UserName

    def perform(self, ports: HasUsers) -> User | None:
        return ports.users.get_user(self.user)


@dataclass(frozen=True, slots=True)
class TagUser(Call[HasUsers, None]):
    """Set tags on the user."""

    user: UserName
    tags: Mapping[str, str]
    changes = True

    def perform(self, ports: HasUsers) -> None:
        ports.users.tag_user(self.user, self.tags)


@dataclass(frozen=True, slots=True)
class UntagUser(Call[HasUsers, None]):
    """Remove tags from the user."""

    user: UserName
    names: Sequence[str]
    changes = True

    def perform(self, ports: HasUsers) -> None:
        ports.users.untag_user(self.user, self.names)


@dataclass(frozen=True, slots=True)
class DeletePolicy(Call[HasUsers, None]):
    """Delete an inline policy."""

    user: UserName
    policy: str
    changes = True

    def perform(self, ports: HasUsers) -> None:
        ports.users.delete_policy(self.user, self.policy)


@dataclass(frozen=True, slots=True)
class ListKeys(Call[HasKeys, tuple[AccessKey, ...]]):
    """Read the user's access keys."""

    user: UserName

    def perform(self, ports: HasKeys) -> tuple[AccessKey, ...]:
        return ports.keys.list_access_keys(self.user)


@dataclass(frozen=True, slots=True)
class LastUsed(Call[HasKeys, KeyUse | None]):
    """Read when a key was last used."""

    key: AccessKeyId

    def perform(self, ports: HasKeys) -> KeyUse | None:
        return ports.keys.last_used(self.key)


@dataclass(frozen=True, slots=True)
class DeactivateKey(Call[HasKeys, None]):
    """Make a key inactive."""

    user: UserName
    key: AccessKeyId
    changes = True

    def perform(self, ports: HasKeys) -> None:
        ports.keys.deactivate_access_key(self.user, self.key)


@dataclass(frozen=True, slots=True)
class DeleteKey(Call[HasKeys, None]):
    """Delete a key."""

    user: UserName
    key: AccessKeyId
    changes = True

    def perform(self, ports: HasKeys) -> None:
        ports.keys.delete_access_key(self.user, self.key)


@dataclass(frozen=True, slots=True)
class ReadDates(Call[HasSecrets, Mapping[Scope, PairDates]]):
    """Read when the pair was last written, in each scope."""

    repo: RepoName
    scopes: tuple[Scope, ...]

    def perform(self, ports: HasSecrets) -> Mapping[Scope, PairDates]:
        return ports.secrets.pair_dates(self.repo, self.scopes)
