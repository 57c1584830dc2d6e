"""The retirement of one user, from lock to release: written once, without I/O.

The generator asks for calls and is sent answers or failures. The real run, the fault table and the interleaving
test all drive this same code. What keeps it safe: a note before each step that says how far it can have come, and a
look at the workflows, the keys' last uses and the lock before each step that takes something away.
"""

from __future__ import annotations

from typing import Final

from cellenics_ci.errors import CallFailed, Failure, Interrupted
from cellenics_ci.model.moments import span_text, utc_text
from cellenics_ci.model.names import AccessKeyId, shorten
from cellenics_ci.model.retirement_tag import Phase, Retirement
from cellenics_ci.retirement.calls import ActivateKey, Steps
from cellenics_ci.retirement.looks import see_repository, see_unused
from cellenics_ci.retirement.notes import acquire, note, release
from cellenics_ci.retirement.order import Left, Order, Step, Work, outcome_of
from cellenics_ci.retirement.removal import remove
from cellenics_ci.run.host import Runner
from cellenics_ci.run.host_calls import Now, Tell
from cellenics_ci.run.outcome import Outcome, Status
from cellenics_ci.run.user_calls import DeactivateKey, ListKeys
from cellenics_ci.run.user_lock import LostLock, guard

AGAIN: Final = "run the same command again: it finds out what was begun, and finishes it"


def retire(order: Order, runner: Runner) -> Steps[Outcome]:
    """Carry an order out. Returns its outcome; raises nothing but what the driver throws in beyond CallFailed."""
    work = Work(order, runner)
    try:
        ended = yield from _retire(work)
    except Left as left:
        ended = left
    except LostLock:
        work.lost = True
        begun = work.noted is not None and work.noted.phase is Phase.DELETING
        status = Status.UNFINISHED if begun else Status.SKIPPED
        ended = Left(status, "another run has taken over", cause="lost lock")
    except CallFailed as failed:
        ended = Left(Status.UNFINISHED, failed.sentence, next_step=failed.remedy or AGAIN, cause=str(failed.kind))
    except Interrupted:
        work.interrupted = True
        ended = Left(Status.UNFINISHED, "interrupted", next_step=AGAIN, cause="interrupted")
    problem = "" if work.lost else (yield from _released(work))
    if problem and not ended.reason:
        ended.reason = f"the lock is still there and runs out by itself: {problem}"
    return outcome_of(work, ended)


def _released(work: Work) -> Steps[str]:
    try:
        return (yield from release(work))
    except Interrupted:
        # Heard once only: whoever tidies up because of it is not told a second time.
        work.interrupted = True
        return (yield from release(work))


def waiting_text(noted: Retirement, until: float, now: float) -> str:
    """Return what a retirement waits for, as a sentence."""
    left = span_text(max(until - now, 0))
    if noted.phase is Phase.WATCHING:
        return f"watched until {utc_text(until)} (in {left}): its key is active, and must stay unused until then"
    return f"inactive, and deleted after {utc_text(until)} (in {left}) by the next run"


def _retire(work: Work) -> Steps[Left]:
    order = work.order
    yield from Tell(order.repo, "locking")
    yield from acquire(work)
    if order.step is Step.UNDO:
        return (yield from _undo(work))
    if order.step is Step.DELETE:
        return (yield from remove(work))
    yield from see_repository(work)
    if order.step is Step.WATCH:
        return (yield from _watch(work))
    waiting = yield from _deactivate(work)
    if order.step is Step.DEACTIVATE or waiting.status is not Status.WAITING:
        return waiting
    return (yield from remove(work))


def _watch(work: Work) -> Steps[Left]:
    until = yield from see_unused(work)
    now = yield from Now()
    # What somebody has not made active again can still be given back.
    still_off = {key.id for key in work.order.seen.keys if not key.active}
    off = tuple(key for key in _made_inactive(work) if key in still_off)
    noted = Retirement(Phase.WATCHING, at=int(now), run=work.runner.run, since=int(work.order.since), off=off)
    yield from Tell(work.order.repo, "noting that it is watched")
    yield from note(work, noted)
    return Left(Status.WAITING, work.order.why, pending=waiting_text(noted, until, now), until=until)


def _deactivate(work: Work) -> Steps[Left]:
    """Make every key inactive, and note until when the user is left like that."""
    order = work.order
    if order.step is Step.DEACTIVATE:
        until = yield from see_unused(work)
        now = yield from Now()
        if until > now:
            return (yield from _watch(work))
    active = order.seen.active
    off = tuple(dict.fromkeys((*_made_inactive(work), *active)))
    since = int(order.since)
    now = yield from Now()
    begun = Retirement(Phase.DEACTIVATING, at=int(now), run=work.runner.run, since=since, off=off)
    yield from note(work, begun)
    for key in active:
        yield from Tell(order.repo, f"deactivating {shorten(key)}")
        yield from guard(work)
        yield from DeactivateKey(order.user, key)
    keys = yield from ListKeys(order.user)
    if any(key.active for key in keys):
        return Left(Status.UNFINISHED, "it has an active key all the same", next_step=AGAIN, cause="active")
    now = yield from Now()
    until = now if order.step is Step.NOW else now + order.soak
    soaking = Retirement(Phase.SOAKING, int(now), work.runner.run, since=since, until=int(until), off=off)
    yield from note(work, soaking)
    return Left(Status.WAITING, order.why, pending=waiting_text(soaking, until, now), until=until)


def _made_inactive(work: Work) -> tuple[AccessKeyId, ...]:
    """Return the keys that the retirement has made inactive so far, as the plan saw it."""
    noted = work.order.seen.retirement
    return noted.off if noted is not None and noted.phase is not Phase.KEPT else ()


def _undo(work: Work) -> Steps[Left]:
    """Make active what the retirement made inactive. Its note stays, so that no scheduled run begins it anew."""
    order, noted = work.order, work.noted
    present = {key.id: key.active for key in order.seen.keys}
    off = noted.off if noted is not None else ()
    gone: list[AccessKeyId] = []
    for key in (key for key in off if present.get(key) is not True):
        if key not in present:
            gone.append(key)
            continue
        yield from Tell(order.repo, f"activating {shorten(key)}")
        yield from guard(work)
        try:
            yield from ActivateKey(order.user, key)
        except CallFailed as failed:
            if failed.kind is not Failure.NOT_FOUND:
                raise
            gone.append(key)
    now = yield from Now()
    yield from note(work, Retirement(Phase.KEPT, at=int(now), run=work.runner.run))
    if gone:
        lost = ", ".join(map(shorten, gone))
        step = f"cellenics rotate-ci {order.repo}"
        return Left(Status.RESTORED, f"the retirement is undone, but {lost} is deleted already", next_step=step)
    back = ", ".join(shorten(key) for key in off)
    deleted = noted is not None and noted.phase is Phase.DELETING
    reason = f"{back} is active again" if back else "the retirement had made no key inactive"
    if deleted:
        return Left(
            Status.RESTORED,
            f"{reason}; its secrets may be gone from GitHub",
            next_step=f"where a workflow needs them: cellenics rotate-ci --force {order.repo}",
        )
    return Left(Status.RESTORED, reason)
