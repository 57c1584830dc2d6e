"""The way back: the pair before into the Secret, Flux seen with it, the new deploy key away. Nothing is given up
that the cluster may hold: where something can't be found out, both deploy keys stay, and a person is called.
"""

from __future__ import annotations

from typing import Final

from cellenics_ci.deploykeys.calls import Steps, Tell
from cellenics_ci.deploykeys.claiming import install_again, look, look_ours, put_back, release, shut_out
from cellenics_ci.deploykeys.flux import see_ready
from cellenics_ci.deploykeys.held import Held, understand
from cellenics_ci.deploykeys.order import AGAIN, Left, LostClaim, Mode, Work, outcome_of, unfinished
from cellenics_ci.deploykeys.outcome import KeyOutcome
from cellenics_ci.deploykeys.register import find, remove, try_once
from cellenics_ci.errors import CallFailed, Interrupted
from cellenics_ci.run.outcome import Status

HURRY: Final = 3.0
"""Seconds for which an interrupted run waits for Flux on its way back; Actions kills 10 s after a cancel."""
MENDED: Final = "run the same command again when that is mended"
CHANGED: Final = "another run, or a person, has changed the Secret meanwhile"


def go_back(work: Work, left: Left) -> Steps[KeyOutcome]:
    """Undo what was begun and say how it ended. Raises nothing but what the driver throws in beyond CallFailed."""
    try:
        return (yield from _tried(work, left))
    except Interrupted:
        # Heard once only: whoever tidies up because of it is not told a second time.
        work.interrupted = True
        return (yield from _tried(work, left))


def leave(work: Work, left: Left) -> Steps[KeyOutcome]:
    """End a work whose Secret somebody else has changed: only our own key goes, and only if nothing holds it."""
    try:
        work.secret = yield from look(work)
        held = understand(work.secret)
        if work.retiring and work.pair and (again := (yield from _insist(work, held))):
            return again
        if work.pair and work.registering and work.pair.public not in (held.public, held.previous_public):
            yield from remove(work.pair.public)
        if work.claim and held.claim and held.claim.run == work.claim.run:
            if work.pair and held.public == work.pair.public:
                # The claim stays, and the pair before: the next run brings it to its end, or takes it back.
                return unfinished(work, left.reason, next_step=AGAIN, cause=left.cause)
            if not work.order.leftover:
                # Else it is the only note of what dead runs have left.
                yield from release(work)
    except LostClaim:
        return outcome_of(work, Status.SKIPPED, left.reason, next_step=AGAIN, cause=left.cause)
    except CallFailed as failed:
        return outcome_of(work, Status.SKIPPED, left.reason, next_step=_then(failed.remedy), cause=left.cause)
    return outcome_of(work, Status.SKIPPED, left.reason, next_step=AGAIN, cause=left.cause)


def _insist(work: Work, held: Held) -> Steps[KeyOutcome | None]:
    """The old deploy key may be gone: a Secret that was put back to it in that very moment gets the new one again."""
    assert work.pair is not None
    if held.public == work.pair.public:
        return unfinished(work, CHANGED, next_step=AGAIN, cause="lost claim")
    if work.order.old is None or held.public != work.order.old.public:
        return None
    yield from install_again(work)
    reason = "the old key was put back into the Secret while it was being removed; the new one was written again"
    step = "see what else writes this Secret, and Flux Ready"
    return unfinished(work, reason, next_step=step, cause="put back")


def _tried(work: Work, left: Left) -> Steps[KeyOutcome]:
    try:
        yield from Tell(work.order.repo, "taking it back")
        remark = (yield from _put_back(work)) if work.installing else ""
        return (yield from _without_new_key(work, left, remark))
    except LostClaim:
        return (yield from leave(work, Left(f"{left.begun}; and {CHANGED}", cause="lost claim")))
    except CallFailed as failed:
        reason = f"{left.begun}; and it could not be taken back: {failed.sentence}"
        return outcome_of(work, Status.NEEDS_ATTENTION, reason, next_step=_then(failed.remedy), cause=left.cause)
    except Left as stuck:
        reason = f"{left.begun}; and it could not be taken back: {stuck.reason}"
        return outcome_of(work, Status.NEEDS_ATTENTION, reason, next_step=stuck.next_step or AGAIN, cause=left.cause)


def _without_new_key(work: Work, left: Left, remark: str) -> Steps[KeyOutcome]:
    """The Secret is as it was: the new deploy key goes, then the claim that explains it."""
    status = left.status if left.status is Status.SKIPPED else Status.ROLLED_BACK
    try:
        yield from _forget_new_key(work)
    except CallFailed as failed:
        # The claim stays: it tells the next run whose key that is.
        remark += f"; the new key may still be on GitHub, the next run clears it: {failed.sentence}"
        return outcome_of(
            work,
            status,
            (left.begun if remark else left.reason) + remark,
            next_step=_then(left.next_step),
            cause=left.cause,
        )
    problem = yield from release(work)
    if problem:
        remark += f"; the claim on the Secret is still there and runs out by itself: {problem}"
    step = left.next_step or MENDED
    return outcome_of(work, status, (left.begun if remark else left.reason) + remark, next_step=step, cause=left.cause)


def _put_back(work: Work) -> Steps[str]:
    """Put the pair before back and see Flux with it. Returns what is to be said. Raises Left where it must not go."""
    held = yield from _installed(work)
    if held is None:
        work.installing = False
        return ""
    yield from _see_way_back(work, held)
    yield from put_back(work)
    if not held.has_previous:
        return ""
    try:
        yield from see_ready(work, timeout=HURRY if work.interrupted else work.order.timeout, what="with the old key")
    except (Left, CallFailed) as problem:
        words = problem.reason if isinstance(problem, Left) else problem.sentence
        works = held.previous is not None and (yield from try_once(work, held.previous))
        if not works:
            raise Left(f"the old key is back in the Secret, but Flux is not seen with it ({words})") from None
        held = yield from look_ours(work)
        return f"; the old key is back and GitHub accepts it, but Flux has not said so yet ({words})"
    now = yield from look_ours(work)
    if now.public == held.public:
        raise LostClaim
    return ""


def _installed(work: Work) -> Steps[Held | None]:
    """Return what the Secret holds if that is our new pair, None where there is nothing of ours to take out."""
    held = yield from look_ours(work)
    new = work.pair.public if work.pair else None
    if new is None or held.public == new:
        return held if new else None
    # Somebody has put another key there, or our write got lost, and may yet arrive.
    try:
        yield from shut_out(work)
    except LostClaim:
        held = yield from look_ours(work)
        if held.public != new:
            raise
        return held
    return None


def _see_way_back(work: Work, held: Held) -> Steps[None]:
    """See that GitHub still knows the pair before. Raises Left where the new key has to stay."""
    if not held.has_previous and work.order.mode is Mode.ROTATE and not work.order.seen.has_identity:
        return
    keep = "the new key, which GitHub accepts, stays in the Secret"
    if held.previous is None:
        raise Left(f"the Secret keeps no old pair that can be read; {keep}", next_step=AGAIN)
    found = yield from find(held.previous.public)
    if found is None or not found.enabled:
        raise Left(f"GitHub does not list the old key any more; {keep}", next_step=AGAIN)
    if not work.interrupted and (yield from try_once(work, held.previous)) is False:
        raise Left(f"GitHub lists the old key, but does not let it in; {keep}", next_step=AGAIN)


def _forget_new_key(work: Work) -> Steps[None]:
    """Delete the new deploy key, and what dead runs have left, once the Secret is known not to hold them."""
    new = work.pair.public if work.pair and work.registering else None
    if new is None and not work.order.leftover:
        return
    held = yield from look_ours(work)
    if new is not None and new == held.public:
        raise LostClaim
    for public in (*work.order.leftover, *([new] if new else [])):
        if public not in (held.public, held.previous_public):
            yield from remove(public)
    work.registering = False


def _then(remedy: str) -> str:
    return f"{remedy} Then {AGAIN}" if remedy else AGAIN
