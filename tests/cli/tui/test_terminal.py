"""The screen on a real terminal, in a process of its own: leaving it for a command, coming back, and being cut off."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import signal
import sys
import time
from pathlib import Path

import pytest

PROGRAM = """
import sys
from cellenics_ci.cli import rim
from cellenics_ci.cli.tui.app import run
from tests.cli.tui.organization import small
from tests.cli.tui.sessions import PreparedSession

class Session(PreparedSession):
    def run(self, words):
        def work():
            print("running", *words, flush=True)
            return len(sys.stdin.readline()) and 3

        return rim.exit_code(work)

sys.exit(rim.exit_code(lambda: run(Session(small()))))
"""
ROOT = Path(__file__).parents[3]
PATIENCE = 60.0
"""Seconds, for machines that do other things too."""


class Terminal:
    """A terminal with the screen on it."""

    def __init__(self) -> None:
        self.child, self._master = pty.fork()
        if not self.child:
            os.chdir(ROOT)
            environment = dict(os.environ) | {"TERM": "xterm-256color", "LINES": "24"}
            os.execve(sys.executable, [sys.executable, "-c", PROGRAM], environment)
        self._told = b""

    def shows(self, text: str) -> None:
        """Wait until something was written, and forget it and what came before."""
        until = time.monotonic() + PATIENCE
        while text.encode() not in self._told:
            if time.monotonic() > until or not select.select([self._master], [], [], PATIENCE)[0]:
                raise AssertionError(f"{text!r} never came")
            self._told += os.read(self._master, 65536)
        self._told = self._told.partition(text.encode())[2]

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._master, keys.encode())

    def close(self) -> None:
        """Take the terminal away."""
        os.close(self._master)

    def ended(self) -> int:
        """Wait for the program, and return its exit code."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            done, status = os.waitpid(self.child, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            self._read_on()
        os.kill(self.child, signal.SIGKILL)
        os.waitpid(self.child, 0)
        raise AssertionError("it never ended")

    def _read_on(self) -> None:
        # Nobody can write to a terminal for long that nobody reads; at its end there is nothing to read.
        with contextlib.suppress(OSError):
            if select.select([self._master], [], [], 0.05)[0]:
                os.read(self._master, 65536)


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


def test_a_command_has_the_terminal_for_itself_and_ctrl_c_ends_it_alone(terminal: Terminal) -> None:
    terminal.shows("worker")
    terminal.press("r")
    terminal.shows("\x1b[?1049l")
    terminal.shows("running rotate-ci missing")
    terminal.press("yes\n")
    terminal.shows("It ended with exit code 3.")
    terminal.shows("Press any key to go back to the audit.")
    terminal.press("x")
    terminal.shows("\x1b[?1049h")
    terminal.shows("worker")
    terminal.press("r")
    terminal.shows("running rotate-ci missing")
    terminal.press("\x03")
    terminal.shows("It ended with exit code 130.")
    terminal.shows("Press any key")
    terminal.press("\x03")
    terminal.shows("worker")
    terminal.press("q")
    terminal.shows("in 8 repositories, 2 deploy keys.")
    assert terminal.ended() == 1


@pytest.mark.parametrize("outside", [False, True])
def test_it_ends_where_the_terminal_goes_away(terminal: Terminal, outside: bool) -> None:
    terminal.shows("worker")
    if outside:
        terminal.press("C")
        terminal.shows("Press any key")
    terminal.close()
    assert terminal.ended() == 130
