"""What one user needs: from what was observed and wished to an order, to a wait, or to a reason to leave it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cellenics_ci.model.moments import utc_text
from cellenics_ci.model.retirement_tag import Phase, Retirement
from cellenics_ci.retirement.looks import places_text, reads_again, undo_line, used_text
from cellenics_ci.retirement.order import Order, Step
from cellenics_ci.retirement.protocol import waiting_text
from cellenics_ci.retirement.target import Target, reads_key
from cellenics_ci.retirement.watch import used_after, watched_until
from cellenics_ci.run.outcome import LeftOut, Outcome, Status

WEEK: Final = 7 * 86400.0
_INACTIVE: Final = (Phase.SOAKING, Phase.DELETING)
"""Phases in which the retirement has made every key inactive: one that is active was made so by hand."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the admin asked for. Times in seconds."""

    unused_for: float = WEEK
    soak: float = WEEK
    now: bool = False
    undo: bool = False
    take_over: bool = False
    settle: float = 10.0


def decide(target: Target, wishes: Wishes, now: float) -> Order | Outcome | LeftOut:
    """Return what is to be done for one user, decided on `now` (UTC epoch seconds). An Outcome: nothing yet."""
    locked = _locked(target, wishes, now)
    if locked:
        return locked
    noted = target.seen.retirement
    if wishes.undo:
        if noted is None or noted.phase is Phase.KEPT:
            return LeftOut(target.repo, "its user is not being retired", fault=False)
        return _order(target, wishes, Step.UNDO)
    if reads_key(target):
        return _reader(target)
    if wishes.now:
        return _order(target, wishes, Step.NOW if target.seen.keys else Step.DELETE)
    if noted is not None and noted.phase is Phase.KEPT and not target.named:
        reason = f"its retirement was undone {utc_text(noted.at)}"
        return LeftOut(
            target.repo, reason, f"to begin it anew, name it: cellenics retire-ci {target.repo}", fault=False
        )
    if not target.seen.keys:
        return _order(target, wishes, Step.DELETE)
    if noted is not None and noted.phase in _INACTIVE:
        why = _by_hand(target, noted)
        if not why:
            return _soaking(target, noted, wishes, now)
        return _from_the_watch(target, wishes, now, since=now, why=f"it starts over: {why}")
    since = 0.0 if noted is None else float(noted.at if noted.phase is Phase.KEPT else noted.since)
    return _from_the_watch(target, wishes, now, since=since)


def _from_the_watch(
    target: Target, wishes: Wishes, now: float, *, since: float, why: str = ""
) -> Order | Outcome | LeftOut:
    until = watched_until(target.seen.keys, target.uses, since=since, span=wishes.unused_for)
    if until <= now:
        return _order(target, wishes, Step.DEACTIVATE, since=since, why=why)
    noted = target.seen.retirement
    if noted is not None and noted.phase is Phase.WATCHING and not why:
        return _waiting(target, noted, until, now)
    return _order(target, wishes, Step.WATCH, since=since, why=why)


def _soaking(target: Target, noted: Retirement, wishes: Wishes, now: float) -> Order | Outcome:
    if now < noted.until:
        return _waiting(target, noted, float(noted.until), now)
    return _order(target, wishes, Step.DELETE)


def _waiting(target: Target, noted: Retirement, until: float, now: float) -> Outcome:
    pending = waiting_text(noted, until, now)
    return Outcome(target.repo, Status.WAITING, retirement_pending=pending, until=until)


def _by_hand(target: Target, noted: Retirement) -> str:
    """Say what somebody did with a key that the retirement had made inactive, "" where nobody did anything."""
    if target.seen.active:
        return "somebody has made its key active again"
    use = used_after(noted, target.seen.keys, target.uses)
    return used_text(use) if use is not None else ""


def _reader(target: Target) -> LeftOut | Outcome:
    """A repository that reads its key keeps it; one that wants it back and has none that works calls a person."""
    assert target.pipeline is not None
    places = places_text(target.pipeline)
    noted = target.seen.retirement
    renamed = f" ({target.home.name} by now)" if target.home.name != target.repo else ""
    begun = noted is not None and noted.phase is not Phase.KEPT
    if begun and not target.seen.active and noted is not None and noted.phase is not Phase.WATCHING:
        left = reads_again(target.repo, places)
        return Outcome(target.repo, left.status, left.reason, left.next_step, cause=left.cause)
    if begun:
        return LeftOut(target.repo, f"its workflows read a key again{renamed}: {places}", undo_line(target.repo))
    remedy = "move them to a role first, with: cellenics adopt-oidc " + target.home.name if target.named else ""
    return LeftOut(target.repo, f"its workflows read a key{renamed}: {places}", remedy, fault=target.named)


def _order(target: Target, wishes: Wishes, step: Step, *, since: float = 0.0, why: str = "") -> Order:
    return Order(
        repo=target.repo,
        user=target.user,
        step=step,
        seen=target.seen,
        home=target.home,
        owner=target.owner,
        scopes=target.scopes,
        policies=target.policies,
        since=since,
        unused_for=wishes.unused_for,
        soak=wishes.soak,
        settle=wishes.settle,
        why=why,
    )


def _locked(target: Target, wishes: Wishes, now: float) -> LeftOut | None:
    lock = target.seen.lock
    if lock is None or wishes.take_over or target.lock_owner_gone or lock.until <= now:
        return None
    reason = f"another run is at work on its user, on {lock.host} since {utc_text(lock.at)}"
    remedy = f"wait for it; if it is dead, its lock runs out at {utc_text(lock.until)}, or use --take-over"
    return LeftOut(target.repo, reason, remedy)
