"""Ctrl-C, SIGTERM and SIGHUP become a wish to stop, which is heard where stopping is safe."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

from cellenics_ci.errors import Interrupted

SIGNALS: Final = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Interruption:
    """The wish to stop, shared by all workers. Waiting ends at once when it comes, unless the worker is shielded."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._shield = threading.local()

    @property
    def asked(self) -> bool:
        """Whether somebody asked to stop."""
        return self._asked.is_set()

    def ask(self) -> None:
        """Ask everybody to stop where it is safe."""
        self._asked.set()

    def wait(self, seconds: float) -> None:
        """Let `seconds` pass. Raises Interrupted as soon as a stop is asked for, unless this thread is shielded."""
        if getattr(self._shield, "up", False):
            # An event of its own: a wish to stop must not cut the wait between two secret writes short.
            threading.Event().wait(seconds)
        elif self._asked.wait(seconds):
            raise Interrupted

    @contextmanager
    def shielded(self) -> Iterator[None]:
        """Within this block, waits of this thread are not cut short."""
        before = getattr(self._shield, "up", False)
        self._shield.up = True
        try:
            yield
        finally:
            self._shield.up = before


@contextmanager
def ending_like_ctrl_c() -> Iterator[None]:
    """Within this block, SIGTERM and SIGHUP end the program as Ctrl-C does: nothing is being changed yet."""

    def handler(signum: int, _: FrameType | None) -> None:
        raise KeyboardInterrupt

    # Only the main thread hears signals; a host may run a command in another.
    hears = threading.current_thread() is threading.main_thread()
    with _handling(handler, [number for number in SIGNALS if hears and number != signal.SIGINT]):
        yield


@contextmanager
def interrupting() -> Iterator[None]:
    """Within this block, Ctrl-C, SIGTERM and SIGHUP raise KeyboardInterrupt, whatever was done with them before."""

    def handler(signum: int, _: FrameType | None) -> None:
        raise KeyboardInterrupt

    with _handling(handler, SIGNALS):
        yield


@contextmanager
def heard(interruption: Interruption, tell: Callable[[int], None] = lambda signum: None) -> Iterator[None]:
    """Within this block, the signals that end a program only ask to stop. `tell` gets the signal's number."""

    def handler(signum: int, _: FrameType | None) -> None:
        interruption.ask()
        tell(signum)

    with _handling(handler, SIGNALS):
        yield


@contextmanager
def _handling(handler: Callable[[int, FrameType | None], None], numbers: Iterable[int]) -> Iterator[None]:
    before: dict[int, Any] = {}
    for number in numbers:
        # A signal that nohup set to be ignored stays ignored.
        if signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, handler)
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
