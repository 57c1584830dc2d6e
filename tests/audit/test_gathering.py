"""Reads side by side: their answers in one thread, their failures as data, and nobody who waits for what hangs."""

from __future__ import annotations

import subprocess
import sys
import threading
from functools import partial

import pytest

from cellenics_ci.audit.gathering import SIDE_BY_SIDE, Gathering
from cellenics_ci.audit.taking import never
from cellenics_ci.errors import CallFailed, Failure, Interrupted
from cellenics_ci.survey.aws import Unreadable

HANGS = """\
import threading
from cellenics_ci.audit.gathering import Gathering
from cellenics_ci.errors import Interrupted

try:
    with Gathering() as gathering:
        gathering.ask("hangs", threading.Event().wait, print)
        gathering.take_all(lambda: None, lambda: True)
except Interrupted:
    print("interrupted")
"""


def nothing() -> None:
    pass


def test_answers_are_taken_by_the_thread_that_asked() -> None:
    taken: list[object] = []
    threads: set[threading.Thread] = set()

    def take(answer: object) -> None:
        taken.append(answer)
        threads.add(threading.current_thread())

    reads = 3 * SIDE_BY_SIDE
    with Gathering() as gathering:
        for number in range(reads):
            gathering.ask("numbers", partial(str, number), take)
        gathering.take_all(nothing, never)
        assert gathering.counts == {"numbers": (reads, reads)}
    assert set(taken) == set(map(str, range(reads)))
    assert threads == {threading.current_thread()}


def test_a_read_that_fails_is_data_and_what_nobody_expected_is_raised() -> None:
    def refused() -> int:
        raise CallFailed(Failure.DENIED, "AWS refused it.")

    taken: list[object] = []
    with Gathering() as gathering:
        gathering.ask("one", refused, taken.append)
        gathering.take_all(nothing, never)
        assert taken == [Unreadable("AWS refused it.")]
        gathering.ask("two", lambda: 1 // 0, taken.append)
        with pytest.raises(ZeroDivisionError):
            gathering.take_all(nothing, never)


def test_whoever_leaves_does_not_wait_for_a_read_that_hangs() -> None:
    hung = threading.Event()
    with pytest.raises(Interrupted), Gathering() as gathering:
        gathering.ask("hangs", hung.wait, print)
        gathering.take_all(nothing, lambda: True)
    hung.set()


def test_a_process_ends_though_a_read_hangs() -> None:
    done = subprocess.run([sys.executable, "-c", HANGS], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "interrupted\n"
