"""One repository's part of the plan, in the form that the protocol carries out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from cellenics_ci.model.keys import KeyPair, User
from cellenics_ci.model.names import AccessKeyId, Region, RepoName, UserName
from cellenics_ci.model.retirement_tag import being_retired
from cellenics_ci.model.scopes import PairDates, Scope
from cellenics_ci.model.secret import Secret
from cellenics_ci.model.tags import Lock
from cellenics_ci.privileges.changes import PolicyChanges
from cellenics_ci.rotation.ground import Ground
from cellenics_ci.rotation.observation import Observation
from cellenics_ci.run.crew import Shows
from cellenics_ci.run.host import Runner
from cellenics_ci.run.outcome import Outcome, Status


class Mode(StrEnum):
    """What is wanted of a repository."""

    ROTATE = "rotate"
    FINISH = "finish"
    """Only finish what was begun, and bring the policies up to date."""
    COMPROMISED = "compromised"


@dataclass(frozen=True, slots=True)
class Order:
    """All that is to be done for one repository, and what that was decided on. Times in seconds."""

    repo: RepoName
    user: UserName
    path: str
    owner: str
    region: Region
    seen: Observation
    ground: Ground
    scopes: tuple[Scope, ...]
    mode: Mode = Mode.ROTATE
    policies: PolicyChanges = field(default_factory=PolicyChanges)
    boundary: str | None = None
    registry: bool = False
    ci_token: Secret | None = None
    settle: float = 10.0
    wait: float = 900.0

    @property
    def shows(self) -> Shows:
        """What it shows of those after it: a new key is made, or may have to wait for an old one, or there is none."""
        if self.mode is Mode.FINISH or self.ground.promote:
            return Shows.NOTHING
        return Shows.LATE if self.ground.finish else Shows.SOON


@dataclass(slots=True)
class Work:
    """An order while it is being carried out."""

    order: Order
    runner: Runner
    lock: Lock | None = None
    looked_at: float = 0.0
    made_user: bool = False
    tag_names: set[str] = field(default_factory=set)
    uncertain: bool = False
    """Whether a key may have been created whose id is not known: the answer was lost."""
    new: KeyPair | None = None
    noted: bool = False
    """Whether the new key's note is known to be written."""
    delivering: bool = False
    """Whether a secret was, or may have been, written: from here on only forward."""
    delivered: bool = False
    """Whether every secret is known to hold the new pair."""
    written_from: float = 0.0
    written_until: float = 0.0
    live: AccessKeyId | None = None
    live_dates: Mapping[Scope, PairDates] = field(default_factory=dict)
    dates_read_at: float = 0.0
    cutoff: float = 0.0
    """Runs created before this moment (UTC epoch seconds) may hold the old key."""
    retired: list[AccessKeyId] = field(default_factory=list)
    gone: list[AccessKeyId] = field(default_factory=list)
    """Keys of ours that were taken back."""
    cut_off: bool = False
    """Whether a key that may be in use was deactivated on purpose (--compromised)."""
    lost: bool = False
    keep_lock: bool = False
    """Whether the lock stays, because it says that a key was not there when we came."""
    remark: str = ""
    """What a person should know of an outcome that is good all the same."""
    cause: str = ""
    """A code for what failed after the delivery, when the outcome is good all the same."""
    interrupted: bool = False
    advice: str = ""
    """What to do about what went wrong after the delivery."""

    @property
    def user(self) -> UserName:
        """Whose lock it is."""
        return self.order.user

    def gives_way(self, user: User) -> bool:
        """A user that is being retired is none of a rotation's, whoever has the lock."""
        return being_retired(user.tags)

    @property
    def freshness(self) -> float:
        """Seconds for which a look at the lock may be relied on."""
        return max(self.order.settle / 2, 1.0)


class Left(Exception):
    """The repository is left as it is, with its outcome's status and reason."""

    def __init__(
        self, status: Status, reason: str, *, next_step: str = "", cause: str = "", keep_lock: bool = False
    ) -> None:
        super().__init__(reason)
        self.keep_lock = keep_lock
        self.status = status
        self.reason = reason
        self.next_step = next_step
        self.cause = cause or status.value


def outcome_of(work: Work, status: Status, reason: str = "", **details: str | None) -> Outcome:
    """Return the outcome of a work, with the keys and scopes that it knows of."""
    return Outcome(
        repository=work.order.repo,
        status=status,
        reason=reason or work.remark,
        next_step=details.get("next_step") or work.advice,
        scopes=work.order.scopes if work.delivered else (),
        live_key=work.live,
        retired_keys=tuple(work.retired),
        retirement_pending=details.get("pending"),
        interrupted=work.interrupted,
        cause=details.get("cause") or work.cause,
    )
