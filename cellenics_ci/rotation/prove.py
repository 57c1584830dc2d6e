"""A new key: created, tagged, and tried until AWS has accepted it for the settle time."""

from __future__ import annotations

from typing import Final

from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.keys import KeyPair
from cellenics_ci.model.tags import KeyNote, Stage
from cellenics_ci.rotation.calls import (
    CreateKey,
    DeleteKey,
    Identity,
    ListKeys,
    Now,
    RegistryToken,
    Steps,
    Wait,
)
from cellenics_ci.rotation.lock import note_key
from cellenics_ci.rotation.order import Left, Work
from cellenics_ci.run.outcome import Status
from cellenics_ci.run.user_lock import guard, look

PROOF_LIMIT: Final = 120.0
"""Seconds after which a key that AWS does not accept is given up (reports go up to 60)."""
_ROUNDING: Final = 0.01
_REFUSED: Final = {Failure.UNAUTHENTICATED, Failure.DENIED, Failure.NOT_FOUND}
_PAUSES: Final = (1.0, 2.0, 4.0, 8.0)


def create_key(work: Work) -> Steps[KeyPair]:
    """Create the key and note it as pending. A lost answer is looked for, never answered by a blind second call."""
    for pause in (*_PAUSES, None):
        yield from guard(work)
        try:
            pair = yield from CreateKey(work.order.user)
        except CallFailed as failed:
            if failed.kind is Failure.LIMIT:
                reason = "changed since the plan: it has two keys now"
                raise Left(Status.SKIPPED, reason, cause="changed", keep_lock=True) from None
            work.uncertain = work.uncertain or failed.maybe_done
            if failed.kind not in (Failure.THROTTLED, Failure.UNKNOWN) or pause is None:
                raise
            yield from Wait(pause)
            yield from delete_unseen(work)
            continue
        work.new = pair
        now = yield from Now()
        yield from note_key(work, pair.id, KeyNote(Stage.PENDING, at=int(now), run=work.runner.run))
        work.noted = True
        return pair
    raise AssertionError("unreachable: the last try returns or raises")


def prove_key(work: Work, pair: KeyPair) -> Steps[None]:
    """Try the key at both endpoints until it was accepted for the settle time on end. Raises Left where it never is.

    At the default settle time that is three tries: worldwide, in its region, worldwide again.
    """
    order = work.order
    began = yield from Now()
    interval = min(max(order.settle / 2, 0.25), 5.0)
    accepted_at: float | None = None
    successes = 0
    while True:
        now = yield from Now()
        if now - began > PROOF_LIMIT:
            yield from look(work)
            raise Left(
                Status.ROLLED_BACK,
                f"AWS did not accept the new key within {PROOF_LIMIT:.0f} s",
                cause="unproven",
            )
        accepted = yield from _try_once(work, pair, regional=successes % 2 == 1)
        if accepted is False:
            if accepted_at is not None:
                # Known a moment ago: it is not everywhere yet, or a run that has taken over has deleted it.
                yield from guard(work)
            accepted_at, successes = None, 0
            yield from Wait(min(interval, 1.0))
            continue
        now = yield from Now()
        if accepted:
            accepted_at = now if accepted_at is None else accepted_at
            successes += 1
            if successes >= 2 and now - accepted_at >= order.settle - _ROUNDING:
                break
        left = order.settle if accepted_at is None else accepted_at + order.settle - now
        yield from Wait(max(min(interval, left), 0.0) if accepted else min(interval, 1.0))
    if order.registry:
        yield from _registry_lets_in(work, pair, began)


def _try_once(work: Work, pair: KeyPair, *, regional: bool) -> Steps[bool | None]:
    """True: accepted as this user. False: refused. None: no answer, which says nothing about the key."""
    try:
        arn = yield from Identity(pair, work.order.region if regional else None)
    except CallFailed as failed:
        return False if failed.kind in _REFUSED else None
    if not arn.endswith(f"/{work.order.user}"):
        raise Left(Status.ROLLED_BACK, f"the new key answers as {arn}", cause="unproven")
    return True


def _registry_lets_in(work: Work, pair: KeyPair, began: float) -> Steps[None]:
    while True:
        try:
            yield from RegistryToken(pair, work.order.region)
        except CallFailed as failed:
            if failed.kind not in (Failure.DENIED, Failure.UNAUTHENTICATED):
                # Says something about ECR or the way there, nothing about the key, which STS has accepted.
                return
            now = yield from Now()
            if now - began > PROOF_LIMIT:
                reason = f"the new key can't do what its policies declare: {failed.sentence}"
                raise Left(Status.ROLLED_BACK, reason, cause="unproven") from None
        else:
            return
        yield from Wait(1.0)


def delete_unseen(work: Work) -> Steps[None]:
    """Delete the key that a lost answer left: the one that was not there when we locked. Its secret is lost."""
    if not work.uncertain:
        return
    before = {key.id for key in work.order.seen.keys}
    keys = yield from ListKeys(work.order.user)
    for key in keys:
        if key.id not in before:
            yield from guard(work)
            yield from DeleteKey(work.order.user, key.id)
    work.uncertain = False
