"""A branch of a repository on GitHub as far as one file goes, and what happened to that file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Relation: TypeAlias = Literal["identical", "ahead", "behind", "diverged"]
"""How a commit stands to another one (REST reference, "Compare two commits")."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who a commit says wrote it."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Change:
    """A commit that changed a file: `at` in UTC epoch seconds, `by` the author's name."""

    commit: str
    message: str
    at: float
    by: str


@dataclass(frozen=True, slots=True)
class Tip:
    """A repository at one commit, as far as one file goes. `text` None: the file is not there.

    `tree` is the commit's tree; `changes` are the file's last commits, the newest first.
    """

    branch: str
    commit: str
    tree: str
    text: str | None
    changes: tuple[Change, ...] = ()
    archived: bool = False
