"""What a rewriting is told and what it gathers: edits by file, and what is left with the reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from cellenics_ci.workflows.document import Source
from cellenics_ci.workflows.edits import Edit
from cellenics_ci.workflows.facts import Problem
from cellenics_ci.workflows.permissions import TokenDefault
from cellenics_ci.yamltree import Node

ACCOUNT_VARIABLE: Final = "AWS_ACCOUNT_ID"
REGION_VARIABLE: Final = "AWS_REGION"
INSERTED_ACTION: Final = "aws-actions/configure-aws-credentials@v6"
"""What a step gets that had no such action: the newest major version of 2026."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the workflows are to do, and what only GitHub's settings tell.

    `role` is the role's name. `token_default` is the repository's default of GITHUB_TOKEN, None where not known.
    `foreign_environments` hold a pair of their own that is not ours; `called_elsewhere` are the paths of workflows
    that other repositories call.
    """

    role: str
    token_default: TokenDefault | None = None
    foreign_environments: frozenset[str] = frozenset()
    called_elsewhere: frozenset[str] = frozenset()

    @property
    def role_arn(self) -> str:
        """The role's ARN as a workflow writes it; which account it is in, a variable tells."""
        return f"arn:aws:iam::${{{{ vars.{ACCOUNT_VARIABLE} }}}}:role/{self.role}"

    @property
    def region(self) -> str:
        """The region as a workflow writes it that names none."""
        return f"${{{{ vars.{REGION_VARIABLE} }}}}"


@dataclass(slots=True)
class Changes:
    """Edits by the files' paths, and what stands in their way. With a problem, none of the edits is done."""

    edits: dict[str, list[Edit]] = field(default_factory=lambda: defaultdict(list))
    problems: list[Problem] = field(default_factory=list)

    def edit(self, source: Source, *edits: Edit) -> None:
        """Note edits of a file."""
        self.edits[source.path].extend(edits)

    def refuse(self, source: Source, where: Node | int, sentence: str) -> None:
        """Note why these changes can't be made."""
        self.problems.append(Problem(source.place(where), sentence))

    def take(self, source: Source, found: Iterable[Edit] | Problem) -> None:
        """Note edits, or the problem in their place."""
        if isinstance(found, Problem):
            self.problems.append(found)
        else:
            self.edit(source, *found)
