"""Flux made to fetch with what the Secret holds, and watched until it says that it has.

Done means: `lastHandledReconcileAt` has our value, Ready is True for the current generation, and no FetchFailed is
there; the first alone is set after failures too (Flux, "GitRepositories").
"""

from __future__ import annotations

from typing import Final

from cellenics_ci.deploykeys.calls import AskReconcile, Now, ReadAutomations, ReadSource, Steps, Tell, Wait
from cellenics_ci.deploykeys.order import Left, Work
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.cluster import GitSource

LOOKS: Final = (0.3, 0.5, 1.0)
"""Seconds between the first looks at the GitRepository: most fetches take no longer."""
LOOK_EVERY: Final = 2.0
"""Seconds between the looks after those."""
TRIES: Final = 3
"""Failures that Flux itself must report before it is believed: one may be the network's."""
_ASK_PAUSE: Final = 3.0
ASK_AGAIN: Final = 20.0
"""Seconds without an answer after which the same is asked once more."""


def see_ready(work: Work, *, timeout: float, what: str) -> Steps[None]:
    """Make Flux fetch and wait until it has. `timeout` in seconds. Raises Left in Flux's own words, and CallFailed."""
    order = work.order
    asked_at = yield from Now()
    failures = looks = 0
    words = ""
    value = yield from ask(work)
    asked_last = asked_at
    while True:
        source = yield from _read(work)
        if source.suspended:
            raise Left("the GitRepository was suspended meanwhile: Flux does nothing now", cause="suspended")
        if source.succeeded(value):
            return
        now = yield from Now()
        words = _words(source) or words
        # Until it has answered, what it says is of the time before.
        said = words if source.handled == value and words else "no answer yet"
        yield from Tell(order.repo, f"waiting for Flux {what}: {said}")
        if source.handled == value and source.ready is False:
            failures += 1
            if failures >= TRIES:
                raise Left(f"Flux says: {words}", cause="flux failed")
            yield from Wait(_ASK_PAUSE)
            value = yield from ask(work)
        elif source.handled != value and now - asked_last >= ASK_AGAIN:
            # Whoever asks for a reconcile meanwhile puts another value over ours, before Flux has seen it.
            yield from _request(value)
            asked_last = now
        if now - asked_at >= timeout:
            last = f"; it last said: {words}" if words else ""
            raise Left(f"Flux was not ready within {timeout:.0f} s{last}", cause="flux timed out")
        yield from Wait(LOOKS[looks] if looks < len(LOOKS) else LOOK_EVERY)
        looks += 1


def tell_automations(work: Work) -> Steps[None]:
    """Note what Flux's image automations on the same GitRepository say; they work on, at their own times."""
    try:
        found = yield from ReadAutomations()
    except CallFailed:
        found = None
    if found is None:
        work.notes.append("image automations on this GitRepository: unknown, the cluster does not tell")
        return
    for each in found:
        said = "has not said yet" if each.ready is None else "Ready" if each.ready else f"not Ready: {each.message}"
        state = "suspended" if each.suspended else said
        work.notes.append(f"image automation {each.namespace}/{each.name}: {state}")


def ask(work: Work) -> Steps[str]:
    """Ask Flux to fetch now. Returns the value that its answer will carry."""
    work.asked += 1
    value = f"cellenics-ci-{work.runner.run}-{work.asked}"
    yield from _request(value)
    return value


def _request(value: str) -> Steps[None]:
    for pause in (1.0, 2.0, None):
        try:
            yield from AskReconcile(value)
            break
        except CallFailed as failed:
            if failed.kind is not Failure.UNKNOWN or pause is None:
                raise
        yield from Wait(pause)


def _read(work: Work) -> Steps[GitSource]:
    for pause in (1.0, 2.0, 4.0, None):
        try:
            source = yield from ReadSource()
        except CallFailed as failed:
            if failed.kind not in (Failure.UNKNOWN, Failure.THROTTLED) or pause is None:
                raise
        else:
            if source is None:
                raise Left("the GitRepository was deleted meanwhile", cause="no source")
            return source
        yield from Wait(pause)
    raise AssertionError("the last try ends above")


def _words(source: GitSource) -> str:
    return source.fetch_failed or (source.message if source.ready is False else "")
