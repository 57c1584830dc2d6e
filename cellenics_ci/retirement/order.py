"""One user's part of the plan, in the form that the protocol carries out."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from cellenics_ci.model.keys import AccessKey, User
from cellenics_ci.model.names import AccessKeyId, RepoName, UserName
from cellenics_ci.model.retirement_tag import Retirement, read_retirement
from cellenics_ci.model.scopes import PairDates, Scope
from cellenics_ci.model.tags import PREFIX, Lock, read_lock
from cellenics_ci.run.host import Runner
from cellenics_ci.run.outcome import Outcome, Status


class Step(StrEnum):
    """What is done to a user in this run."""

    WATCH = "watch"
    """Note that it is being retired; its key stays active, since only an active key shows that it is used."""
    DEACTIVATE = "deactivate"
    DELETE = "delete"
    NOW = "now"
    """Deactivate and delete, without waiting for anything."""
    UNDO = "undo"


class Whereabouts(StrEnum):
    """What became of the repository that a user was made for."""

    THERE = "there"
    ARCHIVED = "archived"
    GONE = "gone"
    """Deleted, or renamed without a trace, or out of our token's sight."""
    SERVED = "served"
    """Renamed, and its new name's own user has delivered the pair that it holds."""


@dataclass(frozen=True, slots=True)
class Home:
    """The repository that a user was made for, under the name that it has now."""

    name: RepoName
    whereabouts: Whereabouts
    id: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """What an order rests on: the user's path and our tags, its keys, and the dates of the secrets that are to go."""

    path: str
    tags: tuple[tuple[str, str], ...] = ()
    keys: tuple[AccessKey, ...] = ()
    dates: tuple[tuple[Scope, PairDates], ...] = ()

    @property
    def retirement(self) -> Retirement | None:
        """How far the retirement has come."""
        return read_retirement(dict(self.tags))

    @property
    def lock(self) -> Lock | None:
        """Who was at work."""
        return read_lock(dict(self.tags))

    @property
    def active(self) -> tuple[AccessKeyId, ...]:
        """The active keys."""
        return tuple(key.id for key in self.keys if key.active)


def own_tags(user: User) -> tuple[tuple[str, str], ...]:
    """Return those of a user's tags that are this program's."""
    return tuple(sorted((name, value) for name, value in user.tags.items() if name.startswith(PREFIX)))


@dataclass(frozen=True, slots=True)
class Order:
    """All that is to be done for one user, and what that was decided on. Times in seconds.

    `repo` is the repository that the user's name stands for, whether there is one or not. `owner` is the tag that
    says whose the user is, None where nobody knows. `since`: uses before it say nothing. `why` tells why a
    retirement starts over, "" where it does not.
    """

    repo: RepoName
    user: UserName
    step: Step
    seen: Seen
    home: Home
    owner: str | None = None
    scopes: tuple[Scope, ...] = ()
    policies: tuple[str, ...] = ()
    since: float = 0.0
    unused_for: float = 0.0
    soak: float = 0.0
    settle: float = 10.0
    why: str = ""


@dataclass(slots=True)
class Work:
    """An order while it is being carried out."""

    order: Order
    runner: Runner
    lock: Lock | None = None
    looked_at: float = 0.0
    noted: Retirement | None = None
    """What the tag says by now."""
    gone_from: list[Scope] = field(default_factory=list)
    """Scopes whose secrets were deleted."""
    retired: list[AccessKeyId] = field(default_factory=list)
    interrupted: bool = False
    lost: bool = False

    @property
    def user(self) -> UserName:
        """Whose lock it is."""
        return self.order.user

    @property
    def freshness(self) -> float:
        """Seconds for which a look at the lock may be relied on."""
        return max(self.order.settle / 2, 1.0)

    def gives_way(self, user: User) -> bool:
        """Nobody's note makes a retirement give way but a lock."""
        return False


class Left(Exception):
    """The user is left as it is now, with its outcome's status and reason. `until`: when it goes on."""

    def __init__(
        self,
        status: Status,
        reason: str,
        *,
        next_step: str = "",
        cause: str = "",
        pending: str | None = None,
        until: float | None = None,
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.next_step = next_step
        # What is only waited for is nobody's failure.
        self.cause = cause if status is not Status.WAITING else ""
        self.pending = pending
        self.until = until


def outcome_of(work: Work, left: Left) -> Outcome:
    """Return the outcome of a work, with the secrets and keys that are gone."""
    return Outcome(
        repository=work.order.repo,
        status=left.status,
        reason=left.reason,
        next_step=left.next_step,
        scopes=tuple(work.gone_from),
        retired_keys=tuple(work.retired),
        retirement_pending=left.pending,
        until=left.until,
        interrupted=work.interrupted,
        cause=left.cause,
    )
