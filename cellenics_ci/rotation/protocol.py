"""The rotation of one repository, from lock to release: written once, without I/O.

The generator asks for calls (`calls.py`) and is sent answers or failures. The real run, the fault table and the
interleaving test all drive this same code. The order of its steps is what keeps invariants I1 to I5
(docs/security-model.md): lock, clear the ground, add rights, create, prove, deliver, retire, take rights, release.
"""

from __future__ import annotations

from cellenics_ci.errors import CallFailed, Interrupted
from cellenics_ci.model.names import AccessKeyId, shorten
from cellenics_ci.rotation.calls import DeleteKey, ListKeys, SayDelivered, Steps, Tell, Wait
from cellenics_ci.rotation.clear import add_rights, discard, finish, make_room, promote, take_rights
from cellenics_ci.rotation.compromised import cut_off
from cellenics_ci.rotation.deliver import AGAIN, deliver
from cellenics_ci.rotation.lock import acquire, release, settle_takeover
from cellenics_ci.rotation.order import Left, Mode, Order, Work, outcome_of
from cellenics_ci.rotation.prove import create_key, delete_unseen, prove_key
from cellenics_ci.rotation.retire import retire
from cellenics_ci.run.host import Runner
from cellenics_ci.run.outcome import Outcome, Status
from cellenics_ci.run.user_lock import LostLock


def rotate(order: Order, runner: Runner) -> Steps[Outcome]:
    """Carry an order out. Returns its outcome; raises nothing but what the driver throws in beyond CallFailed."""
    work = Work(order, runner)
    try:
        return (yield from _rotate(work))
    except Left as left:
        ended = left
    except LostLock:
        status = _status_of(work)
        status = Status.SKIPPED if status is Status.ROLLED_BACK else status
        ended = Left(status, "another run has taken over", cause="lost lock")
        work.lost = True
    except CallFailed as failed:
        ended = Left(_status_of(work), failed.sentence, next_step=failed.remedy, cause=str(failed.kind))
    except Interrupted:
        work.interrupted = True
        ended = Left(_status_of(work), "interrupted", cause="interrupted")
    try:
        return (yield from _give_up(work, ended))
    except Interrupted:
        # Heard once only: whoever tidies up because of it is not told a second time.
        work.interrupted = True
        return (yield from _give_up(work, ended))


def _rotate(work: Work) -> Steps[Outcome]:
    order = work.order
    yield from Tell(order.repo, "locking")
    yield from acquire(work)
    yield from settle_takeover(work)
    if order.mode is Mode.COMPROMISED:
        yield from cut_off(work)
    else:
        left = yield from discard(work)
        if left:
            return (yield from _ended(work, Status.UNCHANGED, pending=left))
    yield from Tell(order.repo, "updating policies")
    yield from add_rights(work)
    ground = order.ground
    if ground.promote:
        yield from promote(work, ground.promote)
        if ground.declared_since and ground.retire:
            names = ", ".join(map(str, ground.declared_since))
            waits = f"{shorten(ground.retire)} is still there: {names} may hold it; the next run replaces it there"
            return (yield from _ended(work, Status.ROTATED, pending=waits))
        return (yield from _conclude(work, ground.promote, "finished what an interrupted run had delivered"))
    if ground.finish and ground.retire:
        yield from Tell(order.repo, "finishing an earlier retirement")
        pending = yield from finish(work, ground.finish, ground.retire)
        if pending:
            reason = "" if order.mode is Mode.FINISH else "no new key yet, as a user can have two"
            return (yield from _ended(work, Status.UNCHANGED, reason=reason, pending=pending))
    if order.mode is Mode.FINISH:
        yield from take_rights(work)
        reason = "its policies are as declared now" if order.policies else ""
        return (yield from _ended(work, Status.UNCHANGED, reason=reason))
    if ground.make_room and order.mode is not Mode.COMPROMISED:
        yield from make_room(work, ground.make_room)
    yield from _replace_key(work)
    return (yield from _conclude(work, work.live, ""))


def _replace_key(work: Work) -> Steps[None]:
    repo = work.order.repo
    yield from Tell(repo, "creating a key")
    pair = yield from create_key(work)
    yield from Tell(repo, f"proving {shorten(pair.id)}")
    yield from prove_key(work, pair)
    yield from Tell(repo, "writing the secrets")
    yield from deliver(work, pair)
    yield from SayDelivered(repo)


def _conclude(work: Work, live: AccessKeyId | None, reason: str) -> Steps[Outcome]:
    """The new key is in GitHub: the old one goes, then the rights that only it needed."""
    old = work.order.ground.retire
    pending = None
    if old and live and old not in work.retired:
        yield from Tell(work.order.repo, f"retiring {shorten(old)}")
        pending = yield from retire(work, old, live=live, dates=work.live_dates)
    if pending is None:
        yield from take_rights(work)
    if old is None:
        reason = reason or (yield from _unexplained(work))
    return (yield from _ended(work, Status.ROTATED, reason=reason, pending=pending))


def _unexplained(work: Work) -> Steps[str]:
    """Say whether a run that lost the race for the lock died and left a key; our lock then stays to explain it."""
    known = {work.live, *(key.id for key in work.order.seen.keys)}
    keys = yield from ListKeys(work.order.user)
    strange = [key.id for key in keys if key.id not in known]
    if not strange:
        return ""
    work.keep_lock = True
    return f"{shorten(strange[0])} was made by a run that died meanwhile; the next run clears it"


def _ended(work: Work, status: Status, *, reason: str = "", pending: str | None = None) -> Steps[Outcome]:
    problem = "" if work.keep_lock else (yield from release(work))
    if problem and not reason:
        reason = f"the lock is still there and runs out by itself: {problem}"
    return outcome_of(work, status, reason, pending=pending)


def _status_of(work: Work) -> Status:
    """What an unexpected failure means: it depends on whether the new key is in GitHub, in part, or not at all."""
    if work.delivered:
        return Status.ROTATED
    return Status.NEEDS_ATTENTION if work.delivering or _broken(work) else Status.ROLLED_BACK


def _broken(work: Work) -> bool:
    """Whether the repository is without a working key as long as this rotation is not done."""
    ground = work.order.ground
    lost = bool(ground.outage) and (ground.finish is None or ground.finish in work.retired)
    return not work.delivered and (work.cut_off or lost)


def _give_up(work: Work, left: Left) -> Steps[Outcome]:
    """End a work that can't go on: the new key is taken back as long as GitHub can't hold it."""
    reason, status, clean = left.reason, left.status, True
    if _broken(work) and left.cause not in ("locked", "lost lock"):
        status = Status.NEEDS_ATTENTION
    if not work.delivering:
        try:
            clean = yield from _take_back(work)
        except LostLock:
            work.lost = True
    if not clean:
        reason += "; the new key could not be deleted, the next run clears it"
    if status is Status.ROLLED_BACK:
        reason += _left_behind(work)
    if clean and not work.lost and not left.keep_lock:
        yield from release(work)
    pending = None
    if status is Status.ROTATED and work.order.ground.retire not in (None, *work.retired):
        pending = "the old key is still there; the next run goes on"
    again = AGAIN if status is Status.NEEDS_ATTENTION or left.cause == "interrupted" else ""
    next_step = left.next_step or again
    return outcome_of(work, status, reason, next_step=next_step, pending=pending, cause=left.cause)


def _left_behind(work: Work) -> str:
    """Say what taking back does not bring back."""
    told = ""
    given_up = work.order.ground.make_room
    if given_up in work.retired:
        told += f"; {shorten(given_up)} had been given up before, and is gone"
    if work.made_user:
        told += f"; the new IAM user {work.user} stays, without a key"
    return told


def _take_back(work: Work) -> Steps[bool]:
    """Delete our own undelivered key. Returns whether nothing is left that only the lock's tag could explain."""
    for pause in (1.0, 2.0, None):
        try:
            if work.new is not None:
                yield from DeleteKey(work.order.user, work.new.id)
                work.gone.append(work.new.id)
                work.new = None
            yield from delete_unseen(work)
        except CallFailed:
            if pause is None:
                return False
            yield from Wait(pause, interruptible=False)
        else:
            return True
    return False
