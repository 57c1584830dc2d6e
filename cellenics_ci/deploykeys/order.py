"""One rotation of a deploy key, in the form that the protocol carries out, and its state while it is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from cellenics_ci.deploykeys.held import Held
from cellenics_ci.deploykeys.outcome import KeyOutcome
from cellenics_ci.model.claims import Claim, Stage
from cellenics_ci.model.cluster import ClusterName, FluxSecret, GitSource
from cellenics_ci.model.deploy_keys import Algorithm, DeployKey, Fingerprint, PublicKey, SshAddress, SshPair
from cellenics_ci.model.names import RepoName
from cellenics_ci.run.host import Runner
from cellenics_ci.run.outcome import Status

FINISH: Final = "run rotate-deploy-key --finish with the same --context"
AGAIN: Final = "run the same command again: it finds out what was begun, and finishes it or takes it back"


class Mode(StrEnum):
    """What is to be done with the cluster's key."""

    ROTATE = "rotate"
    RESUME = "resume"
    """The Secret still keeps the pair before: an earlier rotation got that far, and is brought to its end."""
    REMOVE = "remove"
    """The Secret was applied by hand from our manifest: the key that it replaced is removed."""


@dataclass(frozen=True, slots=True)
class Order:
    """All that is to be done, and what that was decided on.

    `old` is the deploy key that will go: the one that belongs to the Secret's pair (ROTATE), to the pair before it
    (RESUME), or that the Secret says it replaced (REMOVE); None where GitHub lists none. `old_works` says whether the
    Secret's present pair was seen working. `leftover` are keys that dead runs made and that nothing uses.
    `known_hosts` is what the Secret gets as its entry of that name. `timeout` in seconds.
    """

    repo: RepoName
    cluster: ClusterName
    address: SshAddress
    branch: str
    host_keys: tuple[PublicKey, ...]
    known_hosts: str
    title: str
    read_only: bool
    algorithm: Algorithm
    mode: Mode
    seen: Held = field(repr=False)
    source: GitSource
    old: DeployKey | None = None
    old_works: bool = False
    leftover: tuple[PublicKey, ...] = ()
    keep_replaces: bool = False
    """Whether the Secret's note of a key that its manifest replaced stays at the end: that key is still on GitHub."""
    timeout: float = 300.0

    @property
    def old_fingerprint(self) -> Fingerprint | None:
        """The fingerprint of the key that will go, as far as it is known."""
        if self.old:
            return self.old.public.fingerprint
        going = self.seen.previous_public if self.mode is Mode.RESUME else self.seen.public
        return going.fingerprint if going and self.mode is not Mode.REMOVE else None


@dataclass(slots=True)
class Work:
    """An order while it is being carried out."""

    order: Order
    runner: Runner
    secret: FluxSecret | None = None
    """The Secret as it was last read or written; its version guards the next write."""
    claim: Claim | None = None
    pair: SshPair | None = None
    """The pair that the cluster is to hold at the end: a new one, or the one that a dead run had put there."""
    registering: bool = False
    """Whether the new key is, or may be, registered on GitHub by us."""
    installing: bool = False
    """Whether the Secret holds, or may hold, the new pair."""
    asked: int = 0
    """How often Flux was asked to fetch."""
    retired: bool = False
    """Whether the old deploy key is known to be gone."""
    interrupted: bool = False
    lost: bool = False
    notes: list[str] = field(default_factory=list)

    @property
    def retiring(self) -> bool:
        """Whether there is no way back any more."""
        return self.claim is not None and self.claim.stage is Stage.RETIRING


class Left(Exception):
    """The rotation can't go on; what is to be said of it."""

    def __init__(self, reason: str, *, status: Status | None = None, next_step: str = "", cause: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        """None: it depends on what can be taken back."""
        self.next_step = next_step
        self.cause = cause or "left"

    @property
    def begun(self) -> str:
        """The reason as the beginning of a sentence that goes on."""
        return self.reason.rstrip(".")


class LostClaim(Exception):
    """Another run, or a person, has changed the Secret."""


def unfinished(work: Work, reason: str, *, next_step: str, cause: str) -> KeyOutcome:
    """Return the outcome of a work whose new key is in use, while something of the old one is, or may be, left."""
    return replace(outcome_of(work, Status.NEEDS_ATTENTION, reason, next_step=next_step, cause=cause), works=True)


def outcome_of(work: Work, status: Status, reason: str = "", *, next_step: str = "", cause: str = "") -> KeyOutcome:
    """Return the outcome of a work."""
    order = work.order
    new = work.pair.public.fingerprint if work.pair and status in (Status.ROTATED, Status.NEEDS_ATTENTION) else None
    return KeyOutcome(
        repository=order.repo,
        status=status,
        reason=reason,
        next_step=next_step,
        cluster=order.cluster.context or None,
        old=order.old_fingerprint,
        new=new,
        read_only=order.read_only,
        notes=tuple(work.notes),
        interrupted=work.interrupted,
        cause=cause,
    )
