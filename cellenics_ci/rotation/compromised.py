"""A key is in the wrong hands: it is cut off first, and replaced after. The outage was accepted in the plan."""

from __future__ import annotations

from dataclasses import replace

from cellenics_ci.errors import CallFailed
from cellenics_ci.model.names import shorten
from cellenics_ci.model.tags import KeyNote, Stage, scope_code
from cellenics_ci.privileges.declaration import DENY_OLD_SESSIONS
from cellenics_ci.privileges.sessions import deny_text
from cellenics_ci.rotation.calls import DeactivateKey, DeleteKey, Now, PutPolicy, Steps, Tell
from cellenics_ci.rotation.lock import note_key
from cellenics_ci.rotation.order import Work
from cellenics_ci.run.user_lock import guard


def cut_off(work: Work) -> Steps[None]:
    """Deactivate every key of the user, refuse the sessions made with them, and delete what takes the room."""
    order = work.order
    yield from _note_given_up(work)
    for key in order.seen.keys:
        if key.active:
            yield from Tell(order.repo, f"deactivating {shorten(key.id)}")
            yield from guard(work)
            work.cut_off = True
            yield from DeactivateKey(order.user, key.id)
    now = yield from Now()
    try:
        yield from PutPolicy(order.user, DENY_OLD_SESSIONS, deny_text(now))
    except CallFailed as failed:
        # A repository without any key is worse than sessions that end by themselves; but it must be said.
        work.cause = "sessions"
        work.remark = f"sessions made with the old key could not be refused, and may last 36 h: {failed.sentence}"
    for key in order.seen.keys[:-1] if len(order.seen.keys) > 1 else ():
        yield from guard(work)
        yield from DeleteKey(order.user, key.id)
        work.retired.append(key.id)


def _note_given_up(work: Work) -> Steps[None]:
    """Note what is about to be cut off: then the run after one that dies here knows what to do with inactive keys."""
    order = work.order
    codes = tuple(map(scope_code, order.scopes))
    known = dict((*order.ground.notes, *order.seen.notes))
    now = yield from Now()
    # What is known of a key stays: should it not come to the cut, it is as true as before.
    notes = {
        key.id: replace(known.get(key.id) or KeyNote(Stage.ADOPTED, at=int(now)), outage=codes)
        for key in order.seen.keys
    }
    if not notes:
        return
    first, *others = notes
    try:
        yield from note_key(work, first, notes[first], **{other: notes[other] for other in others})
    except CallFailed:
        # Cutting off must not wait for a note: without it, a person has to say which key goes.
        return
