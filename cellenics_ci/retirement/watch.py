"""When a key that is still active has been unused for long enough, and what one use too many looks like. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from cellenics_ci.model.keys import AccessKey, KeyUse
from cellenics_ci.model.names import AccessKeyId
from cellenics_ci.model.retirement_tag import Retirement

USE_GRAIN: Final = 900.0
"""Seconds after a recorded use in which a further one need not be recorded (GetAccessKeyLastUsed)."""
LAST_WORDS: Final = 120.0
"""Seconds after a deactivation in which AWS may still take the key, and clocks may differ."""


def watched_until(
    keys: Iterable[AccessKey], uses: Mapping[AccessKeyId, KeyUse | None], *, since: float, span: float
) -> float:
    """Return the moment at which every active key has been unused for `span` seconds (UTC epoch seconds).

    0.0 where there is nothing to watch: no active key, or no span. What lies before `since` does not count.
    """
    active = [key for key in keys if key.active]
    if not active or span <= 0:
        return 0.0
    return max(since, *(_quiet_from(key, uses.get(key.id)) for key in active)) + span


def used_after(
    noted: Retirement, keys: Iterable[AccessKey], uses: Mapping[AccessKeyId, KeyUse | None]
) -> KeyUse | None:
    """Return a use of a key after the retirement had made it inactive: somebody has made it active in between."""
    for key in keys:
        use = uses.get(key.id)
        if use is not None and use.at > noted.at + LAST_WORDS:
            return use
    return None


def _quiet_from(key: AccessKey, use: KeyUse | None) -> float:
    return key.created_at if use is None else use.at + USE_GRAIN
