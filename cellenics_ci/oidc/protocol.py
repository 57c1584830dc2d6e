"""The adoption of one repository: written once, without I/O.

The generator asks for calls (`calls.py`) and is sent answers or failures; the real run and the fault table drive this
same code. The order of its steps keeps the promise that no role trusts, at any moment, more than is declared: a new
role is made with its final trust and no right; of an existing one what is trusted is narrowed before rights are
added, and widened after the rights are as declared. Every step can be repeated, so a run that dies is finished by the
next one, and no lock is needed: two runs write the same declared texts.
"""

from __future__ import annotations

import json

from cellenics_ci.errors import CallFailed, Failure, Interrupted
from cellenics_ci.oidc.calls import (
    AddAudience,
    CreateProvider,
    CreateRole,
    CreateVariable,
    DeletePolicy,
    GetProvider,
    GetRole,
    PutPolicy,
    PutTrust,
    ReadFileId,
    ReadVariables,
    SayDelivered,
    SetMaxSession,
    Steps,
    TagRole,
    Tell,
)
from cellenics_ci.oidc.order import Left, Order, ProviderOrder, Work, difference
from cellenics_ci.privileges.compare import same_meaning
from cellenics_ci.run.outcome import Outcome, Status

AGAIN = "run the same command again: it goes on where this one stopped"


def provide(order: ProviderOrder) -> Steps[str]:
    """Have the account take GitHub's tokens. Returns why it does not, "" where it does."""
    try:
        if order.create:
            yield from _create_provider(order)
        elif order.add_audience:
            yield from AddAudience(order.arn, order.provider.audiences[0])
    except CallFailed as failed:
        return failed.sentence
    except Interrupted:
        return "interrupted"
    return ""


def _create_provider(order: ProviderOrder) -> Steps[None]:
    try:
        yield from CreateProvider(order.provider)
    except CallFailed as failed:
        if not failed.maybe_done and failed.kind is not Failure.EXISTS:
            raise
        # The answer was lost, or another run was faster.
        found = yield from GetProvider(order.arn)
        if found is None:
            raise
        if order.provider.audiences[0] not in found.audiences:
            yield from AddAudience(order.arn, order.provider.audiences[0])


def adopt(order: Order) -> Steps[Outcome]:
    """Carry an order out. Returns its outcome; raises nothing but what the driver throws in beyond CallFailed."""
    work = Work(order)
    try:
        yield from _adopt(work)
    except Left as left:
        return _outcome(work, left.status, left.reason, left.next_step, left.cause)
    except CallFailed as failed:
        return _outcome(work, _status_of(work), failed.sentence, failed.remedy, str(failed.kind))
    except Interrupted:
        work.interrupted = True
        return _outcome(work, _status_of(work), "interrupted", AGAIN, "interrupted")
    return _outcome(work, Status.ADOPTED, "; ".join(work.remarks))


def _adopt(work: Work) -> Steps[None]:
    order = work.order
    yield from Tell(order.repo, "looking at the role")
    yield from _see_unchanged(order)
    if order.new is not None:
        yield from Tell(order.repo, "creating the role")
        yield from _create(work)
    elif order.untagged:
        work.began = True
        yield from TagRole(order.role, order.tags)
    yield from _rights(work)
    if order.max_session is not None:
        work.began = True
        yield from SetMaxSession(order.role, order.max_session)
    yield from _variables(work)
    yield from SayDelivered(order.repo)


def _see_unchanged(order: Order) -> Steps[None]:
    """Leave the repository where anything is otherwise than the plan says that was agreed to."""
    now = yield from GetRole(order.role)
    found = difference(order.seen, now)
    if found is None and (yield from ReadFileId(order.repo)) != order.file_id:
        found = "its CI file was changed"
    if found:
        raise Left(Status.SKIPPED, f"{found} since the plan", next_step="run the same command again", cause="changed")


def _create(work: Work) -> Steps[None]:
    order = work.order
    assert order.new is not None
    work.began = True
    try:
        yield from CreateRole(order.new)
    except CallFailed as failed:
        if not failed.maybe_done and failed.kind is not Failure.EXISTS:
            raise
        # The answer was lost: is it there? Neither somebody else's role of the same name is taken for ours, nor one
        # that another run has just made with another trust: rights are given to those alone who are declared.
        now = yield from GetRole(order.role)
        tagged = now is not None and all(now.tags.get(name) == value for name, value in order.tags.items())
        if now is None or not tagged or not same_meaning(now.trust, json.loads(order.new.trust)):
            raise


def _rights(work: Work) -> Steps[None]:
    """Bring trust and policies to what is declared, in the order that never gives anybody more than that."""
    order, changes = work.order, work.order.policies
    for name in changes.delete_first:
        work.began, work.short_of_rights = True, order.cuts_off
        yield from DeletePolicy(order.role, name)
    if order.trust_first is not None:
        yield from Tell(order.repo, "changing who is trusted")
        work.began = True
        yield from PutTrust(order.role, order.trust_first)
    if changes:
        yield from Tell(order.repo, "updating policies")
    for name, text in (*changes.put_first, *changes.put_after):
        work.began = True
        yield from PutPolicy(order.role, name, text)
    work.short_of_rights = False
    for name in changes.delete_after:
        work.began = True
        yield from DeletePolicy(order.role, name)
    if order.trust_last is not None:
        work.began = True
        yield from PutTrust(order.role, order.trust_last)


def _variables(work: Work) -> Steps[None]:
    repo = work.order.repo
    for name, value in work.order.variables:
        yield from Tell(repo, f"setting the variable {name}")
        work.began = True
        try:
            yield from CreateVariable(repo, name, value)
        except CallFailed as failed:
            if not failed.maybe_done and failed.kind is not Failure.EXISTS:
                raise
            found = (yield from ReadVariables(repo)).get(name)
            if found is None:
                raise
            if found != value:
                work.remarks.append(f"its variable {name} is {found}, not {value}: the patch does not fit it")


def _status_of(work: Work) -> Status:
    if work.short_of_rights:
        return Status.NEEDS_ATTENTION
    return Status.UNFINISHED if work.began else Status.SKIPPED


def _outcome(work: Work, status: Status, reason: str, next_step: str = "", cause: str = "") -> Outcome:
    if status is Status.NEEDS_ATTENTION:
        reason = f"its role has fewer rights than it had: {reason}"
    if status in (Status.NEEDS_ATTENTION, Status.UNFINISHED):
        next_step = next_step or AGAIN
    return Outcome(work.order.repo, status, reason, next_step, interrupted=work.interrupted, cause=cause)
