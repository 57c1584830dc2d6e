"""A command in the foreground: it has the terminal, gets the signals, and its exit code is ours."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from cellenics_ci.errors import UsageProblem

FORWARDED: Final = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
FROM_KEYBOARD: Final = frozenset({signal.SIGINT, signal.SIGQUIT})


def run_child(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command and return its exit code, 128 + N where signal N ended it. Raises UsageProblem if it can't start.

    A signal that is sent to us is passed on. Ctrl-C at a terminal reaches the command by itself, as it is in the
    same process group; then we only wait for what it makes of it.
    """
    early: list[int] = []
    with _handlers(lambda number, _: early.append(number)):
        try:
            child = subprocess.Popen(command, env=dict(environment))
        except OSError as error:
            raise UsageProblem(
                f"{command[0]} can't be started: {error.strerror}.",
                remedy="Name a program that is on PATH, or none for a shell.",
            ) from None
        for number in early:
            _pass_on(child, number)
        with _handlers(lambda number, _: _pass_on(child, number)):
            code = child.wait()
    return code if code >= 0 else 128 - code


def _pass_on(child: subprocess.Popen[bytes], number: int) -> None:
    if number in FROM_KEYBOARD and _has_terminal():
        return
    with contextlib.suppress(ProcessLookupError):
        child.send_signal(number)


def _has_terminal() -> bool:
    try:
        descriptor = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        # A background job of a terminal gets no Ctrl-C from it: whatever came was sent to us alone.
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _handlers(handler: Any) -> Iterator[None]:
    # A signal that our parent ignores (nohup) stays ignored; one with a handler is the default for the child.
    ignored = {number for number in FORWARDED if signal.getsignal(number) is signal.SIG_IGN}
    before = {number: signal.signal(number, handler) for number in FORWARDED if number not in ignored}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
