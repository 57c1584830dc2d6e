"""The values that reading a `.ci.yaml` ends in: a Declaration, NotOurs, or Invalid with every problem."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from cellenics_ci.model.names import PolicyName, Region
from cellenics_ci.model.scopes import ACTIONS, DEPENDABOT, Scope, environment_scope
from cellenics_ci.privileges.problems import Problem
from cellenics_ci.privileges.template import Entries, Text

FILE_NAMES: Final = (".ci.yaml", ".ci.yml")

DENY_OLD_SESSIONS: Final = PolicyName("cellenics-ci-deny-old-sessions")
"""The inline policy that `rotate-ci --compromised` leaves on a user: ours, and never declared by a file."""

SourceKind: TypeAlias = Literal["file", "directory", "submodule"]
NotOursKind: TypeAlias = Literal["absent", "empty", "foreign", "declares nothing"]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A `.ci.yaml` as GitHub's GraphQL gives it: `text` is None for a binary, cut where `is_truncated`."""

    name: str
    text: str | None
    byte_size: int
    is_binary: bool = False
    is_truncated: bool = False
    kind: SourceKind = "file"


@dataclass(frozen=True, slots=True)
class DeclaredPolicy:
    """One entry of `ci-policies`, its parameters (`${AWS::Region}`, …) not yet filled in."""

    name: Text
    document: Entries
    line: int


@dataclass(frozen=True, slots=True)
class CiSecrets:
    """Which scopes of the repository get the pair of secrets (`ci-secrets`)."""

    actions: bool = True
    environments: tuple[str, ...] = ()
    dependabot: bool = False

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """The declared scopes, in the order in which they are written here."""
        environments = tuple(environment_scope(name) for name in self.environments)
        actions = (ACTIONS,) if self.actions else ()
        return (*actions, *environments, *((DEPENDABOT,) if self.dependabot else ()))


@dataclass(frozen=True, slots=True)
class CiTrust:
    """Which runs may assume the repository's role (`ci-trust`): those of branches and tags, of environments, of pulls.

    Names of branches and tags may hold IAM's wildcards, `*` and `?`; an environment is a name, or `*` for every one.
    """

    branches: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    pull_requests: bool = False

    def __bool__(self) -> bool:
        return bool(self.branches or self.tags or self.environments or self.pull_requests)


@dataclass(frozen=True, slots=True)
class Declaration:
    """A valid file of ours: at least one policy, checked as far as it can be without knowing the account."""

    file: str
    policies: tuple[DeclaredPolicy, ...]
    ci_secrets: CiSecrets = CiSecrets()
    ci_region: Region | None = None
    ci_trust: CiTrust | None = None
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class NotOurs:
    """Nothing is declared here: no file, an empty one, somebody else's, or an empty `ci-policies`."""

    kind: NotOursKind
    reason: str
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Invalid:
    """The file is ours or may be, and can't be used: every problem that was found, never empty."""

    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()


Reading: TypeAlias = Declaration | NotOurs | Invalid


@dataclass(frozen=True, slots=True)
class Policy:
    """An inline policy ready for IAM. `text` is its document as compact JSON, as it is sent and counted."""

    name: PolicyName
    document: Mapping[str, Any]
    text: str
