"""The calls that an adoption's protocol asks for. Each is a value; whoever drives the protocol performs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from cellenics_ci.model.names import RepoName, RoleName
from cellenics_ci.model.oidc import Provider
from cellenics_ci.model.roles import NewRole, Role
from cellenics_ci.oidc.ports import Ports
from cellenics_ci.run import calls
from cellenics_ci.run.host_calls import SayDelivered, Tell, Wait

__all__ = [
    "AddAudience",
    "Call",
    "CreateProvider",
    "CreateRole",
    "CreateVariable",
    "DeletePolicy",
    "GetProvider",
    "GetRole",
    "PutPolicy",
    "PutTrust",
    "ReadFileId",
    "ReadVariables",
    "SayDelivered",
    "SetMaxSession",
    "Steps",
    "TagRole",
    "Tell",
    "Wait",
]

T = TypeVar("T")

Call: TypeAlias = calls.Call[Ports, T]
Steps: TypeAlias = calls.Steps[Ports, T]


@dataclass(frozen=True, slots=True)
class GetProvider(Call[Provider | None]):
    """Read the identity provider."""

    arn: str

    def perform(self, ports: Ports) -> Provider | None:
        return ports.providers.get(self.arn)


@dataclass(frozen=True, slots=True)
class CreateProvider(Call[None]):
    """Create the identity provider."""

    provider: Provider
    changes = True

    def perform(self, ports: Ports) -> None:
        ports.providers.create(self.provider)


@dataclass(frozen=True, slots=True)
class AddAudience(Call[None]):
    """Have the identity provider take tokens for one more audience."""

    arn: str
    audience: str
    changes = True

    def perform(self, ports: Ports) -> None:
        ports.providers.add_audience(self.arn, self.audience)


@dataclass(frozen=True, slots=True)
class GetRole(Call[Role | None]):
    """Read the role with all that it has."""

    role: RoleName

    def perform(self, ports: Ports) -> Role | None:
        return ports.roles.get_role(self.role)


@dataclass(frozen=True, slots=True)
class CreateRole(Call[None]):
    """Create the role, with its trust and tags, without any right."""

    role: NewRole
    changes = True

    def perform(self, ports: Ports) -> None:
        ports.roles.create_role(self.role)


@dataclass(frozen=True, slots=True)
class TagRole(Call[None]):
    """Set tags on the role."""

    role: RoleName
    tags: Mapping[str, str]
    changes = True

    def perform(self, ports: Ports) -> None:
        ports.roles.tag_role(self.role, self.tags)


@dataclass(frozen=True, slots=True)
class PutTrust(Call[None]):
    """Replace the trust policy."""

    role: RoleName
    text: str
    changes = True

    def perform(self, ports: Ports) -> None:
        ports.roles.put_trust(self.role, self.text)


@dataclass(frozen=True, slots=True)
class SetMaxSession(Call[None]):
    """Set how long a session may last at most."""

    role: RoleName
    seconds: int
    changes = True

    def perform(self, ports: Ports) -> None:
        ports.roles.set_max_session(self.role, self.seconds)


@dataclass(frozen=True, slots=True)
class PutPolicy(Call[None]):
    """Write an inline policy."""

    role: RoleName
    policy: str
    text: str
    changes = True

    def perform(self, ports: Ports) -> None:
        ports.roles.put_policy(self.role, self.policy, self.text)


@dataclass(frozen=True, slots=True)
class DeletePolicy(Call[None]):
    """Delete an inline policy."""

    role: RoleName
    policy: str
    changes = True

    def perform(self, ports: Ports) -> None:
        ports.roles.delete_policy(self.role, self.policy)


@dataclass(frozen=True, slots=True)
class ReadVariables(Call[Mapping[str, str]]):
    """Read the variables that a repository's workflows see."""

    repo: RepoName

    def perform(self, ports: Ports) -> Mapping[str, str]:
        return ports.variables.values(self.repo)


@dataclass(frozen=True, slots=True)
class CreateVariable(Call[None]):
    """Create a variable of a repository."""

    repo: RepoName
    name: str
    value: str
    changes = True

    def perform(self, ports: Ports) -> None:
        ports.variables.create(self.repo, self.name, self.value)


@dataclass(frozen=True, slots=True)
class ReadFileId(Call[str | None]):
    """Read the git ids of the repository's CI file."""

    repo: RepoName

    def perform(self, ports: Ports) -> str | None:
        return ports.files.ci_file_id(self.repo)
