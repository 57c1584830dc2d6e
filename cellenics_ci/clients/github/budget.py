"""GitHub's rate limits as one budget that all workers share.

A read costs 1 point and a write 5, 900 points a minute, 100 requests at a time; GraphQL has 2,000 points of its own
(REST reference, "Rate limits for the REST API", secondary limits). What GitHub says itself, by Retry-After or by its
hourly allowance, counts for everybody.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from cellenics_ci.clients.github.errors import throttled

READ_POINTS: Final = 1
WRITE_POINTS: Final = 5
GRAPHQL_POINTS: Final = 2000
"""Points a minute for GraphQL, beside those for REST."""

LONGEST_PAUSE: Final = 900.0
"""Seconds that a rate limit is waited for; an hour of silence would look like a hang."""

_MINUTE: Final = 60.0
_SLACK: Final = 0.05
_log = logging.getLogger(__name__)


class Budget:
    """Says when the next request may be sent. `wait` lets seconds pass and may raise Interrupted."""

    def __init__(
        self,
        *,
        wait: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.monotonic,
        points_per_minute: int = 900,
        at_once: int = 80,
    ) -> None:
        self._wait, self._now = wait, now
        self._slots = threading.BoundedSemaphore(at_once)
        self._lock = threading.Lock()
        self._rest, self._graphql = _Window(points_per_minute), _Window(GRAPHQL_POINTS)
        self._blocked_until = float("-inf")
        self._set_aside = 0
        self._allowance: tuple[int, float] | None = None

    @contextmanager
    def request(self, points: int, *, graphql: bool = False) -> Iterator[None]:
        """Wait until a request of that many points may be sent, and hold one of the places for it."""
        self._take(self._graphql if graphql else self._rest, points)
        with self._slots:
            yield

    @contextmanager
    def reserved_write(self) -> Iterator[None]:
        """Send a write at once: one that was set aside by `reserve`, and never one that waits.

        Between the two writes of a pair nothing may wait: a late half leaves a repository without a working pair.
        """
        with self._lock:
            if self._set_aside >= WRITE_POINTS:
                self._set_aside -= WRITE_POINTS
            else:
                self._rest.note(self._now(), WRITE_POINTS)
        yield

    def reserve(self, writes: int) -> None:
        """Wait until that many writes can be sent at once, and set them aside for `reserved_write`."""
        points = min(writes * WRITE_POINTS, self._rest.limit)
        self._take(self._rest, points, requests=writes)
        with self._lock:
            self._set_aside += points

    def writes_free(self) -> int:
        """Return how many writes could be sent now without waiting."""
        with self._lock:
            now = self._now()
            if now < self._blocked_until:
                return 0
            return max(0, self._rest.free(now) // WRITE_POINTS)

    def pause(self, seconds: float) -> None:
        """Keep everybody from sending for that long: GitHub asked for it."""
        with self._lock:
            self._blocked_until = max(self._blocked_until, self._now() + seconds)

    def allowance(self, remaining: int, resets_in: float) -> None:
        """Note what is left of the hourly allowance (`x-ratelimit-remaining`), renewed in so many seconds."""
        with self._lock:
            self._allowance = (remaining, self._now() + resets_in)

    def _take(self, window: _Window, points: int, requests: int = 1) -> None:
        while True:
            with self._lock:
                now = self._now()
                delay = max(window.delay(now, points), self._delay(window, now, requests))
                if delay <= 0:
                    window.note(now, points)
                    return
            if delay > LONGEST_PAUSE:
                raise throttled("the next request", delay)
            if delay > 1:
                _log.info("waiting %.0f s for GitHub's rate limit", delay)
            self._wait(delay + _SLACK)

    def _delay(self, window: _Window, now: float, requests: int) -> float:
        """Return the seconds for which GitHub itself wants no such request."""
        delay = self._blocked_until - now
        if self._allowance is not None and window is self._rest:
            remaining, renewed_at = self._allowance
            if now >= renewed_at:
                self._allowance = None
            elif remaining < requests:
                delay = max(delay, renewed_at - now)
        return delay


class _Window:
    """The points that were spent in the last minute, of `limit`. Its user holds the lock."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._spent: deque[tuple[float, int]] = deque()
        self._sum = 0

    def note(self, now: float, points: int) -> None:
        """Spend points."""
        self._spent.append((now, points))
        self._sum += points

    def free(self, now: float) -> int:
        """Return how many points are left."""
        while self._spent and self._spent[0][0] + _MINUTE <= now:
            self._sum -= self._spent.popleft()[1]
        return self.limit - self._sum

    def delay(self, now: float, points: int) -> float:
        """Return the seconds until so many points are free."""
        delay, excess = 0.0, points - self.free(now)
        for at, spent in self._spent:
            if excess <= 0:
                break
            excess -= spent
            delay = at + _MINUTE - now
        return delay
