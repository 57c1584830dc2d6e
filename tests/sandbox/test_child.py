"""A command in the foreground, on a real terminal: its signals, its exit code."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from cellenics_ci.errors import UsageProblem
from cellenics_ci.sandbox.child import run_child

PARENT = """
import os, sys
from cellenics_ci.sandbox.child import run_child
sys.exit(run_child([sys.executable, "-c", sys.argv[1]], dict(os.environ)))
"""
CHILD = """
import signal, sys, os
def bye(number, _):
    got.append(number)
    if len(got) == 1:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
got = []
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, bye)
def done(*_):
    print("got", *[signal.Signals(n).name for n in got], flush=True)
    os._exit(40 + len(got))
signal.signal(signal.SIGALRM, done)
print("ready", sys.stdin.isatty(), flush=True)
while True:
    signal.pause()
"""


def test_the_exit_code_is_the_commands() -> None:
    assert run_child([sys.executable, "-c", "raise SystemExit(7)"], dict(os.environ)) == 7


def test_a_signal_that_ends_the_command_is_told_as_shells_do() -> None:
    code = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    assert run_child([sys.executable, "-c", code], dict(os.environ)) == 128 + signal.SIGKILL


def test_the_command_gets_the_environment_that_was_made_for_it() -> None:
    code = (
        "import os; raise SystemExit(5 if dict(os.environ).get('ONLY') == 'this' and 'HOME' not in os.environ else 1)"
    )
    assert run_child([sys.executable, "-c", code], {"ONLY": "this"}) == 5


def test_a_program_that_is_not_there_is_a_usage_problem() -> None:
    with pytest.raises(UsageProblem, match="nowhere-at-all can't be started"):
        run_child(["nowhere-at-all"], dict(os.environ))


def test_leaves_the_handlers_as_they_were() -> None:
    before = signal.getsignal(signal.SIGTERM)
    run_child([sys.executable, "-c", ""], dict(os.environ))
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_passes_on_signals_that_are_sent_to_us_alone(number: signal.Signals) -> None:
    command = [sys.executable, "-c", PARENT, CHILD]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert parent.stdout is not None
    assert parent.stdout.readline() == "ready False\n"
    parent.send_signal(number)
    output, _ = parent.communicate(timeout=30)
    assert (output, parent.returncode) == (f"got {number.name}\n", 41)


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Start the parent on a terminal of its own: its process id and our end of the terminal."""
    process, ours = pty.fork()
    if process == 0:
        os.execv(sys.executable, [sys.executable, "-c", PARENT, CHILD])
    yield process, ours
    os.close(ours)


def test_ctrl_c_reaches_the_command_once_and_the_terminal_is_its_own(terminal: tuple[int, int]) -> None:
    process, ours = terminal
    assert b"ready True" in _read_until(ours, b"ready True")
    os.write(ours, b"\x03")
    output = _read_until(ours, b"got")
    _, status = os.waitpid(process, 0)
    assert b"got SIGINT\r\n" in output
    assert os.waitstatus_to_exitcode(status) == 41


def _read_until(descriptor: int, words: bytes) -> bytes:
    seen = b""
    while words not in seen or not seen.endswith(b"\n"):
        try:
            seen += os.read(descriptor, 4096)
        except OSError:
            break
    return seen
