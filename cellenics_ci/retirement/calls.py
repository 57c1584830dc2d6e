"""The calls that only a retirement asks for; those that it shares with a rotation are in `run/user_calls.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from cellenics_ci.model.names import AccessKeyId, RepoName, UserName
from cellenics_ci.model.repositories import Repository
from cellenics_ci.model.scopes import Scope
from cellenics_ci.retirement.ports import Ports
from cellenics_ci.run import calls

T = TypeVar("T")

Call: TypeAlias = calls.Call[Ports, T]
Steps: TypeAlias = calls.Steps[Ports, T]


@dataclass(frozen=True, slots=True)
class ActivateKey(Call[None]):
    """Make a key active again."""

    user: UserName
    key: AccessKeyId
    changes = True

    def perform(self, ports: Ports) -> None:
        ports.keys.activate_access_key(self.user, self.key)


@dataclass(frozen=True, slots=True)
class DeleteUser(Call[None]):
    """Delete the user itself."""

    user: UserName
    changes = True

    def perform(self, ports: Ports) -> None:
        ports.users.delete_user(self.user)


@dataclass(frozen=True, slots=True)
class DeleteSecret(Call[None]):
    """Delete one secret."""

    repo: RepoName
    scope: Scope
    name: str
    changes = True

    def perform(self, ports: Ports) -> None:
        ports.secrets.delete(self.repo, self.scope, self.name)


@dataclass(frozen=True, slots=True)
class ReadRepository(Call[Repository | None]):
    """Read a repository with its workflows, as they are now."""

    repo: RepoName

    def perform(self, ports: Ports) -> Repository | None:
        return ports.repositories.repository(self.repo)
