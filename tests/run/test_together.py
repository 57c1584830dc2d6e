"""What is read at once, and what somebody does not want to wait for."""

from __future__ import annotations

import threading
import time

import pytest

from cellenics_ci.errors import CallFailed, Failure, Interrupted
from cellenics_ci.run.interruption import Interruption
from cellenics_ci.run.together import side_by_side, unless_interrupted


def test_gives_what_was_found_and_raises_what_was_raised() -> None:
    assert unless_interrupted(Interruption(), lambda: 7) == 7

    def fail() -> int:
        raise CallFailed(Failure.UNKNOWN, "no answer")

    with pytest.raises(CallFailed, match="no answer"):
        unless_interrupted(Interruption(), fail)


def test_a_wish_to_stop_is_heard_while_it_hangs() -> None:
    interruption, never = Interruption(), threading.Event()
    threading.Timer(0.1, interruption.ask).start()
    started = time.monotonic()
    with pytest.raises(Interrupted):
        unless_interrupted(interruption, lambda: never.wait(30))
    assert time.monotonic() - started < 5
    never.set()


def test_whoever_is_shielded_waits_for_the_answer() -> None:
    interruption, late = Interruption(), threading.Event()
    interruption.ask()
    threading.Timer(0.2, late.set).start()
    with interruption.shielded():
        assert unless_interrupted(interruption, lambda: late.wait(30)) is True


def test_an_error_does_not_wait_for_the_others() -> None:
    never = threading.Event()
    with pytest.raises(ValueError, match="mine"), side_by_side(1) as pool:
        pool.submit(never.wait, 0.2)
        later = pool.submit(lambda: 1)
        raise ValueError("mine")
    assert later.cancelled()
    never.set()
