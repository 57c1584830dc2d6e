"""What releases need of the world, as small protocols; clients fulfil them, and so do the worlds of the tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cellenics_ci.model.git import Author, Relation, Tip


class ReleasesRepository(Protocol):
    """One file of a repository, without a clone. Every method raises CallFailed only."""

    def tip(self, path: str) -> Tip:
        """Return the default branch's tip, and the file at a path. NOT_FOUND where there is no such repository."""

    def make_commit(self, tip: Tip, path: str, text: str, *, message: str, author: Author | None) -> str:
        """Make a commit on the tip that changes one file, and return its id; no branch has it yet."""

    def advance(self, tip: Tip, commit: str) -> None:
        """Move the branch from the tip to the commit. CONFLICT where it has moved, or where a rule holds it."""

    def rules(self, branch: str) -> tuple[str, ...]:
        """Return what protects a branch, in words, one each; none where nothing does, or nobody may know."""


class SourceHistory(Protocol):
    """How commits of a service's repository stand to each other."""

    def relation(self, repository: str, base: str, head: str) -> Relation | None:
        """Return how `head` stands to `base`; None where that can't be known. Never raises."""


class ImageRegistry(Protocol):
    """A container registry. Raises CallFailed only."""

    def missing(self, registry: str, repository: str, tags: Sequence[str]) -> tuple[str, ...]:
        """Return those of the tags that are not there; all of them where the repository itself is not."""


class Pace(Protocol):
    """Time, for whoever has to try again."""

    def now(self) -> float:
        """Return a time in seconds that never goes back."""

    def wait(self, seconds: float) -> None:
        """Let time pass. Raises Interrupted as soon as somebody asked to stop."""

    def jitter(self) -> float:
        """Return a number from 0 to 1, another one each time."""
