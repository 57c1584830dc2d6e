"""How a target ended. Expected failures are data, so that one target's failure never ends the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cellenics_ci.model.names import AccessKeyId, RepoName
from cellenics_ci.model.scopes import Scope


class Status(StrEnum):
    """The end of one target. NEEDS_ATTENTION: it is, or may be, without a working credential.

    WAITING: a retirement that goes on later. UNFINISHED: a step failed, nothing that is needed is broken, and the next
    run does the rest.
    """

    ROTATED = "rotated"
    ADOPTED = "adopted"
    RETIRED = "retired"
    WAITING = "waiting"
    RESTORED = "restored"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    ROLLED_BACK = "rolled-back"
    UNFINISHED = "unfinished"
    NEEDS_ATTENTION = "needs-attention"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One repository's end, in people's words. `retirement_pending` says what an old key still waits for.

    `until`: from when on that goes on (UTC epoch seconds), None where no moment is known.
    """

    repository: RepoName
    status: Status
    reason: str = ""
    next_step: str = ""
    scopes: tuple[Scope, ...] = ()
    live_key: AccessKeyId | None = None
    retired_keys: tuple[AccessKeyId, ...] = ()
    retirement_pending: str | None = None
    until: float | None = None
    interrupted: bool = False
    cause: str = ""
    """A short code for what failed, the same for like failures; "" where nothing did."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A repository that nothing is done to. `fault`: a person should mend something (exit code 1)."""

    repo: RepoName
    reason: str
    remedy: str = ""
    fault: bool = True


SETTLED: Final = frozenset(
    {Status.ROTATED, Status.ADOPTED, Status.RETIRED, Status.WAITING, Status.RESTORED, Status.UNCHANGED}
)
"""Ends that nobody has to do anything about."""


def exit_code(outcomes: Sequence[Outcome], *, left_out: bool, interrupted: bool) -> int:
    """Return the exit code for a run's outcomes (design of all commands: 0, 1, 3, 130).

    `left_out` says whether the plan itself left targets out for a fault that a person should mend.
    """
    ends = {outcome.status for outcome in outcomes}
    if Status.NEEDS_ATTENTION in ends:
        return 3
    if interrupted:
        return 130
    unsettled = any(outcome.cause for outcome in outcomes) or ends - SETTLED
    return 1 if left_out or unsettled else 0
