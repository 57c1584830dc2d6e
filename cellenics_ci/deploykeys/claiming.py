"""The Secret: claimed, written under the claim, read again, given back.

Every write carries the version that was last read (`resourceVersion`), so nobody's change is ever written over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from cellenics_ci.deploykeys.calls import CreateSecret, Now, OwnerGone, PatchSecret, ReadSecret, ReadSource, Steps, Wait
from cellenics_ci.deploykeys.held import Held, understand
from cellenics_ci.deploykeys.order import Left, LostClaim, Work
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.claims import CLAIM, REPLACES, Claim, Stage, claim_text
from cellenics_ci.model.cluster import (
    IDENTITY,
    IDENTITY_PUB,
    KEY_ENTRIES,
    KNOWN_HOSTS,
    PASSWORD,
    PREVIOUS,
    FluxSecret,
    SecretChange,
)
from cellenics_ci.model.deploy_keys import PublicKey
from cellenics_ci.model.secret import Secret
from cellenics_ci.run.outcome import Status

PAUSES: Final = (1.0, 2.0, 4.0, 8.0)
"""Seconds between tries to find out what a lost answer did."""


def acquire(work: Work, keys: tuple[PublicKey, ...]) -> Steps[None]:
    """Claim the Secret for `keys`, if everything is as planned. Raises Left where it is not."""
    order = work.order
    secret = yield from ReadSecret()
    held = understand(secret)
    now = yield from Now()
    if held.state != order.seen.state:
        yield from _refuse_changed(held, now)
    source = yield from ReadSource()
    planned = order.source
    if source is None or (source.url, source.branch, source.secret, source.provider) != (
        planned.url,
        planned.branch,
        planned.secret,
        planned.provider,
    ):
        raise Left("changed since the plan: the GitRepository is another", status=Status.SKIPPED, cause="changed")
    if source.suspended:
        raise Left("changed since the plan: the GitRepository is suspended", status=Status.SKIPPED, cause="changed")
    work.secret = secret
    claim = Claim(
        run=work.runner.run,
        host=work.runner.host,
        process=work.runner.process,
        at=int(now),
        # Twice the wait for Flux (forth and back), and time for all the rest.
        until=int(now + 2 * order.timeout + 600),
        keys=keys,
        stage=held.claim.stage if held.claim and held.has_previous else Stage.CLAIMED,
    )
    try:
        yield from _write_claim(work, claim)
    except LostClaim:
        raise Left(
            "changed since the plan: somebody else has changed the Secret", status=Status.SKIPPED, cause="changed"
        ) from None


def _refuse_changed(held: Held, now: float) -> Steps[None]:
    claim = held.claim
    if claim is not None and claim.until > now:
        gone = yield from OwnerGone(claim)
        if not gone:
            since = int(now - claim.at)
            raise Left(
                f"another rotation is running on {claim.host}, for {since} s", status=Status.SKIPPED, cause="locked"
            )
    raise Left("changed since the plan: the Secret is another", status=Status.SKIPPED, cause="changed")


def shut_out(work: Work) -> Steps[None]:
    """Make a write of ours that got no answer, and is not there, impossible for good: it may only be on its way.

    It carries the version that it was made for, and any change makes another one.
    """
    assert work.claim is not None
    yield from _write_claim(work, replace(work.claim, until=work.claim.until + 1))


def begin_retiring(work: Work) -> Steps[None]:
    """Note that the old deploy key may go from now on: whoever comes after us must not put it back."""
    assert work.claim is not None
    yield from _write_claim(work, replace(work.claim, stage=Stage.RETIRING))


def _write_claim(work: Work, claim: Claim) -> Steps[None]:
    before = work.claim
    # Known before it is written: after a lost answer the Secret is searched for it.
    work.claim = claim
    try:
        yield from write(work, SecretChange(annotations={CLAIM: claim_text(claim)}))
    except (CallFailed, LostClaim):
        work.claim = before
        raise


def install(work: Work) -> Steps[None]:
    """Put the new pair into the Secret, the pair before it beside it, in one write."""
    new = _new_entries(work)
    before = work.secret.data if work.secret else {}
    # What an older rotation left there and this pair lacks must not be taken for a part of it.
    kept = {PREVIOUS + name: before.get(name) for name in KEY_ENTRIES}
    work.installing = True
    yield from write(work, SecretChange(data=_without_idle({**new, **kept}, before)))


def install_again(work: Work) -> Steps[None]:
    """Write the new pair over the old one, whose deploy key is gone; the claim and the pair before go with it."""
    before = work.secret.data if work.secret else {}
    gone = dict.fromkeys([name for name in before if name.startswith(PREVIOUS)])
    yield from write(work, SecretChange(_without_idle({**_new_entries(work), **gone}, before), {CLAIM: None}))


def _new_entries(work: Work) -> dict[str, Secret | None]:
    assert work.pair is not None, "a key is made before it is written"
    return {
        IDENTITY: work.pair.private,
        IDENTITY_PUB: Secret(f"{work.pair.public.text}\n"),
        KNOWN_HOSTS: Secret(work.order.known_hosts),
        PASSWORD: None,
    }


def put_back(work: Work) -> Steps[None]:
    """Put the pair before into the Secret again; where there was none, take ours away."""
    assert work.secret is not None
    now = work.secret.data
    before = {name: now.get(PREVIOUS + name) for name in KEY_ENTRIES}
    gone = dict.fromkeys([name for name in now if name.startswith(PREVIOUS)])
    yield from write(work, SecretChange(data=_without_idle({**before, **gone}, now)))
    work.installing = False


def release(work: Work) -> Steps[str]:
    """Give the claim back, with the pair before. Returns what went wrong, "" if nothing did. Raises LostClaim.

    What the Secret says of a key that it replaced stays until that key is gone: nothing else tells whose it is.
    """
    if work.claim is None or work.secret is None:
        return ""
    for pause in (*PAUSES[:2], None):
        gone = dict.fromkeys([name for name in work.secret.data if name.startswith(PREVIOUS)])
        noted = work.retired and not work.order.keep_replaces and REPLACES in work.secret.annotations
        annotations = {CLAIM: None} | ({REPLACES: None} if noted else {})
        try:
            yield from write(work, SecretChange(data=gone, annotations=annotations))
        except CallFailed as failed:
            if pause is None:
                return failed.sentence
            yield from Wait(pause, interruptible=False)
        else:
            work.claim = None
            return ""
    return ""


def write(work: Work, change: SecretChange) -> Steps[None]:
    """Write to the Secret what nobody else has changed. Raises LostClaim, and CallFailed where it is not written.

    After a lost answer the Secret is read until it is known what it holds. CallFailed of kind UNKNOWN is raised only
    where even that can't be found out.
    """
    for _ in range(5):
        try:
            if work.secret is None:
                work.secret = yield from CreateSecret(change)
            else:
                work.secret = yield from PatchSecret(change, work.secret.version)
        except CallFailed as failed:
            if failed.kind not in (Failure.CONFLICT, Failure.EXISTS, Failure.UNKNOWN, Failure.NOT_FOUND):
                raise
            before, work.secret = work.secret, (yield from look(work))
            if _holds(before, work.secret, change):
                return
            if not _same_pairs(before, work.secret):
                raise LostClaim from None
        else:
            return
    raise CallFailed(Failure.CONFLICT, "The Secret is changed by somebody else all the time.")


def look(work: Work) -> Steps[FluxSecret | None]:
    """Read the Secret, again and again where no answer comes. Raises CallFailed when that does not help."""
    for pause in PAUSES:
        try:
            return (yield from ReadSecret())
        except CallFailed as failed:
            if failed.kind not in (Failure.UNKNOWN, Failure.THROTTLED):
                raise
        yield from Wait(pause, interruptible=False)
    return (yield from ReadSecret())


def look_ours(work: Work) -> Steps[Held]:
    """Read the Secret again and return what it holds. Raises LostClaim where the claim is not ours any more."""
    work.secret = yield from look(work)
    held = understand(work.secret)
    if work.claim is None or held.claim is None or held.claim.run != work.claim.run:
        raise LostClaim
    return held


def _holds(before: FluxSecret | None, after: FluxSecret | None, change: SecretChange) -> bool:
    """Whether a Secret is what a change would have made of it, and nobody else has changed what it holds."""
    if after is None:
        return False
    data: dict[str, Secret | None] = {**(before.data if before else {}), **change.data}
    held = {name: value for name, value in data.items() if value is not None}
    noted = all(after.annotations.get(name) == value for name, value in change.annotations.items())
    return noted and dict(after.data) == held


def _same_pairs(before: FluxSecret | None, after: FluxSecret | None) -> bool:
    """Whether only things changed that are none of our business: then the write may be tried again."""
    if before is None or after is None:
        return before is after
    claims = before.annotations.get(CLAIM) == after.annotations.get(CLAIM)
    return claims and dict(before.data) == dict(after.data)


def _without_idle(change: Mapping[str, Secret | None], before: Mapping[str, Secret]) -> dict[str, Secret | None]:
    """Leave out the taking away of what is not there."""
    return {name: value for name, value in change.items() if value is not None or name in before}
