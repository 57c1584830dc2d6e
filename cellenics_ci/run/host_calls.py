"""Calls to the machine that a protocol runs on: its clock, its processes, whoever watches."""

from __future__ import annotations

from dataclasses import dataclass

from cellenics_ci.model.names import RepoName
from cellenics_ci.run.calls import Call
from cellenics_ci.run.host import HasHost, Owner


@dataclass(frozen=True, slots=True)
class Now(Call[HasHost, float]):
    """What time is it, by the servers' clock? UTC epoch seconds, never going back."""

    local = True

    def perform(self, ports: HasHost) -> float:
        return ports.host.now()


@dataclass(frozen=True, slots=True)
class Wait(Call[HasHost, None]):
    """Let `seconds` pass. Interrupted is thrown in where the wait may be cut short."""

    seconds: float
    interruptible: bool = True
    local = True

    def perform(self, ports: HasHost) -> None:
        ports.host.wait(self.seconds, interruptible=self.interruptible)


@dataclass(frozen=True, slots=True)
class OwnerGone(Call[HasHost, bool]):
    """Is the process that holds this lock known to be gone?"""

    lock: Owner
    local = True

    def perform(self, ports: HasHost) -> bool:
        return ports.host.owner_gone(self.lock)


@dataclass(frozen=True, slots=True)
class Tell(Call[HasHost, None]):
    """Say to whoever watches which step is being done."""

    repo: RepoName
    step: str
    local = True

    def perform(self, ports: HasHost) -> None:
        ports.host.tell(self.repo, self.step)


@dataclass(frozen=True, slots=True)
class SayDelivered(Call[HasHost, None]):
    """Say to whoever watches that the new key is in GitHub."""

    repo: RepoName
    local = True

    def perform(self, ports: HasHost) -> None:
        ports.host.delivered(self.repo)
