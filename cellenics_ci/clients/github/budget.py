"""GitHub's rate limits as one budget that all workers share.

A read costs 1 point and a write 5, 900 points a minute, 100 requests at a time (REST reference, "Rate limits for the
REST API", secondary limits). What GitHub says itself, by Retry-After or by its hourly allowance, counts for everybody.
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
        self._limit = points_per_minute
        self._slots = threading.BoundedSemaphore(at_once)
        self._lock = threading.Lock()
        self._spent: deque[tuple[float, int]] = deque()
        self._in_window = 0
        self._blocked_until = float("-inf")
        self._set_aside = 0
        self._allowance: tuple[int, float] | None = None

    @contextmanager
    def request(self, points: int) -> Iterator[None]:
        """Wait until a request of that many points may be sent, and hold one of the places for it."""
        self._take(points)
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
                self._note(WRITE_POINTS)
        yield

    def reserve(self, writes: int) -> None:
        """Wait until that many writes can be sent at once, and set them aside for `reserved_write`."""
        points = min(writes * WRITE_POINTS, self._limit)
        self._take(points, requests=writes)
        with self._lock:
            self._set_aside += points

    def writes_free(self) -> int:
        """Return how many writes could be sent now without waiting."""
        with self._lock:
            now = self._now()
            self._forget_old(now)
            if now < self._blocked_until:
                return 0
            return max(0, (self._limit - self._in_window) // WRITE_POINTS)

    def pause(self, seconds: float) -> None:
        """Keep everybody from sending for that long: GitHub asked for it."""
        with self._lock:
            self._blocked_until = max(self._blocked_until, self._now() + seconds)

    def allowance(self, remaining: int, resets_in: float) -> None:
        """Note what is left of the hourly allowance (`x-ratelimit-remaining`), renewed in so many seconds."""
        with self._lock:
            self._allowance = (remaining, self._now() + resets_in)

    def _take(self, points: int, requests: int = 1) -> None:
        while True:
            with self._lock:
                delay = self._delay(points, requests)
                if delay <= 0:
                    self._note(points)
                    return
            if delay > LONGEST_PAUSE:
                raise throttled("the next request", delay)
            if delay > 1:
                _log.info("waiting %.0f s for GitHub's rate limit", delay)
            self._wait(delay + _SLACK)

    def _delay(self, points: int, requests: int) -> float:
        now = self._now()
        self._forget_old(now)
        delay = self._blocked_until - now
        if self._allowance is not None:
            remaining, renewed_at = self._allowance
            if now >= renewed_at:
                self._allowance = None
            elif remaining < requests:
                delay = max(delay, renewed_at - now)
        excess = self._in_window + points - self._limit
        for at, spent in self._spent:
            if excess <= 0:
                break
            excess -= spent
            delay = max(delay, at + _MINUTE - now)
        return delay

    def _note(self, points: int) -> None:
        self._spent.append((self._now(), points))
        self._in_window += points

    def _forget_old(self, now: float) -> None:
        while self._spent and self._spent[0][0] + _MINUTE <= now:
            self._in_window -= self._spent.popleft()[1]
