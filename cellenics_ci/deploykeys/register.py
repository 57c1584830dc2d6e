"""The new key on GitHub: registered, proven over SSH, and taken away again. Found by its public key, never by title."""

from __future__ import annotations

from typing import Final, NoReturn

from cellenics_ci.deploykeys.calls import AddKey, DeleteKey, ListKeys, Prove, Steps, Tell, Wait
from cellenics_ci.deploykeys.order import Left, Order, Work
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.deploy_keys import DeployKey, Proof, PublicKey, SshPair

_PAUSES: Final = (1.0, 2.0, 4.0)
_PROOFS: Final = (2.0, 4.0, 8.0, 8.0)
"""Seconds between proofs: GitHub's SSH servers may know a new key a little later than its API does."""


def register(work: Work, pair: SshPair) -> Steps[DeployKey]:
    """Register the new key with the right that it is to have. Raises Left and CallFailed."""
    order = work.order
    work.registering = True
    for pause in (*_PAUSES, None):
        try:
            key = yield from AddKey(pair.public, order.title, order.read_only)
        except CallFailed as failed:
            if failed.kind not in (Failure.UNKNOWN, Failure.INVALID):
                # Refused for certain: there is nothing on GitHub to take back.
                work.registering = False
                raise
            found = yield from find(pair.public)
            if found is None and (failed.kind is Failure.INVALID or pause is None):
                work.registering = False
                raise
            if found is None:
                assert pause is not None
                yield from Wait(pause)
                continue
            key = found
        if key.read_only != order.read_only or not key.enabled:
            raise Left(_refusal(key, order), cause="registered otherwise")
        return key
    raise AssertionError("the last try ends above")


def _refusal(key: DeployKey, order: Order) -> str:
    if not key.enabled:
        return "GitHub has registered the new key, but not enabled it: deploy keys are disabled there"
    wanted = "read-only" if order.read_only else "read-write"
    return f"GitHub has not registered the new key as {wanted}"


def find(public: PublicKey) -> Steps[DeployKey | None]:
    """Return the deploy key that GitHub lists for a public key, trying again where no answer comes."""
    return next((key for key in (yield from listed()) if key.public == public), None)


def listed() -> Steps[tuple[DeployKey, ...]]:
    """Return the repository's deploy keys, trying again where no answer comes."""
    for pause in _PAUSES:
        try:
            return (yield from ListKeys())
        except CallFailed as failed:
            if failed.kind is not Failure.UNKNOWN:
                raise
        yield from Wait(pause, interruptible=False)
    return (yield from ListKeys())


def remove(public: PublicKey, known: tuple[DeployKey, ...] | None = None) -> Steps[None]:
    """Delete the deploy key with this public key, and see that it is gone. Raises CallFailed.

    `known` is a listing that was just read.
    """
    for pause in (*_PAUSES, None):
        found = next((key for key in known if key.public == public), None) if known else (yield from find(public))
        known = None
        if found is None:
            return
        try:
            yield from DeleteKey(found.id)
            return
        except CallFailed as failed:
            if failed.kind is not Failure.UNKNOWN or pause is None:
                raise
            yield from Wait(pause, interruptible=False)


def prove(work: Work, pair: SshPair) -> Steps[None]:
    """See over SSH that a key reads the branch, and writes exactly if it should. Raises Left and CallFailed."""
    order = work.order
    for pause in (*_PROOFS, None):
        yield from Tell(order.repo, f"proving the key at {order.address.known_host}")
        try:
            proof = yield from Prove(pair.private, order.address, order.host_keys, order.branch)
        except CallFailed as failed:
            if failed.kind is not Failure.UNKNOWN or pause is None:
                raise
        else:
            if _good(proof, order):
                return
            # What is refused now may be known to GitHub in a moment; what reads too much will not change.
            if pause is None or (proof.reads and proof.branch and order.read_only):
                _refuse(proof, order)
        yield from Wait(pause)


def try_once(work: Work, pair: SshPair) -> Steps[bool | None]:
    """Return whether GitHub lets this key read the branch, None where no answer came."""
    order = work.order
    try:
        proof = yield from Prove(pair.private, order.address, order.host_keys, order.branch)
    except CallFailed:
        return None
    return proof.accepted and proof.reads and proof.branch


def _good(proof: Proof, order: Order) -> bool:
    return proof.accepted and proof.reads and proof.branch and proof.writes is not order.read_only


def _refuse(proof: Proof, order: Order) -> NoReturn:
    said = f": {proof.remark}" if proof.remark else ""
    where = f"{order.address.host}/{order.address.path}"
    if not proof.accepted:
        raise Left(f"{where} does not let the new key in{said}", cause="not accepted")
    if not proof.reads:
        raise Left(f"the new key can't read {where}{said}", cause="can't read")
    if not proof.branch:
        raise Left(f"{where} has no branch {order.branch}", cause="no branch")
    if order.read_only:
        raise Left("the new key can write, though it was registered as read-only", cause="can write")
    raise Left(f"the new key can't write{said}", cause="can't write")
