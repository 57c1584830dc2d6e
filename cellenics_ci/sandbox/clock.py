"""The time that the embedded servers live by: the machine's own, moved on at will, or standing still."""

from __future__ import annotations

import threading
import time


class Clock:
    """Call it for the time in UTC epoch seconds. With `start` it stands still there until it is moved on."""

    def __init__(self, start: float | None = None) -> None:
        self._start = start
        self._ahead = 0.0
        self._lock = threading.Lock()

    def __call__(self) -> float:
        base = time.time() if self._start is None else self._start
        return base + self._ahead

    def advance(self, seconds: float) -> None:
        """Move the time on by so many seconds."""
        if seconds < 0:
            raise ValueError("a clock never goes back")
        with self._lock:
            self._ahead += seconds
