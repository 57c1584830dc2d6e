"""Where GitHub keeps a secret: the repository's Actions secrets, an environment's, Dependabot's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

ScopeKind: TypeAlias = Literal["actions", "environment", "dependabot"]


@dataclass(frozen=True, order=True, slots=True)
class Scope:
    """One place for secrets in a repository. `environment` is the environment's name, "" elsewhere."""

    kind: ScopeKind
    environment: str = ""

    def __str__(self) -> str:
        if self.kind == "environment":
            return f"environment {self.environment}"
        return "repository" if self.kind == "actions" else "dependabot"


ACTIONS = Scope("actions")
DEPENDABOT = Scope("dependabot")


def environment_scope(name: str) -> Scope:
    """Return the scope of a deployment environment's secrets."""
    return Scope("environment", name)


@dataclass(frozen=True, slots=True)
class PairDates:
    """When each half of the pair was last written in a scope (UTC epoch seconds), None where it is absent.

    GitHub's `updated_at` has whole seconds and proves *a* write, not which value
    (REST reference, "Actions secrets").
    """

    key_id_at: int | None = None
    secret_at: int | None = None

    @property
    def empty(self) -> bool:
        """Whether the scope holds neither half."""
        return self.key_id_at is None and self.secret_at is None

    @property
    def complete(self) -> bool:
        """Whether the scope holds both halves."""
        return self.key_id_at is not None and self.secret_at is not None


ScopeDates: TypeAlias = Mapping[Scope, PairDates]
