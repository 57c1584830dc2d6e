"""Reading everything in a thread, and telling the screen what is there so far."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from textual.message import Message

from cellenics_ci.audit.snapshot import Snapshot
from cellenics_ci.cli.audit_session import Session
from cellenics_ci.cli.tui.entries import Taken


@dataclass
class Grew(Message):
    """There is more than before."""

    taken: Taken

    def can_replace(self, message: Message) -> bool:
        """Let a later one take the place of one that nobody has looked at."""
        return isinstance(message, Grew)


@dataclass
class Done(Message):
    """Everything was read."""

    taken: Taken


@dataclass
class Failed(Message):
    """Nothing could be read, or reading was interrupted, or broke."""

    problem: BaseException


class Reader:
    """Reads when it is told to. `tell` is called from its thread.

    A thread of its own rather than one of Textual's workers: those are waited for at the end, and a server may be as
    slow as it likes. What is read changes nothing, so it may be left in the middle.
    """

    def __init__(self, session: Session, tell: Callable[[Message], object]) -> None:
        self._session, self._tell = session, tell

    def start(self) -> None:
        """Begin to read everything. Ends with Done or Failed."""
        threading.Thread(target=self._read, name="audit-reader", daemon=True).start()

    def _read(self) -> None:
        try:
            whole = self._session.take(self._grew)
            done: Message = Done(self._taken(whole))
        except BaseException as problem:
            # Also what is nobody's fault but ours: the screen ends in the same words as any other command.
            done = Failed(problem)
        self._tell(done)

    def _grew(self, snapshot: Snapshot) -> None:
        self._tell(Grew(self._taken(snapshot)))

    def _taken(self, snapshot: Snapshot) -> Taken:
        return Taken.of(snapshot, self._session.limits(), self._session.listing(snapshot))
