"""How a push ended. Expected failures are data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Pushed(StrEnum):
    """The end of a push. SUPERSEDED: something newer is deployed. UNKNOWN: nobody can tell whether it landed."""

    PUSHED = "pushed"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PushOutcome:
    """How it ended, in people's words. `commit` is the releases repository's, where one was made or found."""

    status: Pushed
    path: str
    reason: str = ""
    next_step: str = ""
    commit: str | None = None
    conflicts: int = 0
    interrupted: bool = False
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 where what is newest is deployed, 1 where it is not, 3 where somebody has to look, 130 interrupted."""
        if self.status in (Pushed.PUSHED, Pushed.UNCHANGED, Pushed.SUPERSEDED):
            return 0
        if self.interrupted:
            return 130
        return 3 if self.status is Pushed.UNKNOWN else 1
