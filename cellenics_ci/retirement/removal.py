"""The end of a retirement: the secrets go, then the keys, the policies, the user. Each step can be repeated."""

from __future__ import annotations

from dataclasses import replace

from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.names import KEY_ID_SECRET, KEY_SECRET_SECRET, shorten
from cellenics_ci.model.retirement_tag import Phase, Retirement
from cellenics_ci.model.scopes import PairDates, Scope
from cellenics_ci.retirement.calls import DeleteSecret, DeleteUser, Steps
from cellenics_ci.retirement.looks import see_inactive, see_repository, see_secrets
from cellenics_ci.retirement.notes import note
from cellenics_ci.retirement.order import Left, Whereabouts, Work
from cellenics_ci.run.host_calls import Now, Tell
from cellenics_ci.run.outcome import Status
from cellenics_ci.run.user_calls import DeleteKey, DeletePolicy, GetUser, ListKeys
from cellenics_ci.run.user_lock import guard, look

STILL_ATTACHED = (
    "everything of ours is gone, but IAM keeps the user: something else is attached to it"
    " (an MFA device, an SSH key, a certificate, a policy or a group)"
)


def remove(work: Work) -> Steps[Left]:
    """Take everything away. Nothing goes before the workflows, the keys and the secrets have been seen once more."""
    order = work.order
    yield from see_inactive(work)
    dates = yield from see_secrets(work)
    yield from see_repository(work)
    now = yield from Now()
    noted = work.noted or Retirement(Phase.DELETING, at=int(now))
    yield from note(work, replace(noted, phase=Phase.DELETING, run=work.runner.run))
    for scope, pair in dates.items():
        yield from _remove_pair(work, scope, pair)
    yield from _remove_keys(work)
    for policy in order.policies:
        yield from Tell(order.repo, f"deleting the policy {policy}")
        yield from guard(work)
        yield from DeletePolicy(order.user, policy)
    yield from Tell(order.repo, f"deleting the user {order.user}")
    yield from look(work)
    yield from _remove_user(work)
    work.lock = None
    return Left(Status.RETIRED, _remark(work))


def _remove_pair(work: Work, scope: Scope, pair: PairDates) -> Steps[None]:
    order = work.order
    # The id first: half a pair that is left by a kill is then the half that no workflow can do anything with.
    for name, at in ((KEY_ID_SECRET, pair.key_id_at), (KEY_SECRET_SECRET, pair.secret_at)):
        if at is not None:
            yield from Tell(order.repo, f"deleting {name} ({scope})")
            yield from guard(work)
            yield from DeleteSecret(order.home.name, scope, name)
    if not pair.empty:
        work.gone_from.append(scope)


def _remove_keys(work: Work) -> Steps[None]:
    keys = yield from ListKeys(work.user)
    for key in keys:
        if key.active or key.id not in {known.id for known in work.order.seen.keys}:
            raise Left(Status.UNFINISHED, "somebody works on its keys: they were changed meanwhile", cause="changed")
    for key in keys:
        yield from Tell(work.order.repo, f"deleting {shorten(key.id)}")
        yield from guard(work)
        yield from DeleteKey(work.user, key.id)
        work.retired.append(key.id)


def _remove_user(work: Work) -> Steps[None]:
    try:
        yield from DeleteUser(work.user)
    except CallFailed as failed:
        if failed.kind is Failure.EXISTS:
            step = f"find it on the page of {work.user} in IAM's console, remove it, then run the same command again"
            raise Left(Status.UNFINISHED, STILL_ATTACHED, next_step=step, cause="attached") from None
        if not failed.maybe_done or (yield from GetUser(work.user)) is not None:
            raise


def _remark(work: Work) -> str:
    home = work.order.home
    if home.whereabouts is Whereabouts.ARCHIVED and work.order.seen.dates:
        places = ", ".join(str(scope) for scope, _ in work.order.seen.dates)
        return f"its secrets stay ({places}): GitHub lets nobody change an archived repository; their key is gone"
    return ""
