"""A wish to stop: heard from signals, obeyed where stopping is safe, and nowhere else."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from cellenics_ci.errors import Interrupted
from cellenics_ci.run.interruption import SIGNALS, Interruption, heard


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Put the process's own handlers back, whatever a test did."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_only_asks_to_stop(number: int) -> None:
    interruption = Interruption()
    signal.signal(number, signal.SIG_DFL)
    told: list[int] = []
    with heard(interruption, told.append):
        os.kill(os.getpid(), number)
        # The handler runs before the next step of the main thread.
        assert interruption.asked
    assert told == [number]


def test_signals_mean_afterwards_what_they_meant_before() -> None:
    def own(signum: int, frame: object) -> None:
        """Do nothing."""

    before = {number: signal.signal(number, own) for number in SIGNALS}
    assert before
    with pytest.raises(ValueError, match="mine"), heard(Interruption()):
        assert all(signal.getsignal(number) is not own for number in SIGNALS)
        raise ValueError("mine")
    assert all(signal.getsignal(number) is own for number in SIGNALS)


def test_a_hangup_that_nohup_ignores_stays_ignored() -> None:
    interruption = Interruption()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with heard(interruption):
        os.kill(os.getpid(), signal.SIGHUP)
        assert not interruption.asked
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_a_wait_ends_as_soon_as_a_stop_is_asked_for() -> None:
    interruption = Interruption()
    ended: list[str] = []

    def wait() -> None:
        try:
            interruption.wait(3600)
        except Interrupted:
            ended.append("interrupted")

    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    interruption.ask()
    waiting.join(10)
    assert ended == ["interrupted"]


def test_a_wait_after_the_wish_does_not_begin() -> None:
    interruption = Interruption()
    interruption.ask()
    with pytest.raises(Interrupted):
        interruption.wait(3600)
    with pytest.raises(Interrupted):
        interruption.wait(0)


def test_nothing_is_raised_where_nobody_asked() -> None:
    interruption = Interruption()
    interruption.wait(0)
    assert not interruption.asked


def test_a_shielded_wait_is_not_cut_short() -> None:
    interruption = Interruption()
    interruption.ask()
    with interruption.shielded():
        interruption.wait(0.001)
    with pytest.raises(Interrupted):
        interruption.wait(0.001)


def test_a_shield_within_a_shield_leaves_the_outer_one_up() -> None:
    interruption = Interruption()
    interruption.ask()
    with interruption.shielded():
        with interruption.shielded():
            interruption.wait(0)
        interruption.wait(0)


def test_a_shield_comes_down_when_its_block_fails() -> None:
    interruption = Interruption()
    with pytest.raises(ValueError, match="broken"), interruption.shielded():
        raise ValueError("broken")
    interruption.ask()
    with pytest.raises(Interrupted):
        interruption.wait(0)


def test_one_workers_shield_does_not_cover_another() -> None:
    interruption = Interruption()
    interruption.ask()
    found: list[str] = []

    def unshielded() -> None:
        try:
            interruption.wait(0)
        except Interrupted:
            found.append("interrupted")

    with interruption.shielded():
        other = threading.Thread(target=unshielded)
        other.start()
        other.join(10)
        interruption.wait(0)
    assert found == ["interrupted"]
