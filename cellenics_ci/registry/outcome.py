"""How it ended for a container repository. Expected failures are data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from cellenics_ci.model.names import RepoName
from cellenics_ci.registry.plan import Difference


class Ensured(StrEnum):
    """The end of one repository. UNKNOWN: nobody can tell whether it was created."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class EnsureOutcome:
    """How it ended, in people's words. `uri` is where images are pushed to, None where that is not known.

    `differences` are those that were looked at, each with what became of it; after a failure some that were to be
    changed may not have been.
    """

    repo: RepoName
    status: Ensured
    uri: str | None = None
    differences: tuple[Difference, ...] = ()
    reason: str = ""
    next_step: str = ""
    interrupted: bool = False

    @property
    def usable(self) -> bool:
        """Whether images can be pushed, as declared."""
        return self.status not in (Ensured.FAILED, Ensured.UNKNOWN)


def exit_code(outcomes: Iterable[EnsureOutcome], *, left_out: bool) -> int:
    """Return 0 where every repository is there, 1 where one is not as it should be, 130 where somebody interrupted."""
    told = tuple(outcomes)
    if any(each.interrupted for each in told):
        return 130
    return 1 if left_out or not all(each.usable for each in told) else 0
