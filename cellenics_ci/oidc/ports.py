"""What an adoption needs of AWS and GitHub, as small interfaces. The clients fulfil them; so do the tests' worlds.

Every method raises CallFailed, and nothing else, when the remote side refuses or does not answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from cellenics_ci.model.names import RepoName, RoleName
from cellenics_ci.model.oidc import Owner, Provider, SubjectSetting
from cellenics_ci.model.roles import NewRole, Role, RoleQuotas
from cellenics_ci.run.host import Host


class RoleReader(Protocol):
    """IAM roles, read only."""

    def get_role(self, name: RoleName) -> Role | None:
        """Return the role with its trust, tags and policies, None where there is no such role."""

    def quotas(self) -> RoleQuotas:
        """Return how large a role's policies may be."""


class RoleStore(Protocol):
    """IAM roles, their trust, tags and inline policies."""

    def get_role(self, name: RoleName) -> Role | None:
        """Return the role with its trust, tags and policies, None where there is no such role."""

    def create_role(self, role: NewRole) -> None:
        """Create a role with its trust and tags in one call. EXISTS where the name is taken. Sent once."""

    def tag_role(self, name: RoleName, tags: Mapping[str, str]) -> None:
        """Set tags, all in one call; other tags stay."""

    def put_trust(self, name: RoleName, text: str) -> None:
        """Replace the trust policy."""

    def set_max_session(self, name: RoleName, seconds: int) -> None:
        """Set how long a session may last at most."""

    def put_policy(self, name: RoleName, policy: str, text: str) -> None:
        """Write one inline policy; an existing one of that name is replaced."""

    def delete_policy(self, name: RoleName, policy: str) -> None:
        """Delete one inline policy; an absent one is no error."""


class ProviderStore(Protocol):
    """IAM's identity providers for web identities."""

    def get(self, arn: str) -> Provider | None:
        """Return a provider, None where there is none of this ARN."""

    def create(self, provider: Provider) -> None:
        """Create a provider. EXISTS where there is one for this issuer. Sent once."""

    def add_audience(self, arn: str, audience: str) -> None:
        """Take tokens for one more audience; one that is there already is no error."""


class SubjectReader(Protocol):
    """What the subjects of tokens are made of."""

    def owner(self) -> Owner:
        """Return the organisation as tokens name it."""

    def organization(self) -> SubjectSetting | None:
        """Return the organisation's setting, an empty one where it has none; None where it may not be asked."""

    def repository(self, repo: RepoName) -> SubjectSetting | None:
        """Return a repository's setting; None where it may not be asked."""


class VariableStore(Protocol):
    """The variables of repositories' workflows."""

    def values(self, repo: RepoName) -> Mapping[str, str]:
        """Return the variables that a repository's workflows see."""

    def create(self, repo: RepoName, name: str, value: str) -> None:
        """Create a variable. EXISTS where there is one of this name. Sent once."""


class FileReader(Protocol):
    """The file that declares what is to be done."""

    def ci_file_id(self, repo: RepoName) -> str | None:
        """Return the git blob ids of the repository's CI file on its default branch, None where there is none."""


@dataclass(frozen=True, slots=True)
class Ports:
    """All that an adoption touches."""

    roles: RoleStore
    providers: ProviderStore
    variables: VariableStore
    files: FileReader
    host: Host
