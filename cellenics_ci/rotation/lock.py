"""A rotation's lock: taken on what the plan was made from, and given back with the notes of keys that are gone.

What holds of any command's lock on a user is in `run/user_lock.py`.
"""

from __future__ import annotations

from typing import Final

from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.keys import User
from cellenics_ci.model.names import AccessKeyId
from cellenics_ci.model.tags import (
    LOCK_TAG,
    REGION_TAG,
    REPOSITORY_TAG,
    KeyNote,
    key_tags,
    lock_tags,
    tag_names_of,
)
from cellenics_ci.rotation.calls import (
    CreateUser,
    GetUser,
    ListKeys,
    ReadDates,
    ReadFileId,
    Steps,
    TagUser,
    Wait,
)
from cellenics_ci.rotation.observation import dates_difference, keys_difference, user_difference
from cellenics_ci.rotation.order import Left, Work
from cellenics_ci.run.outcome import Status
from cellenics_ci.run.user_lock import fresh_user, give_back, guard, living_owner, look, new_lock

_PAUSES: Final = (1.0, 2.0, 4.0)


def acquire(work: Work) -> Steps[None]:
    """Lock the user and see that all is as planned. Raises Left where it is not."""
    order = work.order
    user, now = yield from fresh_user(work)
    yield from _refuse_changed(work, user, now)
    work.lock = new_lock(work.runner, now, [key.id for key in order.seen.keys])
    work.tag_names |= set(user.tags) if user else set()
    work.gone += [key for key, _ in order.seen.notes if key not in work.lock.seen]
    # Until the lock is known to be written, whatever writes has to look first.
    work.looked_at = now - work.freshness - 1
    tags = lock_tags(work.lock) | {REPOSITORY_TAG: order.owner, REGION_TAG: order.region}
    for key, note in order.ground.notes:
        tags |= key_tags(key, note)
    work.tag_names |= set(tags)
    if user is None:
        yield from _create_user(work, tags)
    else:
        yield from TagUser(order.user, tags)
    work.looked_at = now
    yield from see_unchanged(work, dates=False)
    file_id = yield from ReadFileId(order.repo)
    if file_id != order.seen.file_id:
        raise Left(Status.SKIPPED, "changed since the plan: its CI file was changed", cause="changed")


def settle_takeover(work: Work) -> Steps[None]:
    """Hold the lock for the settle time before anything of an earlier run is touched, then look at everything again."""
    if not (work.order.ground.repairs or work.order.seen.lock):
        return
    yield from Wait(work.order.settle)
    yield from look(work)
    yield from see_unchanged(work, dates=True)


def see_unchanged(work: Work, *, dates: bool) -> Steps[None]:
    """Compare keys, and on demand the secrets' dates, with what the plan was made from. Raises Left."""
    order = work.order
    keys = yield from ListKeys(order.user)
    difference = keys_difference(order.seen.keys, keys)
    if difference is None and dates:
        now = yield from ReadDates(order.repo, order.scopes)
        difference = dates_difference(order.seen.dates_by_scope(), now)
    if difference:
        # A key that nobody explains may be a dead run's: our lock says that it was not there, and stays for that.
        unexplained = {key.id for key in keys} - {key.id for key in order.seen.keys}
        reason = f"changed since the plan: {difference}"
        raise Left(Status.SKIPPED, reason, cause="changed", keep_lock=bool(unexplained))


def note_key(work: Work, key: AccessKeyId, note: KeyNote, **others: KeyNote) -> Steps[None]:
    """Write a key's note, and those of `others` (by key id), in one call under a fresh look."""
    tags = key_tags(key, note)
    for other, other_note in others.items():
        tags |= key_tags(AccessKeyId(other), other_note)
    yield from guard(work)
    work.tag_names |= set(tags)
    yield from TagUser(work.order.user, tags)


def release(work: Work) -> Steps[str]:
    """Give the lock back, together with the notes of keys that are gone. Returns what went wrong, "" if nothing did."""
    if work.lock is None:
        return ""
    names = [LOCK_TAG, *tag_names_of(_keys_to_forget(work), dict.fromkeys(work.tag_names, ""))]
    return (yield from give_back(work, names))


def _keys_to_forget(work: Work) -> set[AccessKeyId]:
    """The keys that are gone; but while a scope is without a pair, the note that says so stays."""
    ground = work.order.ground
    kept = {ground.make_room, ground.finish, *(key for key, note in work.order.seen.notes if note.outage)}
    return {*work.gone, *work.retired} - (kept if ground.outage and not work.delivered else set())


def _refuse_changed(work: Work, user: User | None, now: float) -> Steps[None]:
    difference = user_difference(work.order.seen, user)
    if difference is None:
        return
    lock = yield from living_owner(user, now)
    if lock is not None:
        reason = f"another rotation is running on {lock.host}, for {int(now - lock.at)} s"
        raise Left(Status.SKIPPED, reason, cause="locked")
    raise Left(Status.SKIPPED, f"changed since the plan: {difference}", cause="changed")


def _create_user(work: Work, tags: dict[str, str]) -> Steps[None]:
    """Create the user, locked. A lost answer is looked for; asking again is safe, as a name can be taken only once."""
    order = work.order
    for pause in (*_PAUSES, None):
        try:
            yield from CreateUser(order.user, order.path, tags, order.boundary)
        except CallFailed as failed:
            if failed.kind is Failure.EXISTS or (failed.maybe_done and (yield from GetUser(order.user))):
                # Either another run was faster, or a try of ours arrived after all; the lock tells whose it is.
                yield from look(work)
                work.made_user = True
                return
            if pause is None or not failed.maybe_done:
                raise
            yield from Wait(pause)
        else:
            work.made_user = True
            return
