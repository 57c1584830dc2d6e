"""Leaving the screen for a moment: another command, or a plain text, on the terminal as it was before."""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
import termios
import tty
from collections.abc import Callable

import typer
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from cellenics_ci.cli.audit_session import Session
from cellenics_ci.cli.tui.errands import Errand
from cellenics_ci.cli.views.asking import ask, read_line
from cellenics_ci.cli.views.console import consoles, safe
from cellenics_ci.run.interruption import interrupting


class Terminal(LinuxDriver):
    """Textual's own way to draw on a terminal, but for SIGCONT."""

    def _sigcont_application(self, *args: object) -> None:
        # Terminals that go away send SIGCONT after SIGHUP, and Textual would begin to read a second time: a thread that
        # nobody ends, and that Python waits for. Only who was stopped by Ctrl-Z has to begin again.
        if self._must_signal_resume:
            super()._sigcont_application(*args)


class _TerminalGone(Exception):
    """There is nobody to come back to."""


def outside(app: App[object], do: Callable[[], None]) -> bool:
    """Do something on the plain terminal, and come back when a key was pressed. False: there is no terminal any more.

    Ctrl-C ends what is done, not the screen.
    """
    try:
        with app.suspend(), interrupting():
            if not _done_and_seen(do):
                # Not a plain way out: Textual would draw its screen again, and wait for a terminal that has gone.
                raise _TerminalGone
    except _TerminalGone:
        return False
    return True


def _done_and_seen(do: Callable[[], None]) -> bool:
    try:
        with contextlib.suppress(KeyboardInterrupt):
            do()
        return _key_pressed("\nPress any key to go back to the audit.")
    except KeyboardInterrupt:
        # Ctrl-C is a key like any other; SIGHUP comes when there are no more of them.
        return sys.stdin.isatty()
    except (OSError, ValueError, termios.error):
        return False


def carry_out(errand: Errand, session: Session) -> None:
    """Run another command of ours; it shows its own plan, and asks its own question."""
    words = errand.words
    if errand.cluster_of:
        question = f"Context of the cluster that holds {errand.cluster_of} (Enter: the current one): "
        context = ask(consoles().err, question, read_line)
        words += ("--context", context) if context else ()
    typer.secho(f"$ cellenics {safe(shlex.join(words))}", bold=True)
    code = session.run(words)
    typer.echo(f"\nIt ended with exit code {code}.")


def show_text(text: str) -> None:
    """Show a text that may have several lines, as it is."""
    typer.echo("\n".join(safe(line) for line in text.splitlines()))


def _key_pressed(asked: str) -> bool:
    """Ask for a key and wait for it; False where the input has ended."""
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    try:
        # Forgets what was typed before; from when the line can be read, no key is lost.
        tty.setcbreak(terminal, termios.TCSAFLUSH)
        typer.echo(asked)
        return bool(os.read(terminal, 1))
    finally:
        # The rest of what a special key sends goes, too.
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)
