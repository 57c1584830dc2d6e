"""What happens while targets are worked on, for whoever watches. Watching is optional; silence is the default."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from cellenics_ci.model.names import RepoName
from cellenics_ci.run.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Began:
    """Work on a repository has begun."""

    repo: RepoName


@dataclass(frozen=True, slots=True)
class Step:
    """A repository has come to a step."""

    repo: RepoName
    text: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """A repository has its new key; only the old one is still to go, which may take long."""

    repo: RepoName


@dataclass(frozen=True, slots=True)
class Ended:
    """Work on a repository has ended."""

    repo: RepoName
    outcome: Outcome


Event: TypeAlias = Began | Step | Delivered | Ended
Listener: TypeAlias = Callable[[Event], None]


def silence(event: Event) -> None:
    """Listen to nothing."""
