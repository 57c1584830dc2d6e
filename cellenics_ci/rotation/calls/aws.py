"""Calls to IAM, and with a new pair to STS and ECR."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cellenics_ci.model.keys import AccessKey, KeyPair, KeyUse, User
from cellenics_ci.model.names import AccessKeyId, Region, UserName
from cellenics_ci.rotation.calls.base import Call
from cellenics_ci.rotation.ports import Ports


@dataclass(frozen=True, slots=True)
class GetUser(Call[User | None]):
    """Read the user with its tags."""

    user: UserName

    def perform(self, ports: Ports) -> User | None:
        return ports.users.get_user(self.user)


@dataclass(frozen=True, slots=True)
class CreateUser(Call[None]):
    """Create the user, with its tags."""

    user: UserName
    path: str
    tags: Mapping[str, str]
    boundary: str | None
    changes = True

    def perform(self, ports: Ports) -> None:
        ports.users.create_user(self.user, path=self.path, tags=self.tags, boundary=self.boundary)


@dataclass(frozen=True, slots=True)
class TagUser(Call[None]):
    """Set tags on the user."""

    user: UserName
    tags: Mapping[str, str]
    changes = True

    def perform(self, ports: Ports) -> None:
        ports.users.tag_user(self.user, self.tags)


@dataclass(frozen=True, slots=True)
class UntagUser(Call[None]):
    """Remove tags from the user."""

    user: UserName
    names: Sequence[str]
    changes = True

    def perform(self, ports: Ports) -> None:
        ports.users.untag_user(self.user, self.names)


@dataclass(frozen=True, slots=True)
class PutPolicy(Call[None]):
    """Write an inline policy."""

    user: UserName
    policy: str
    text: str
    changes = True

    def perform(self, ports: Ports) -> None:
        ports.users.put_policy(self.user, self.policy, self.text)


@dataclass(frozen=True, slots=True)
class DeletePolicy(Call[None]):
    """Delete an inline policy."""

    user: UserName
    policy: str
    changes = True

    def perform(self, ports: Ports) -> None:
        ports.users.delete_policy(self.user, self.policy)


@dataclass(frozen=True, slots=True)
class ListKeys(Call[tuple[AccessKey, ...]]):
    """Read the user's access keys."""

    user: UserName

    def perform(self, ports: Ports) -> tuple[AccessKey, ...]:
        return ports.keys.list_access_keys(self.user)


@dataclass(frozen=True, slots=True)
class LastUsed(Call[KeyUse | None]):
    """Read when a key was last used."""

    key: AccessKeyId

    def perform(self, ports: Ports) -> KeyUse | None:
        return ports.keys.last_used(self.key)


@dataclass(frozen=True, slots=True)
class CreateKey(Call[KeyPair]):
    """Create an access key. Never repeated without a look."""

    user: UserName
    changes = True

    def perform(self, ports: Ports) -> KeyPair:
        return ports.keys.create_access_key(self.user)


@dataclass(frozen=True, slots=True)
class DeactivateKey(Call[None]):
    """Make a key inactive."""

    user: UserName
    key: AccessKeyId
    changes = True

    def perform(self, ports: Ports) -> None:
        ports.keys.deactivate_access_key(self.user, self.key)


@dataclass(frozen=True, slots=True)
class DeleteKey(Call[None]):
    """Delete a key."""

    user: UserName
    key: AccessKeyId
    changes = True

    def perform(self, ports: Ports) -> None:
        ports.keys.delete_access_key(self.user, self.key)


@dataclass(frozen=True, slots=True)
class Identity(Call[str]):
    """Try the new pair: who does AWS say it is?"""

    pair: KeyPair
    region: Region | None

    def perform(self, ports: Ports) -> str:
        return ports.prover.identity(self.pair, self.region)


@dataclass(frozen=True, slots=True)
class RegistryToken(Call[None]):
    """Try the new pair: does ECR let it in?"""

    pair: KeyPair
    region: Region

    def perform(self, ports: Ports) -> None:
        ports.prover.registry_token(self.pair, self.region)
