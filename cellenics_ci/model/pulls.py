"""Pull requests as whoever judges them sees them: files, who pushed, what was said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request. `head` is its last commit, `source` the repository that it comes from (`org/repo`), None: gone.

    `changed_files` is GitHub's own count, which goes on where the list of files ends.
    """

    number: int
    author: str
    head: str
    source: str | None
    branch: str
    base: str
    open: bool
    changed_files: int


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file that differs. `before` is its old path where it was renamed or copied; `removed`: it is there no more."""

    path: str
    before: str | None = None
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a commit has that another one lacks; `forward`: it was made on that one. `files` may be cut off."""

    forward: bool
    files: tuple[ChangedFile, ...]


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment; `author` is a login, "" for an account that is gone."""

    id: int
    author: str
    body: str


@dataclass(frozen=True, slots=True)
class Push:
    """A branch was moved to `after` by somebody (a login, "" for an account that is gone)."""

    actor: str
    after: str
    created: bool


Modes = Mapping[str, str]
"""git's mode of every file of a commit, by path: 100644, 100755, 120000 (symbolic link), 160000 (submodule)."""
