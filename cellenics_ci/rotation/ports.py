"""What a rotation needs of AWS and GitHub, as small interfaces. The clients fulfil them; so do the tests' worlds.

Every method raises CallFailed, and nothing else, when the remote side refuses or does not answer.
Times are UTC epoch seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from cellenics_ci.model.github import OlderRuns, SealedValue
from cellenics_ci.model.keys import KeyPair
from cellenics_ci.model.names import Region, RepoName, UserName
from cellenics_ci.model.scopes import Scope
from cellenics_ci.model.secret import Secret
from cellenics_ci.run.host import Host
from cellenics_ci.run.user_calls import DatedSecrets, GoingKeys, TaggedUsers


class UserStore(TaggedUsers, Protocol):
    """IAM users, their tags and inline policies."""

    def create_user(self, name: UserName, *, path: str, tags: Mapping[str, str], boundary: str | None) -> None:
        """Create a user with its tags in one call. EXISTS where the name is taken, under any path."""

    def put_policy(self, name: UserName, policy: str, text: str) -> None:
        """Write one inline policy; an existing one of that name is replaced."""


class KeyStore(GoingKeys, Protocol):
    """The access keys of IAM users."""

    def create_access_key(self, name: UserName) -> KeyPair:
        """Create a key. Sent once and never retried: after UNKNOWN it may exist. LIMIT where the user has two."""


class Prover(Protocol):
    """Tries a new pair against AWS. Each call is one attempt, without retries."""

    def identity(self, pair: KeyPair, region: Region | None) -> str:
        """Return the ARN that GetCallerIdentity answers, at the region's endpoint or the global one (None).

        UNAUTHENTICATED or DENIED while AWS does not accept the pair.
        """

    def registry_token(self, pair: KeyPair, region: Region) -> None:
        """Ask ECR for an authorization token and throw it away: the harmless call that pipelines make first."""


class SecretStore(DatedSecrets, Protocol):
    """GitHub's secrets of one repository, in all its scopes."""

    def seal(self, repo: RepoName, scope: Scope, values: Mapping[str, Secret]) -> tuple[SealedValue, ...]:
        """Seal values with the scope's public key, in the order given; also checks that they fit (LIMIT)."""

    def reserve_writes(self, count: int) -> None:
        """Wait until that many writes can be sent at once without meeting a rate limit, and set them aside."""

    def write(self, repo: RepoName, value: SealedValue) -> None:
        """PUT one sealed value. Idempotent: safe to repeat after UNKNOWN."""


class Pipelines(Protocol):
    """What of a repository's pipelines a rotation has to look at."""

    def older_runs(self, repo: RepoName, created_before: float) -> OlderRuns:
        """Return what is known of the runs created before that time (re-runs count by their first attempt)."""

    def ci_file_id(self, repo: RepoName) -> str | None:
        """Return the git blob ids of the repository's CI file on its default branch, None where there is none."""


@dataclass(frozen=True, slots=True)
class Ports:
    """All that a rotation touches."""

    users: UserStore
    keys: KeyStore
    prover: Prover
    secrets: SecretStore
    pipelines: Pipelines
    host: Host
