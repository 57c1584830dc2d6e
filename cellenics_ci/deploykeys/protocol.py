"""The rotation of a deploy key, from claim to release: written once, without I/O.

The generator asks for calls (`calls.py`) and is sent answers or failures; the real run and the fault tables drive
this same code. The order of its steps is what keeps its promise (docs/rotate-deploy-key.md): at no moment does the
Secret hold a key that GitHub does not accept, and nothing is deleted before another key is seen in its place.
"""

from __future__ import annotations

from typing import Final

from cellenics_ci.deploykeys.back import CHANGED, go_back, leave
from cellenics_ci.deploykeys.calls import MakePair, Steps, Tell
from cellenics_ci.deploykeys.claiming import acquire, begin_retiring, install, look_ours, release
from cellenics_ci.deploykeys.flux import ask, see_ready, tell_automations
from cellenics_ci.deploykeys.order import FINISH, Left, LostClaim, Mode, Order, Work, outcome_of, unfinished
from cellenics_ci.deploykeys.outcome import KeyOutcome
from cellenics_ci.deploykeys.register import listed, prove, register, remove
from cellenics_ci.errors import CallFailed, Interrupted
from cellenics_ci.model.deploy_keys import PublicKey
from cellenics_ci.run.host import Runner
from cellenics_ci.run.outcome import Status

ANEW: Final = "run the same command again, for a plan of what is there now"
DEAD: Final = ("not accepted", "can't read", "revoked meanwhile")
"""Causes that say that GitHub does not take the new key: then even a late way back is better than none."""


def rotate(order: Order, runner: Runner) -> Steps[KeyOutcome]:
    """Carry an order out. Returns its outcome; raises nothing but what the driver throws in beyond CallFailed."""
    work = Work(order, runner)
    try:
        return (yield from _rotate(work))
    except Left as ended:
        left = ended
    except LostClaim:
        work.lost = True
        left = Left(CHANGED, cause="lost claim")
    except CallFailed as failed:
        left = Left(failed.sentence, next_step=failed.remedy, cause=str(failed.kind))
    except Interrupted:
        work.interrupted = True
        left = Left("interrupted", next_step="run the same command again", cause="interrupted")
    try:
        return (yield from _end(work, left))
    except Interrupted:
        # Heard once only: whoever tidies up because of it is not told a second time.
        work.interrupted = True
        return (yield from _end(work, left))


def _rotate(work: Work) -> Steps[KeyOutcome]:
    order = work.order
    yield from Tell(order.repo, "claiming the Secret")
    if order.mode is Mode.ROTATE:
        yield from _new_key(work)
        yield from Tell(order.repo, "writing the Secret")
        yield from install(work)
    else:
        yield from _key_in_place(work)
    yield from see_ready(work, timeout=order.timeout, what="with the new key")
    yield from tell_automations(work)
    yield from _retire(work)
    reason = "" if order.mode is Mode.ROTATE else "finished what had been begun"
    return (yield from _concluded(work, reason))


def _new_key(work: Work) -> Steps[None]:
    order = work.order
    # The note of a dead run's keys stays until they are gone.
    pair = yield from MakePair(order.algorithm)
    yield from acquire(work, (*order.leftover, pair.public))
    yield from clear(work, order.leftover)
    # Harmless, and it shows that we may: without this right nobody could see the new key used.
    yield from ask(work)
    work.pair = pair
    yield from Tell(order.repo, "registering the new key on GitHub")
    yield from register(work, pair)
    yield from prove(work, pair)


def _key_in_place(work: Work) -> Steps[None]:
    """The Secret holds the new pair already: claim it, and prove it once more."""
    pair = work.order.seen.current
    if pair is None:
        raise Left("the Secret's key can't be read", status=Status.SKIPPED)
    work.pair = pair
    if work.order.mode is Mode.RESUME:
        # The way back is the same as the dead run's.
        work.installing = work.registering = True
    yield from acquire(work, (*work.order.leftover, pair.public))
    yield from prove(work, pair)


def clear(work: Work, leftover: tuple[PublicKey, ...]) -> Steps[None]:
    """Delete the deploy keys that dead runs have made, and that the Secret does not hold."""
    if not leftover:
        return
    yield from Tell(work.order.repo, "clearing what an earlier run left")
    held = yield from look_ours(work)
    in_use = {held.public, held.previous_public}
    for public in leftover:
        if public not in in_use:
            yield from remove(public)


def _retire(work: Work) -> Steps[None]:
    """Delete the old deploy key, once the Secret is seen to hold the new one, and GitHub to list it."""
    order = work.order
    held = yield from look_ours(work)
    if work.pair is None or held.public != work.pair.public:
        raise LostClaim
    yield from Tell(order.repo, "removing the old key from GitHub")
    yield from begin_retiring(work)
    if order.old is not None:
        keys = yield from listed()
        if not any(key.public == held.public and key.enabled for key in keys):
            raise Left("GitHub does not list the new key any more", cause="revoked meanwhile")
        assert order.old.public != held.public, "the key in use is never the one to be removed"
        yield from remove(order.old.public, known=keys)
    work.retired = True
    if order.leftover:
        # A run that we took over from may have come to itself meanwhile and registered its key.
        yield from clear(work, order.leftover)


def _concluded(work: Work, reason: str) -> Steps[KeyOutcome]:
    problem = yield from release(work)
    if problem:
        reason = f"the new key is in use, but the Secret still keeps the old pair beside it: {problem}"
        return unfinished(work, reason, next_step=FINISH, cause="not released")
    return outcome_of(work, Status.ROTATED, reason)


def _end(work: Work, left: Left) -> Steps[KeyOutcome]:
    """End a work that can't go on: forward where there is no way back, else back."""
    if work.lost:
        return (yield from leave(work, left))
    if work.claim is None:
        # Nothing was done yet.
        status = left.status or Status.ROLLED_BACK
        return outcome_of(work, status, left.reason, next_step=left.next_step or ANEW, cause=left.cause)
    if not work.retiring or left.cause in DEAD:
        return (yield from go_back(work, left))
    reason = left.reason
    for _ in range(2):
        try:
            return (yield from _finish(work))
        except Interrupted:
            # Heard once only: the second time round nothing interrupts.
            work.interrupted = True
        except (Left, CallFailed, LostClaim) as problem:
            reason = f"{reason}; {problem}" if str(problem) else reason
            break
    reason = f"the new key is in use, but the old one may still be on GitHub: {reason}"
    return unfinished(work, reason, next_step=left.next_step or FINISH, cause=left.cause)


def _finish(work: Work) -> Steps[KeyOutcome]:
    """Go on where the old deploy key is, or may be, deleted already."""
    if not work.retired:
        yield from _retire(work)
    return (yield from _concluded(work, ""))
