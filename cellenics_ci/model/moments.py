"""Moments and spans of time as people read them."""

from __future__ import annotations

from datetime import UTC, datetime

_DAY = 86400.0


def utc_text(at: float) -> str:
    """Return a moment (UTC epoch seconds) as `2026-11-22 21:30 UTC`."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")


def span_text(seconds: float) -> str:
    """Return a span of time in its largest fitting unit: `45 s`, `12 min`, `5 h`, `120 d`."""
    for unit, size in (("d", _DAY), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size or (unit == "d" and seconds >= size):
            return f"{seconds // size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"
