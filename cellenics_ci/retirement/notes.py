"""Taking the lock on what the plan was made from, and noting how far the retirement has come."""

from __future__ import annotations

from dataclasses import replace

from cellenics_ci.errors import CallFailed
from cellenics_ci.model.keys import AccessKey, User
from cellenics_ci.model.retirement_tag import Retirement, retirement_tags
from cellenics_ci.model.tags import LOCK_TAG, REPOSITORY_TAG, lock_tags
from cellenics_ci.retirement.calls import Steps
from cellenics_ci.retirement.looks import CHANGED
from cellenics_ci.retirement.order import Left, Whereabouts, Work, own_tags
from cellenics_ci.run.host_calls import Wait
from cellenics_ci.run.outcome import Status
from cellenics_ci.run.user_calls import ListKeys, TagUser
from cellenics_ci.run.user_lock import fresh_user, give_back, living_owner, look, new_lock


def acquire(work: Work) -> Steps[None]:
    """Lock the user and see that all is as planned. Raises Left where it is not."""
    order = work.order
    user, now = yield from fresh_user(work)
    difference = _difference(work, user)
    if difference:
        lock = yield from living_owner(user, now)
        if lock is not None and lock != order.seen.lock:
            reason = f"another run is at work on its user, on {lock.host}, for {int(now - lock.at)} s"
            raise Left(Status.SKIPPED, reason, cause="locked")
        raise Left(Status.SKIPPED, f"{CHANGED}: {difference}", cause="changed")
    work.noted = order.seen.retirement
    work.lock = new_lock(work.runner, now, [key.id for key in order.seen.keys])
    # Until the lock is known to be written, whatever writes has to look first.
    work.looked_at = now - work.freshness - 1
    owner = {} if order.owner is None else {REPOSITORY_TAG: order.owner}
    yield from TagUser(order.user, lock_tags(work.lock) | owner)
    work.looked_at = now
    if order.seen.lock is not None:
        # A dead run's calls may still be on their way.
        yield from Wait(order.settle)
        yield from look(work)
    keys = yield from ListKeys(order.user)
    if statuses(keys) != statuses(order.seen.keys):
        raise Left(Status.SKIPPED, f"{CHANGED}: the user's access keys were changed", cause="changed")


def note(work: Work, noted: Retirement) -> Steps[None]:
    """Write how far the retirement has come, under a look at the lock."""
    noted = replace(noted, gone=work.order.home.whereabouts is Whereabouts.GONE)
    yield from look(work)
    yield from TagUser(work.user, retirement_tags(noted))
    work.noted = noted


def release(work: Work, *further: str) -> Steps[str]:
    """Give the lock back, with further tags. Returns what went wrong, "" if nothing did."""
    if work.lock is None:
        return ""
    try:
        return (yield from give_back(work, [LOCK_TAG, *further]))
    except CallFailed as failed:
        return failed.sentence


def statuses(keys: tuple[AccessKey, ...]) -> set[tuple[str, bool]]:
    """Return what makes two lists of keys the same."""
    return {(key.id, key.active) for key in keys}


def _difference(work: Work, user: User | None) -> str:
    seen = work.order.seen
    if user is None:
        return "the IAM user is gone"
    if user.path != seen.path:
        return "the IAM user was moved to another path"
    return "" if own_tags(user) == seen.tags else "another run has worked on the user"
