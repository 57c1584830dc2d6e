"""The threads in which much is read at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

SIDE_BY_SIDE: Final = 40
"""Reads at a time: below what GitHub allows (100), and what one process needs to hide the latency."""


@contextmanager
def reading_pool() -> Iterator[ThreadPoolExecutor]:
    """Give threads to read in. Whoever waits for an error, or presses Ctrl-C, does not wait for the rest of them."""
    with ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="reading") as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
