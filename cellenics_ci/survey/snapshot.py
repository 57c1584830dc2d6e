"""What a survey found: plain values, taken at one moment, that plans and audits decide on.

What could not be read is said as unknown, with its reason; it is never taken for absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from cellenics_ci.model.keys import AccessKey, Caller, KeyUse, User
from cellenics_ci.model.names import AccessKeyId, OrgName, RepoName, UserName, ci_user_name
from cellenics_ci.model.repositories import Repository
from cellenics_ci.model.scopes import PairDates, Scope
from cellenics_ci.privileges.declaration import Declaration
from cellenics_ci.privileges.problems import Problem


class Standing(StrEnum):
    """What a repository is to us."""

    DECLARES = "declares privileges"
    INVALID = "has an invalid CI file"
    NOTHING = "declares nothing"
    ARCHIVED = "is archived"
    FORK = "is a fork"
    DISABLED = "is disabled"
    EMPTY = "is empty"
    UNKNOWN = "could not be read"


@dataclass(frozen=True, slots=True)
class WorkflowUse:
    """What the workflows on the default branch use; None where a workflow could not be read, so nobody knows.

    `key_readers`: the workflow files that read the pair (or all secrets).
    """

    reads_key: bool | None = None
    reads_ci_token: bool | None = None
    assumes_role: bool | None = None
    key_readers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SurveyedRepository:
    """One repository with its CI user.

    `repository` carries no file texts any more. `dates`: the pair's dates in every scope that could be read
    (repository, Dependabot, each environment); `unread`: scopes that could not, with the reason. The user, its
    keys and scopes are only read for repositories that declare privileges. `problems` and `warnings` are the CI
    file's. `uses` is filled for users with two keys or more.
    """

    repository: Repository
    standing: Standing
    reason: str = ""
    declaration: Declaration | None = None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    file_id: str | None = None
    workflows: WorkflowUse = WorkflowUse()
    dates: Mapping[Scope, PairDates] = field(default_factory=dict)
    unread: Mapping[Scope, str] = field(default_factory=dict)
    org_secrets: frozenset[str] = frozenset()
    user: User | None = None
    keys: tuple[AccessKey, ...] = ()
    uses: Mapping[AccessKeyId, KeyUse | None] = field(default_factory=dict)
    aws_unread: str = ""
    """Why the user or its keys could not be read, "" where they could."""

    @property
    def name(self) -> RepoName:
        """The repository's name."""
        return self.repository.name

    @property
    def user_name(self) -> UserName:
        """The name of its CI user."""
        return ci_user_name(self.repository.name)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An organisation and an AWS account at one moment (`taken_at`, UTC epoch seconds by the servers' clock)."""

    org: OrgName
    login: str | None
    token_scopes: tuple[str, ...] | None
    caller: Caller
    quota: int
    repositories: tuple[SurveyedRepository, ...]
    users: Mapping[UserName, User]
    old_stack: bool | None
    taken_at: float
    notes: tuple[str, ...] = ()
    """What a person should know of the reading itself, in sentences."""
