"""What an earlier run left is deleted or finished, and room is made for a new key where there is none."""

from __future__ import annotations

from dataclasses import replace

from cellenics_ci.errors import CallFailed
from cellenics_ci.model.keys import AccessKey
from cellenics_ci.model.names import AccessKeyId, shorten
from cellenics_ci.model.tags import KeyNote, Stage, note_dates, scope_code
from cellenics_ci.rotation.calls import (
    DeactivateKey,
    DeleteKey,
    DeletePolicy,
    ListKeys,
    Now,
    PutPolicy,
    Steps,
    Tell,
)
from cellenics_ci.rotation.lock import note_key
from cellenics_ci.rotation.order import Work
from cellenics_ci.rotation.retire import retire
from cellenics_ci.run.user_lock import guard


def discard(work: Work) -> Steps[str | None]:
    """Delete the keys that GitHub never held, and the inactive ones that were retired earlier.

    Returns what is still there and why, None when all are gone. Raises CallFailed only where the repository has
    no other key: else nothing is wrong with it, but there is no room for a new one.
    """
    ground = work.order.ground
    for key, why in ground.discard:
        yield from Tell(work.order.repo, f"deleting {shorten(key)}: {why}")
        yield from guard(work)
        try:
            yield from DeleteKey(work.order.user, key)
        except CallFailed as failed:
            if ground.outage or not (ground.promote or ground.retire):
                raise
            work.cause, work.advice = f"discard {failed.kind}", failed.remedy
            return f"{shorten(key)} is still there ({why}): {failed.sentence}"
        work.retired.append(key)
    return None


def promote(work: Work, key: AccessKeyId) -> Steps[None]:
    """Note a key live that a run delivered and died over; the older key is noted retired in the same call."""
    seen = work.order.seen
    noted = seen.note(key)
    # A scope that was declared since holds another key, or none.
    dates = {scope: pair for scope, pair in seen.dates if noted is not None and noted.dates_of(scope) is not None}
    halves = [half for pair in dates.values() for half in (pair.key_id_at, pair.secret_at) if half is not None]
    at = max(halves)
    live = KeyNote(Stage.LIVE, at=at, run=work.runner.run, dates=note_dates(dates))
    old = work.order.ground.retire
    retired = KeyNote(Stage.RETIRED, at=at + 1, run=work.runner.run)
    yield from note_key(work, key, live, **({old: retired} if old else {}))
    work.live, work.live_dates, work.cutoff, work.delivered = key, dates, at + 1.0, True


def make_room(work: Work, key: AccessKeyId) -> Steps[None]:
    """Give up an active key for lack of room: deactivated first, then looked at, then deleted."""
    order = work.order
    scopes = ", ".join(map(str, order.ground.outage))
    outage = f"; no working key in {scopes} for about {order.settle + 5:.0f} s" if scopes else ""
    yield from Tell(order.repo, f"giving up {shorten(key)}: {order.ground.why}{outage}")
    # Noted first, so that a run that dies between the two steps leaves a key that the next one knows what to do with.
    given_up = KeyNote(
        Stage.RETIRED,
        at=int((yield from Now())),
        run=work.runner.run,
        dates=note_dates(order.seen.dates_by_scope()),
        outage=tuple(scope_code(scope) for scope in order.ground.outage),
    )
    yield from note_key(work, key, given_up)
    for step in (DeactivateKey, DeleteKey):
        keys = yield from ListKeys(order.user)
        if _has(keys, key):
            yield from guard(work)
            yield from step(order.user, key)
    work.retired.append(key)


def finish(work: Work, old: AccessKeyId, live: AccessKeyId) -> Steps[str | None]:
    """Go on with a retirement that an earlier run began. Returns what it still waits for, None if nothing."""
    ground, note = work.order.ground, work.order.seen.note(old)
    work.cutoff = float(note.at) if note else 0.0
    if ground.outage:
        # Noted first, as where room is made. Runs of those scopes may hold the old key whenever they began.
        note = note or KeyNote(Stage.RETIRED, at=int((yield from Now())), run=work.runner.run)
        yield from note_key(work, old, replace(note, outage=tuple(map(scope_code, ground.outage))))
        work.cutoff = yield from Now()
    work.live, work.live_dates = live, work.order.seen.dates_by_scope()
    return (yield from retire(work, old, live=live, dates=work.live_dates))


def add_rights(work: Work) -> Steps[None]:
    """Put the policies in force that add rights; those that take rights away wait for the old key to go."""
    changes = work.order.policies
    for name in changes.delete_first:
        yield from guard(work)
        yield from DeletePolicy(work.order.user, name)
    for name, text in changes.put_first:
        yield from guard(work)
        yield from PutPolicy(work.order.user, name, text)


def take_rights(work: Work) -> Steps[None]:
    """Put the policies in force that narrow rights, and delete those no longer declared."""
    changes = work.order.policies
    for name, text in changes.put_after:
        yield from guard(work)
        yield from PutPolicy(work.order.user, name, text)
    for name in changes.delete_after:
        yield from guard(work)
        yield from DeletePolicy(work.order.user, name)


def _has(keys: tuple[AccessKey, ...], wanted: AccessKeyId) -> bool:
    return any(key.id == wanted for key in keys)
