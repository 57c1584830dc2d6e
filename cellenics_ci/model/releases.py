"""The releases repository's tree, as values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TreeFile:
    """A file of the releases repository. `text` None: it was not asked for, or it can't be read whole."""

    path: str
    text: str | None = None


@dataclass(frozen=True, slots=True)
class ReleasesTree:
    """The releases repository at the tip of its default branch."""

    branch: str
    commit: str
    files: tuple[TreeFile, ...]


@dataclass(frozen=True, slots=True)
class Behind:
    """How many commits one deployment is behind another; None with the reason where that can't be told."""

    commits: int | None
    reason: str = ""
