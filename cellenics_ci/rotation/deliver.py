"""The proven pair goes into GitHub: everything made ready first, then the writes next to each other, then read back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.github import SealedValue
from cellenics_ci.model.keys import KeyPair
from cellenics_ci.model.names import CI_TOKEN_SECRET, KEY_ID_SECRET, KEY_SECRET_SECRET
from cellenics_ci.model.scopes import ACTIONS, PairDates, Scope
from cellenics_ci.model.secret import Secret
from cellenics_ci.model.tags import KeyNote, Stage, note_dates
from cellenics_ci.rotation.calls import Now, ReadDates, ReserveWrites, Seal, Steps, Wait, WriteSecret
from cellenics_ci.rotation.lock import note_key
from cellenics_ci.rotation.observation import dates_difference, moved_since
from cellenics_ci.rotation.order import Left, Work
from cellenics_ci.run.outcome import Status
from cellenics_ci.run.user_lock import LostLock, guard, look

_PAUSES: Final = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 60.0)
_READ_PAUSES: Final = (1.0, 2.0, 5.0, 10.0)
_DEFINITE: Final = {
    Failure.DENIED,
    Failure.NOT_FOUND,
    Failure.INVALID,
    Failure.LIMIT,
    Failure.UNAUTHENTICATED,
}
_DEFINITE_TRIES: Final = 3
AGAIN: Final = "run the same command again: it finishes what is half done"


def deliver(work: Work, pair: KeyPair) -> Steps[None]:
    """Write the pair to every scope and note it live; the old key is noted retired in the same call.

    Raises Left, CallFailed or Interrupted: while `work.delivering` is False the new key can be taken back.
    """
    sealed = yield from _sealed(work, pair)
    yield from ReserveWrites(len(sealed))
    yield from look(work)
    before = yield from _dates_as_planned(work)
    # The CI token is in no pair: written first, it shows that secrets are taken while nothing can be left half.
    for value in (value for value in sealed if value.name == CI_TOKEN_SECRET):
        yield from WriteSecret(work.order.repo, value)
    yield from Wait(0.0)  # The last place where an interruption still leaves everything as it was.
    now = yield from Now()
    note = KeyNote(Stage.DELIVERING, at=int(now), run=work.runner.run, dates=note_dates(before))
    yield from note_key(work, pair.id, note)
    yield from guard(work)
    work.written_from = yield from Now()
    for value in (value for value in sealed if value.name != CI_TOKEN_SECRET):
        yield from _write(work, value, pair, before)
    work.written_until = yield from Now()
    after = yield from _read_back(work, before)
    yield from _note_live(work, pair, after)


def _sealed(work: Work, pair: KeyPair) -> Steps[list[SealedValue]]:
    """Seal the pair for every scope, and the CI token: all that a scope is given in one call, which checks the room."""
    order = work.order
    # Environments and Dependabot want rights of their own: where one is missing, the first write shows it.
    values = {scope: _values(pair) for scope in sorted(order.scopes, key=lambda scope: scope == ACTIONS)}
    if order.ci_token is not None:
        values[ACTIONS] = {CI_TOKEN_SECRET: order.ci_token, **values.get(ACTIONS, {})}
    sealed: list[SealedValue] = []
    for scope, named in values.items():
        sealed += yield from Seal(order.repo, scope, named)
    return sealed


def _values(pair: KeyPair) -> Mapping[str, Secret]:
    return {KEY_ID_SECRET: Secret(pair.id), KEY_SECRET_SECRET: pair.secret}


def _dates_as_planned(work: Work) -> Steps[Mapping[Scope, PairDates]]:
    order = work.order
    before = yield from ReadDates(order.repo, order.scopes)
    difference = dates_difference(order.seen.dates_by_scope(), before)
    if difference:
        raise Left(Status.SKIPPED, f"changed since the plan: {difference}", cause="changed")
    newest = max(_halves(before), default=0)
    now = yield from Now()
    if newest > now - 3:
        # Dates have whole seconds: a write within the same one could not be told from the earlier write.
        yield from Wait(min(newest - now + 3, 5.0))
        yield from look(work)
    return before


def _write(work: Work, value: SealedValue, pair: KeyPair, before: Mapping[Scope, PairDates]) -> Steps[None]:
    definite = 0
    for pause in (*_PAUSES, None):
        begun = work.delivering
        try:
            # From here on a crash may have left a write behind, so this is said before it is known.
            work.delivering = True
            yield from WriteSecret(work.order.repo, value)
        except CallFailed as failed:
            work.delivering = begun or failed.maybe_done
            definite += failed.kind in _DEFINITE
            if pause is None or definite >= _DEFINITE_TRIES:
                yield from _undelivered(work, before, failed)
            if failed.kind is Failure.INVALID:
                value = yield from _sealed_anew(work, value, pair)
        else:
            return
        yield from Wait(pause or 0.0, interruptible=not work.delivering)
        yield from guard(work)


def _sealed_anew(work: Work, value: SealedValue, pair: KeyPair) -> Steps[SealedValue]:
    """GitHub refuses a value sealed for a public key that it has replaced since; it is sealed for the new one."""
    try:
        (again,) = yield from Seal(work.order.repo, value.scope, {value.name: _values(pair)[value.name]})
    except CallFailed:
        return value
    return again


def _undelivered(work: Work, before: Mapping[Scope, PairDates], failed: CallFailed) -> Steps[None]:
    """Nothing more can be written. If nothing was, take the new key back; else keep both keys and call a person."""
    if work.delivering:
        # A request that got no answer may still arrive; after the settle time it counts as lost.
        yield from Wait(work.order.settle, interruptible=False)
        now = yield from _dates_or_none(work)
        work.delivering = now is None or any(now.get(scope) != pair for scope, pair in before.items())
    if not work.delivering:
        reason = f"GitHub took no secret: {failed.sentence}"
        raise Left(Status.ROLLED_BACK, reason, next_step=failed.remedy, cause=f"write {failed.kind}")
    reason = f"the secrets are half written, and GitHub takes no more: {failed.sentence}"
    raise Left(Status.NEEDS_ATTENTION, reason, next_step=failed.remedy or AGAIN, cause=f"write {failed.kind}")


def _dates_or_none(work: Work) -> Steps[Mapping[Scope, PairDates] | None]:
    for pause in (*_READ_PAUSES, None):
        try:
            now = yield from ReadDates(work.order.repo, work.order.scopes)
        except CallFailed:
            if pause is None:
                return None
            yield from Wait(pause, interruptible=False)
        else:
            return now
    return None


def _read_back(work: Work, before: Mapping[Scope, PairDates]) -> Steps[Mapping[Scope, PairDates]]:
    for pause in (*_READ_PAUSES, None):
        after = yield from _dates_or_none(work)
        if after is not None and moved_since(before, after):
            return after
        if after is None or pause is None:
            break
        yield from Wait(pause, interruptible=False)
    reason = "GitHub took every write, but does not show the secrets as written"
    raise Left(Status.NEEDS_ATTENTION, reason, next_step=AGAIN, cause="unread")


def _note_live(work: Work, pair: KeyPair, after: Mapping[Scope, PairDates]) -> Steps[None]:
    at = max(_halves(after))
    work.live, work.delivered = pair.id, True
    work.dates_read_at = yield from Now()
    work.live_dates = after
    work.cutoff = at + 1.0
    live = KeyNote(Stage.LIVE, at=at, run=work.runner.run, dates=note_dates(after))
    retired = KeyNote(Stage.RETIRED, at=at + 1, run=work.runner.run)
    old = work.order.ground.retire
    try:
        yield from look(work)
        yield from note_key(work, pair.id, live, **({old: retired} if old else {}))
    except LostLock:
        reason = "another run took over while the new key was being delivered"
        raise Left(Status.NEEDS_ATTENTION, reason, next_step=AGAIN, cause="lost lock") from None


def _halves(dates: Mapping[Scope, PairDates]) -> list[int]:
    return [half for pair in dates.values() for half in (pair.key_id_at, pair.secret_at) if half is not None]
