"""Moments and spans of time as people read them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_DAY = 86400.0
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": _DAY, "w": 7 * _DAY}
_SPAN = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")


def utc_text(at: float) -> str:
    """Return a moment (UTC epoch seconds) as `2026-11-22 21:30 UTC`."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")


def span_text(seconds: float) -> str:
    """Return a span of time in its largest fitting unit: `45 s`, `12 min`, `5 h`, `120 d`."""
    for unit, size in (("d", _DAY), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size or (unit == "d" and seconds >= size):
            return f"{seconds // size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def parse_span(text: str) -> float:
    """Return the seconds in a span like `90d`, `1h30m` or `0`. Raises ValueError for anything else."""
    compact = text.strip().lower()
    if compact == "0":
        return 0.0
    parts = _SPAN.findall(compact)
    if not parts or "".join(number + unit for number, unit in parts) != compact:
        raise ValueError(f"'{text}' is no span of time: write it like 30m, 12h or 90d")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)
