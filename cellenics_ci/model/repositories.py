"""Repositories as GitHub lists them, with the few files and names that are read along."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from cellenics_ci.model.names import RepoName

CI_FILE_NAMES: Final = (".ci.yaml", ".ci.yml")
WORKFLOWS_FOLDER: Final = ".github/workflows"
ACTIONS_FOLDER: Final = ".github/actions"
ACTION_NAMES: Final = ("action.yml", "action.yaml")
"""What GitHub looks for in an action's folder, in this order."""

FileKind: TypeAlias = Literal["file", "directory", "submodule"]


@dataclass(frozen=True, slots=True)
class CiFile:
    """A `.ci.yaml` or `.ci.yml` at the root of the default branch.

    `oid` is its git id; `text` is None for a binary and for what is no file, cut where `is_truncated`.
    """

    name: str
    oid: str
    text: str | None = None
    byte_size: int = 0
    is_binary: bool = False
    is_truncated: bool = False
    kind: FileKind = "file"


@dataclass(frozen=True, slots=True)
class WorkflowFile:
    """A workflow, or a local action's `action.yml`, on the default branch; `text` is None where it could not be read.

    `folder` is `.github/workflows`, or the action's own below `.github/actions`.
    """

    name: str
    text: str | None
    folder: str = WORKFLOWS_FOLDER

    @property
    def path(self) -> str:
        """The file's path from the root of the repository."""
        return f"{self.folder}/{self.name}"


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository as discovery found it.

    `workflows` has the actions under `.github/actions` too. It, `ci_files` and `environments` are None where they
    could not be read; `unreadable` says why.
    `permission` is ours there (ADMIN, MAINTAIN, WRITE, TRIAGE, READ), None where GitHub does not tell.
    """

    name: RepoName
    id: int
    archived: bool = False
    fork: bool = False
    disabled: bool = False
    empty: bool = False
    permission: str | None = None
    default_branch: str | None = None
    ci_files: tuple[CiFile, ...] | None = ()
    workflows: tuple[WorkflowFile, ...] | None = ()
    environments: tuple[str, ...] | None = ()
    unreadable: str = ""


def ci_file_id(files: tuple[CiFile, ...]) -> str | None:
    """Return one text that changes whenever a repository's CI files do, None where it has none."""
    return " ".join(f"{file.name}@{file.oid}" for file in sorted(files, key=lambda file: file.name)) or None
