"""The servers' clock, learnt from the `Date` header of their answers: ours may be wrong."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime


class ServerClock:
    """Tells how far a server's clock is ahead of ours. Safe for several threads."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._offset: float | None = None

    def observe(self, date: str | None) -> None:
        """Take the `Date` header of an answer that has just arrived; one that can't be read is ignored."""
        if not date:
            return
        try:
            ahead = parsedate_to_datetime(date).timestamp() - self._now()
        except ValueError:
            return
        with self._lock:
            # The header is cut to whole seconds and some way old: every sample says too little, the largest least so.
            self._offset = ahead if self._offset is None else max(self._offset, ahead)

    @property
    def offset(self) -> float:
        """Seconds to add to our clock to get the server's, 0 before the first answer."""
        with self._lock:
            return self._offset or 0.0

    def now(self) -> float:
        """Return the time by the server's clock, in UTC epoch seconds."""
        return self._now() + self.offset
