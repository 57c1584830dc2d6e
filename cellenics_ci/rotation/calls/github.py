"""Calls to GitHub: secrets, workflow runs, the CI file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cellenics_ci.model.github import OlderRuns, SealedValue
from cellenics_ci.model.names import RepoName
from cellenics_ci.model.scopes import Scope
from cellenics_ci.model.secret import Secret
from cellenics_ci.rotation.calls.base import Call
from cellenics_ci.rotation.ports import Ports


@dataclass(frozen=True, slots=True)
class Seal(Call[tuple[SealedValue, ...]]):
    """Seal values for a scope."""

    repo: RepoName
    scope: Scope
    values: Mapping[str, Secret]

    def perform(self, ports: Ports) -> tuple[SealedValue, ...]:
        return ports.secrets.seal(self.repo, self.scope, self.values)


@dataclass(frozen=True, slots=True)
class ReserveWrites(Call[None]):
    """Set aside what the rate limit allows, so that nothing waits between two writes."""

    count: int

    def perform(self, ports: Ports) -> None:
        ports.secrets.reserve_writes(self.count)


@dataclass(frozen=True, slots=True)
class WriteSecret(Call[None]):
    """Write one sealed value."""

    repo: RepoName
    value: SealedValue
    changes = True

    def perform(self, ports: Ports) -> None:
        ports.secrets.write(self.repo, self.value)


@dataclass(frozen=True, slots=True)
class ReadRuns(Call[OlderRuns]):
    """Read what runs there were before a moment (UTC epoch seconds)."""

    repo: RepoName
    created_before: float

    def perform(self, ports: Ports) -> OlderRuns:
        return ports.pipelines.older_runs(self.repo, self.created_before)


@dataclass(frozen=True, slots=True)
class ReadFileId(Call[str | None]):
    """Read the id of the repository's CI file as it is now."""

    repo: RepoName

    def perform(self, ports: Ports) -> str | None:
        return ports.pipelines.ci_file_id(self.repo)
