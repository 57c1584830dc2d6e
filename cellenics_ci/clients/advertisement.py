"""What git's two programs say first: the refs they offer (gitprotocol-pack, "Reference Discovery").

A server may be anything: how much is read of it, and for how long, is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

LIMIT_BYTES: Final = 8_000_000
REMARK_LIMIT: Final = 300
"""Characters of a server's words that are passed on."""
_CHUNK: Final = 65_536
_FLUSH: Final = b"0000"
_REF: Final = re.compile(rb"[0-9a-f]{40,64} (?P<name>[^\0\n]+)")
_UNPRINTABLE = re.compile(r"[^ -~]+")
_PREFIX = re.compile(r"(?i)^(remote: )?(error|fatal): ")


class Channel(Protocol):
    """The part of an SSH channel that is needed. Reads raise TimeoutError."""

    def recv(self, nbytes: int) -> bytes:
        """Return some of what the program wrote, b"" at its end."""

    def recv_stderr(self, nbytes: int) -> bytes:
        """Return some of what it wrote beside."""

    def recv_exit_status(self) -> int:
        """Return its exit code, -1 where it sent none."""

    def sendall(self, data: bytes) -> None:
        """Write to the program."""


@dataclass(frozen=True, slots=True)
class Advertisement:
    """Whether the program opened, the refs it named, and its own words where it did not open."""

    opened: bool
    refs: frozenset[str] = frozenset()
    remark: str = ""


class _Pieces:
    """A program's output, read as it is needed. EOFError at its end, OSError where there is too much of it."""

    def __init__(self, channel: Channel, late: Callable[[], bool]) -> None:
        self._channel, self._late = channel, late
        self._held, self._total = b"", 0

    def take(self, count: int) -> bytes:
        while len(self._held) < count:
            if self._late():
                raise TimeoutError("too slow")
            piece = self._channel.recv(_CHUNK)
            self._total += len(piece)
            if not piece:
                raise EOFError
            if self._total > LIMIT_BYTES:
                raise OSError("too much")
            self._held += piece
        taken, self._held = self._held[:count], self._held[count:]
        return taken


def read_advertisement(channel: Channel, late: Callable[[], bool]) -> Advertisement:
    """Read what a program offers, and say that nothing is wanted of it.

    `late` says when it has taken too long. Raises OSError where the server breaks off, ValueError for what is not
    git's protocol. A program that ends with words instead of refs is an answer: it did not open.
    """
    refs: set[str] = set()
    try:
        for line in _lines(_Pieces(channel, late)):
            if line.startswith(b"ERR "):
                return Advertisement(False, remark=_words(line[4:]))
            if found := _REF.match(line):
                refs.add(found["name"].decode(errors="replace"))
    except EOFError:
        said = _words(_beside(channel))
        if refs or (not said and channel.recv_exit_status() in (-1, 0)):
            raise OSError("it broke off") from None
        return Advertisement(False, remark=said)
    channel.sendall(_FLUSH)
    return Advertisement(True, frozenset(refs))


def _lines(pieces: _Pieces) -> Iterator[bytes]:
    while (head := pieces.take(4)) != _FLUSH:
        length = int(head, 16)
        if length < 4:
            raise ValueError("no line of git's protocol")
        yield pieces.take(length - 4)


def _beside(channel: Channel) -> bytes:
    said = b""
    while len(said) < _CHUNK and (piece := channel.recv_stderr(_CHUNK)):
        said += piece
    return said


def _words(said: bytes) -> str:
    text = _UNPRINTABLE.sub(" ", said.decode(errors="replace")).strip()
    return _PREFIX.sub("", text)[:REMARK_LIMIT]
