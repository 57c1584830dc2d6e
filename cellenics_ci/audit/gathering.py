"""Reads side by side whose answers are taken one at a time, by one thread: what they fill needs no lock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Final, NoReturn, Self, TypeVar

from cellenics_ci.errors import CallFailed, Interrupted
from cellenics_ci.survey.aws import Unreadable

SIDE_BY_SIDE: Final = 40
"""Reads at a time: below what GitHub allows (100), and what one process needs to hide the latency."""
_GLANCE: Final = 0.1
"""Seconds between looks at whether somebody wants to stop."""

T = TypeVar("T")


class Gathering:
    """Many reads under way. `ask` starts one; `take_all` hands over the answers until none is left to come.

    A context manager: whoever leaves it early does not wait for what is still under way, not even when the program
    ends. That is why the threads are no pool's: Python waits for those, for as long as a server does not answer.
    """

    def __init__(self) -> None:
        self._jobs: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._threads = 0
        self._left = False
        self._inbox: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._open = 0
        self._counts: dict[str, list[int]] = {}

    @property
    def counts(self) -> Mapping[str, tuple[int, int]]:
        """How many reads of each source are done, and how many there are so far."""
        return {source: (done, total) for source, (done, total) in self._counts.items()}

    def ask(self, source: str, read: Callable[[], T], take: Callable[[T | Unreadable], None]) -> None:
        """Start a read; `take` gets its answer, or why there is none. Only from the thread that takes."""
        count = self._counts.setdefault(source, [0, 0])
        count[1] += 1

        def work() -> None:
            answer: T | Unreadable
            try:
                answer = read()
            except CallFailed as failed:
                answer = Unreadable(failed.sentence)
            self._inbox.put(partial(taken, answer))

        def taken(answer: T | Unreadable) -> None:
            count[0] += 1
            self._open -= 1
            take(answer)

        self._start(work)

    def stream(
        self,
        read: Callable[[], Iterator[T]],
        take: Callable[[T], None],
        end: Callable[[CallFailed | None], None],
    ) -> None:
        """Start a read of many; `take` gets each as it comes, `end` the failure that ended it, or None."""

        def work() -> None:
            failure = None
            try:
                for each in read():
                    self._inbox.put(partial(take, each))
            except CallFailed as failed:
                failure = failed
            self._inbox.put(partial(ended, failure))

        def ended(failure: CallFailed | None) -> None:
            self._open -= 1
            end(failure)

        self._start(work)

    def take_all(self, tick: Callable[[], None], stopped: Callable[[], bool]) -> None:
        """Take answers until all have come; `tick` is called in between, several times a second.

        Raises Interrupted when `stopped` says so, and what a read raises that is no CallFailed.
        """
        while self._open:
            if stopped():
                raise Interrupted
            deadline = time.monotonic() + _GLANCE
            while self._open and (left := deadline - time.monotonic()) > 0:
                try:
                    self._inbox.get(timeout=left)()
                except Empty:
                    break
            tick()

    def _start(self, work: Callable[[], None]) -> None:
        self._open += 1

        def guarded() -> None:
            try:
                work()
            except BaseException as problem:
                self._inbox.put(partial(_throw, problem))

        self._jobs.put(guarded)
        if self._threads < min(self._open, SIDE_BY_SIDE):
            self._threads += 1
            threading.Thread(target=self._work, name=f"audit-{self._threads}", daemon=True).start()

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            if self._left:
                return
            job()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left = True
        for _ in range(self._threads):
            # Wakes one that waits for work.
            self._jobs.put(_nothing)


def _nothing() -> None:
    """Nothing is left to do."""


def _throw(problem: BaseException) -> NoReturn:
    raise problem
