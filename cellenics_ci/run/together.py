"""Several things read at once, and a slow one that somebody may not want to wait for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Final, TypeVar

from cellenics_ci.run.interruption import Interruption

T = TypeVar("T")

_GLANCE: Final = 0.1
"""Seconds between looks at whether somebody asked to stop."""


@contextmanager
def side_by_side(workers: int) -> Iterator[ThreadPoolExecutor]:
    """Give a pool of threads. Whoever waits for an error, or presses Ctrl-C, does not wait for the rest of them."""
    with ThreadPoolExecutor(workers, thread_name_prefix="survey") as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def unless_interrupted(interruption: Interruption, work: Callable[[], T]) -> T:
    """Do something that can't be cut short, and leave it to itself when somebody asks to stop: raises Interrupted.

    Only for what has no effect: its thread may go on for as long as its own time-outs let it.
    """
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as problem:
            done.set_exception(problem)

    threading.Thread(target=run, daemon=True).start()
    while not done.done():
        wait([done], timeout=_GLANCE)
        interruption.wait(0)
    return done.result()
