"""What a survey keeps of a repository: whether it declares privileges, and what its workflows do. Texts are dropped."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from cellenics_ci.model.names import RepoName
from cellenics_ci.model.repositories import CiFile, Repository, ci_file_id
from cellenics_ci.privileges.declaration import Declaration, Invalid, SourceFile
from cellenics_ci.privileges.parse import read_sources
from cellenics_ci.privileges.problems import Problem
from cellenics_ci.survey.workflows import UNKNOWN_WORKFLOWS, WorkflowFacts, workflow_facts

CAN_WRITE: Final = frozenset({"ADMIN", "MAINTAIN", "WRITE"})
"""Permissions that let us write a repository's secrets and variables."""

ENVIRONMENTS: Final = "environments"
"""What `--ignore-scope` calls a repository's environments where they can't be listed."""
LIST_ENVIRONMENTS: Final = "mend that (a fine-grained token or an App needs Actions: read)"
"""What to do where they can't be (REST reference, "List environments": fine-grained access tokens)."""


class Status(StrEnum):
    """What a repository is to us."""

    DECLARES = "declares"
    NOT_OURS = "not ours"
    INVALID = "invalid"
    ARCHIVED = "archived"
    DISABLED = "disabled"
    FORK = "fork"
    EMPTY = "empty"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SurveyedRepository:
    """A repository as a survey found it. `reason` says why it is left out, "" where it DECLARES.

    `environments` is None where they could not be listed, and `unlisted` says why; `id` 0 where GitHub did not tell it.
    """

    name: RepoName
    id: int
    status: Status
    reason: str = ""
    declaration: Declaration | None = None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    ci_file_id: str | None = None
    permission: str | None = None
    default_branch: str | None = None
    environments: tuple[str, ...] | None = ()
    unlisted: str = ""
    workflows: WorkflowFacts = UNKNOWN_WORKFLOWS


def surveyed(found: Repository) -> SurveyedRepository:
    """Return what matters of a repository that discovery found."""
    plain = SurveyedRepository(
        found.name,
        found.id,
        Status.UNKNOWN,
        permission=found.permission,
        default_branch=found.default_branch,
        environments=found.environments,
        unlisted=_unlisted(found),
        workflows=workflow_facts(found.workflows, found.default_branch),
    )
    if found.archived:
        return replace(plain, status=Status.ARCHIVED, reason="archived: its secrets can't be written")
    if found.disabled:
        return replace(plain, status=Status.DISABLED, reason="disabled by GitHub")
    if found.fork:
        return replace(plain, status=Status.FORK, reason="a fork: it has no pipelines of its own")
    if found.ci_files is None:
        return replace(plain, reason=f"its CI file could not be read: {found.unreadable or 'GitHub did not say why'}")
    if found.empty:
        return replace(plain, status=Status.EMPTY, reason="empty: it has no commit")
    return _read(plain, found.ci_files)


def with_details(known: SurveyedRepository, details: Repository) -> SurveyedRepository:
    """Return a repository with what a second look brought; what it did not bring stays as it was."""
    environments = known.environments if details.environments is None else details.environments
    found = replace(
        known,
        id=known.id or details.id,
        environments=environments,
        unlisted="" if environments is not None else details.unreadable or known.unlisted,
        workflows=known.workflows
        if details.workflows is None
        else workflow_facts(details.workflows, known.default_branch),
    )
    if known.status is Status.UNKNOWN and details.ci_files is not None:
        return _read(found, details.ci_files)
    return found


def _unlisted(found: Repository) -> str:
    return "" if found.environments is not None else found.unreadable or "GitHub did not list them"


def _read(plain: SurveyedRepository, files: tuple[CiFile, ...]) -> SurveyedRepository:
    reading = read_sources([_source(file) for file in files])
    known = replace(plain, ci_file_id=ci_file_id(files), warnings=reading.warnings, reason="")
    if isinstance(reading, Declaration):
        return replace(known, status=Status.DECLARES, declaration=reading)
    if isinstance(reading, Invalid):
        return replace(known, status=Status.INVALID, problems=reading.problems, reason=str(reading.problems[0]))
    return replace(known, status=Status.NOT_OURS, reason=reading.reason)


def _source(file: CiFile) -> SourceFile:
    return SourceFile(file.name, file.text, file.byte_size, file.is_binary, file.is_truncated, file.kind)
