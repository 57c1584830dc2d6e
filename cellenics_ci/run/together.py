"""Several things read at once, and a slow one that somebody may not want to wait for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Final, ParamSpec, TypeVar

from cellenics_ci.run.interruption import Interruption

P = ParamSpec("P")
T = TypeVar("T")

_GLANCE: Final = 0.1
"""Seconds between looks at whether somebody asked to stop."""


def in_background(work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> Future[T]:
    """Begin something in a thread of its own, and return what will come of it.

    Only for what has no effect: an error of another's, or Ctrl-C, waits neither for it nor for its own time-outs.
    """
    # No pool: the end of one, and of the program, waits for its threads.
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(work(*arguments, **named))
        except BaseException as problem:
            done.set_exception(problem)

    threading.Thread(target=run, daemon=True).start()
    return done


def unless_interrupted(interruption: Interruption, work: Callable[[], T]) -> T:
    """Do something that can't be cut short, and leave it to itself when somebody asks to stop: raises Interrupted.

    Only for what has no effect: its thread may go on for as long as its own time-outs let it.
    """
    done = in_background(work)
    while not done.done():
        wait([done], timeout=_GLANCE)
        interruption.wait(0)
    return done.result()
