"""What is read at once, and what somebody does not want to wait for."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest

from cellenics_ci.errors import CallFailed, Failure, Interrupted
from cellenics_ci.run.interruption import Interruption
from cellenics_ci.run.together import in_background, unless_interrupted


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


def test_what_is_read_at_once_gives_what_it_found_or_raised() -> None:
    found, failed = in_background(int, "11", base=2), in_background(int, "x")
    assert found.result(5) == 3
    with pytest.raises(ValueError, match="invalid literal"):
        failed.result(5)


def test_neither_an_error_nor_the_end_of_the_program_waits_for_what_hangs() -> None:
    program = (
        "import threading; from cellenics_ci.run.together import in_background\n"
        "in_background(threading.Event().wait, 60); in_background(int, 'x').result()"
    )
    started = time.monotonic()
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=50)
    assert "invalid literal" in ended.stderr and time.monotonic() - started < 50
