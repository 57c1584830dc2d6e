"""Questions of many threads, answered by few requests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

from cellenics_ci.errors import CallFailed

K = TypeVar("K")
V = TypeVar("V")


class _Batch(Generic[K, V]):
    def __init__(self) -> None:
        self.keys: list[K] = []
        self.asked = False
        self.answers: Mapping[K, V] | None = None


class Gathered(Generic[K, V]):
    """Sends one request at a time; who asks in the meantime goes together into the next one.

    So nobody waits for company, an answer is never older than its question, and 30 repositories that come to the
    same step at the same moment cost two or three requests. Safe for threads.
    """

    def __init__(self, ask: Callable[[Sequence[K]], Mapping[K, V]]) -> None:
        """`ask` answers every key that it is given, or raises CallFailed."""
        self._ask = ask
        self._guard = threading.Lock()
        self._sending = threading.Lock()
        self._next: _Batch[K, V] = _Batch()

    def __call__(self, key: K) -> V:
        """Return the answer for one key. Raises what `ask` raises for this key alone."""
        with self._guard:
            batch = self._next
            batch.keys.append(key)
        with self._sending:
            if not batch.asked:
                self._send(batch)
        if batch.answers is None:
            # One key can spoil a request for all; asked alone, each gets an answer, or a failure, of its own.
            return self._ask([key])[key]
        return batch.answers[key]

    def _send(self, batch: _Batch[K, V]) -> None:
        with self._guard:
            self._next = _Batch()
        batch.asked = True
        try:
            batch.answers = self._ask(list(dict.fromkeys(batch.keys)))
        except CallFailed:
            if len(batch.keys) == 1:
                raise
