"""Pull requests as the embedded GitHub keeps them, with what was said to them and who pushed their branches."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

PushKind: TypeAlias = Literal["branch_creation", "push", "force_push"]


@dataclass(slots=True)
class Comment:
    """A comment of a pull request."""

    id: int
    login: str
    body: str
    created_at: int
    updated_at: int


@dataclass(slots=True)
class Push:
    """Somebody moved a branch: what the repository's activity tells."""

    id: int
    actor: str
    ref: str
    before: str
    after: str
    at: int
    kind: PushKind = "push"


@dataclass(slots=True)
class PullRequest:
    """A pull request. `head` is its last commit; `fork` is the owner of the fork that it comes from, None for none."""

    id: int
    number: int
    title: str
    author: str
    base: str
    branch: str
    head: Any
    created_at: int
    updated_at: int
    fork: str | None = None
    body: str | None = None
    state: Literal["open", "closed"] = "open"
    draft: bool = False
    closed_at: int | None = None
    comments: list[Comment] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
