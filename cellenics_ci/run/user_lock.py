"""The lock on an IAM user, whatever command holds it: read again, renewed, given back.

Tags are no compare-and-swap: two runs may both write theirs, and the last one wins. So nobody relies on
having written the lock, only on reading it again; and no longer than half a settle time on having read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Protocol

from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.keys import User
from cellenics_ci.model.names import AccessKeyId, UserName
from cellenics_ci.model.tags import Lock, lock_tags, read_lock
from cellenics_ci.run.calls import Steps
from cellenics_ci.run.host import HasHost, Runner
from cellenics_ci.run.host_calls import Now, OwnerGone, Wait
from cellenics_ci.run.user_calls import GetUser, HasUsers, TagUser, UntagUser

LOCK_SECONDS: Final = 900.0
"""How long a lock counts without being renewed: longer than any stall that a laptop's sleep aside can cause."""

_FRESH_TRIES: Final = 5
"""So many answers that come too late are enough: the next would, too."""


class LostLock(Exception):
    """Another run has taken the user over."""


class Locking(HasHost, HasUsers, Protocol):
    """What locking is performed with."""


class Holder(Protocol):
    """Whoever holds a lock, or is about to. `looked_at`: when the lock was last known to be theirs.

    `freshness`: seconds for which such a look may be relied on.
    """

    lock: Lock | None
    looked_at: float

    @property
    def user(self) -> UserName:
        """Whose lock it is."""

    @property
    def freshness(self) -> float:
        """Seconds."""

    def gives_way(self, user: User) -> bool:
        """Say whether what the user's tags hold now is another command's business, lock or no lock."""


def new_lock(runner: Runner, now: float, seen: Sequence[AccessKeyId]) -> Lock:
    """Return a run's lock. `seen`: the keys that were there, so that what comes later can be told."""
    return Lock(
        run=runner.run,
        host=runner.host,
        process=runner.process,
        at=int(now),
        until=int(now + LOCK_SECONDS),
        seen=tuple(seen),
    )


def fresh_user(holder: Holder) -> Steps[Locking, tuple[User | None, float]]:
    """Read the user, and the time: what was read is written upon, so it must not be old when the lock goes in.

    Raises CallFailed where every answer comes too late for that.
    """
    for _ in range(_FRESH_TRIES):
        asked = yield from Now()
        user = yield from GetUser(holder.user)
        now = yield from Now()
        if now - asked <= holder.freshness:
            return user, now
        yield from Wait(0.0)  # Nothing has been begun: a wish to stop is heard.
    raise CallFailed(
        Failure.UNKNOWN,
        f"AWS answers too slowly to lock {holder.user}: each of {_FRESH_TRIES} answers took more than"
        f" {holder.freshness:g} s.",
        remedy="Run the same command again when AWS is faster, or set CELLENICS_SETTLE_SECONDS higher.",
    )


def living_owner(user: User | None, now: float) -> Steps[Locking, Lock | None]:
    """Return the lock of another run that may be at work, None where there is none."""
    lock = read_lock(user.tags) if user else None
    if lock is None or lock.until <= now:
        return None
    gone = yield from OwnerGone(lock)
    return None if gone else lock


def look(holder: Holder) -> Steps[Locking, User]:
    """Read the lock again, and renew it when half its time is over. Raises LostLock where it is not ours any more."""
    user = yield from GetUser(holder.user)
    found = read_lock(user.tags) if user else None
    if user is None or found is None or holder.lock is None or found.run != holder.lock.run:
        raise LostLock
    if holder.gives_way(user):
        raise LostLock
    holder.looked_at = yield from Now()
    if holder.lock.until - holder.looked_at < LOCK_SECONDS / 2:
        renewed = replace(holder.lock, until=int(holder.looked_at + LOCK_SECONDS))
        yield from TagUser(holder.user, lock_tags(renewed))
        holder.lock = renewed
    return user


def guard(holder: Holder) -> Steps[Locking, None]:
    """Look at the lock unless the last look is fresh. Goes before every write. Raises LostLock."""
    now = yield from Now()
    if now - holder.looked_at > holder.freshness:
        yield from look(holder)


def give_back(holder: Holder, names: Sequence[str]) -> Steps[Locking, str]:
    """Remove tags, the lock among them. Returns what went wrong, "" if nothing did."""
    for pause in (1.0, 2.0, None):
        try:
            yield from guard(holder)
            yield from UntagUser(holder.user, names)
        except LostLock:
            return ""
        except CallFailed as failed:
            if pause is None:
                return failed.sentence
            yield from Wait(pause, interruptible=False)
        else:
            return ""
    return ""
