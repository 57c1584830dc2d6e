"""Calls to IAM that only a rotation makes, and with a new pair to STS and ECR."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cellenics_ci.model.keys import KeyPair
from cellenics_ci.model.names import Region, UserName
from cellenics_ci.rotation.calls.base import Call
from cellenics_ci.rotation.ports import Ports


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
class PutPolicy(Call[None]):
    """Write an inline policy."""

    user: UserName
    policy: str
    text: str
    changes = True

    def perform(self, ports: Ports) -> None:
        ports.users.put_policy(self.user, self.policy, self.text)


@dataclass(frozen=True, slots=True)
class CreateKey(Call[KeyPair]):
    """Create an access key. Never repeated without a look."""

    user: UserName
    changes = True

    def perform(self, ports: Ports) -> KeyPair:
        return ports.keys.create_access_key(self.user)


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
