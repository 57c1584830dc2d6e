"""The old key goes: when no run that may hold it is left, GitHub still holds the new one, and nobody else used it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cellenics_ci.errors import CallFailed, Interrupted
from cellenics_ci.model.github import WorkflowRun
from cellenics_ci.model.keys import AccessKey
from cellenics_ci.model.moments import utc_text
from cellenics_ci.model.names import AccessKeyId, shorten
from cellenics_ci.model.scopes import PairDates, Scope
from cellenics_ci.rotation.calls import (
    DeactivateKey,
    DeleteKey,
    LastUsed,
    ListKeys,
    Now,
    ReadDates,
    ReadRuns,
    Steps,
    Tell,
    Wait,
)
from cellenics_ci.rotation.observation import dates_difference
from cellenics_ci.rotation.order import Mode, Work
from cellenics_ci.run.user_lock import LostLock, guard

_POLL: Final = 15.0
_RUN_END_SLACK: Final = 60.0
"""Seconds by which GitHub's and IAM's clocks, and a run's last call and its end, may lie apart."""


def retire(work: Work, old: AccessKeyId, *, live: AccessKeyId, dates: Mapping[Scope, PairDates]) -> Steps[str | None]:
    """Take the old key away. Returns None when it is gone, else a sentence that says what it still waits for.

    `live` is the key that GitHub holds, `dates` the secrets' dates that belong to it. Nothing is raised:
    whatever fails here leaves both keys working, and the tags tell the next run how to go on.
    """
    try:
        return (yield from _retire(work, old, live, dates))
    except CallFailed as failed:
        work.cause, work.advice = f"retire {failed.kind}", failed.remedy
        return f"{shorten(old)} is still there: {failed.sentence}"
    except Interrupted:
        work.interrupted = True
        return f"{shorten(old)} is still there: interrupted"
    except LostLock:
        return f"{shorten(old)} is still there: another run has taken over"


def _retire(work: Work, old: AccessKeyId, live: AccessKeyId, dates: Mapping[Scope, PairDates]) -> Steps[str | None]:
    cut_off = work.order.mode is Mode.COMPROMISED
    active = not cut_off and any(key.id == old and key.active for key in work.order.seen.keys)
    quiet_since = work.cutoff
    if active:
        quiet_since, waiting = yield from _wait_for_runs(work)
        if waiting:
            return waiting
    yield from guard(work)
    now = yield from Now()
    if now - work.dates_read_at > work.freshness:
        current = yield from ReadDates(work.order.repo, work.order.scopes)
        difference = dates_difference(dates, current)
        if difference:
            return f"{shorten(old)} is still there: {difference}"
    ground = work.order.ground
    announced = old == ground.finish and bool(ground.outage)
    if active and not announced:
        use = yield from LastUsed(old)
        if use is not None and use.at > quiet_since:
            work.cause = "used elsewhere"
            where = f"{use.service} in {use.region}, {utc_text(use.at)}"
            return f"{shorten(old)} is still there: somebody used it after the delivery ({where})"
    return (yield from _remove(work, old, live))


def _remove(work: Work, old: AccessKeyId, live: AccessKeyId) -> Steps[str | None]:
    order = work.order
    for step in (DeactivateKey, DeleteKey):
        keys = yield from ListKeys(order.user)
        current, found = _find(keys, live), _find(keys, old)
        if current is None or not current.active:
            return f"{shorten(old)} is still there: the new key {shorten(live)} is gone or inactive"
        if found is not None and (found.active or step is DeleteKey):
            yield from guard(work)
            yield from step(order.user, old)
    work.retired.append(old)
    return None


def _wait_for_runs(work: Work) -> Steps[tuple[float, str | None]]:
    """Wait until no run from before the delivery is left, at most `order.wait` seconds.

    Returns since when none of them can have used the old key, and what is still waited for, if anything.
    """
    order = work.order
    began = yield from Now()
    quiet_since = work.cutoff
    while True:
        runs = yield from ReadRuns(order.repo, work.cutoff)
        now = yield from Now()
        if not runs.unfinished:
            ended = runs.last_end or 0.0
            return max(quiet_since, ended + _RUN_END_SLACK if ended > work.cutoff else 0.0), None
        quiet_since = now + _RUN_END_SLACK
        if now - began >= order.wait:
            return quiet_since, _waiting_for(runs.unfinished)
        yield from Tell(order.repo, f"waiting for {_counted(len(runs.unfinished))} that may hold the old key")
        yield from Wait(min(_POLL, max(order.wait - (now - began), 0.1)))
        yield from guard(work)


def _counted(runs: int) -> str:
    return "a run" if runs == 1 else f"{runs} runs"


def _waiting_for(runs: tuple[WorkflowRun, ...]) -> str:
    first = runs[0]
    more = f" and {len(runs) - 1} more" if len(runs) > 1 else ""
    return f"run {first.id} ({first.name}, {first.status}){more} began before the delivery and has not ended"


def _find(keys: tuple[AccessKey, ...], wanted: AccessKeyId) -> AccessKey | None:
    return next((key for key in keys if key.id == wanted), None)
