"""The two consoles, and the pieces that every view is made of. Whatever is shown passes `safe` first.

stdout carries the result, stderr the story. Colour and moving text only on a terminal that wants them
(NO_COLOR, TERM=dumb); elsewhere plain text, without boxes, as wide as COLUMNS says or 100.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TextIO

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cellenics_ci.cli.lazy import OutputClosed

PIPED_WIDTH: Final = 100
NARROWEST: Final = 40


@dataclass(frozen=True, slots=True)
class Consoles:
    """`out` for the result (stdout), `err` for the story (stderr)."""

    out: Console
    err: Console


class _Unbreakable:
    """A stream that falls silent when its reader goes away: nobody listening must not stop a rotation."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.RLock()
        self._gone = False

    def write(self, text: str) -> int:
        self._attempt(lambda: self._stream.write(text))
        return len(text)

    def flush(self) -> None:
        self._attempt(self._stream.flush)

    def _attempt(self, action: Callable[[], object]) -> None:
        with self._lock:
            if self._gone:
                return
            try:
                action()
            except (OSError, ValueError):
                self._gone = True
            except RuntimeError:
                # A signal's handler wrote while this thread was writing: one line less.
                return

    def isatty(self) -> bool:
        return _is_terminal(self._stream)

    def fileno(self) -> int:
        return self._stream.fileno()

    @property
    def encoding(self) -> str:
        return self._stream.encoding or "utf-8"


class _Result(Console):
    """stdout: when its reader has gone, the way in decides what that means for the exit code."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        raise OutputClosed


def consoles(
    environ: Mapping[str, str] = os.environ, *, stdout: TextIO | None = None, stderr: TextIO | None = None
) -> Consoles:
    """Return the consoles of this process, or of the given streams."""
    out, err = stdout or sys.stdout, stderr or sys.stderr
    return Consoles(_console(_Result, out, out, environ), _console(Console, err, _Unbreakable(err), environ))


def _console(kind: type[Console], stream: TextIO, written: object, environ: Mapping[str, str]) -> Console:
    _never_fail_to_encode(stream)
    terminal = _is_terminal(stream)
    plain = not terminal or bool(environ.get("NO_COLOR")) or environ.get("TERM") in ("dumb", "unknown")
    return kind(
        file=written,  # type: ignore[arg-type]  # what Rich uses of a stream is there
        force_terminal=terminal,
        force_interactive=terminal and environ.get("TERM") not in ("dumb", "unknown"),
        color_system=None if plain else "auto",
        width=_width(stream, environ, terminal=terminal),
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
        _environ=environ,
    )


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except (OSError, ValueError):
        return False


def _never_fail_to_encode(stream: TextIO) -> None:
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")


def _width(stream: TextIO, environ: Mapping[str, str], *, terminal: bool) -> int | None:
    """Return the width to use, None to ask the terminal each time (people resize windows)."""
    columns = environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        return max(int(columns), NARROWEST)
    return None if terminal else PIPED_WIDTH


def safe(text: str) -> str:
    """Return a text that can't steer a terminal: what is not printable is written as its code.

    Names, reasons and warnings come from many hands: control characters, and those that turn the direction of
    writing, would let a repository's file forge what the admin reads.
    """
    return "".join(c if c.isprintable() else _spelled(c) for c in text)


def _spelled(character: str) -> str:
    if character in "\n\t":
        return " "
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def words(text: str, style: str = "") -> Text:
    """Return a text to show as it is: no markup is read from it, long words are folded, never cut."""
    return Text(safe(text), style=style, overflow="fold")


def table(console: Console, *headers: str) -> Table:
    """Return an empty table: ruled on a terminal, bare columns elsewhere."""
    bare = not console.is_interactive
    made = Table(box=None if bare else box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for header in headers:
        made.add_column(header, overflow="fold")
    return made


def stacked(lines: Sequence[str]) -> Text:
    """Return lines for one cell of a table, a dash where there are none."""
    return Text("\n", overflow="fold").join(words(line) for line in lines or ("-",))


def heading(console: Console, text: str, style: str = "bold") -> None:
    """Print a section's first line, after an empty one."""
    console.print()
    console.print(words(text, style))


def point(
    console: Console, label: str, text: str, *, style: str = "", lines: Sequence[str] = (), then: str = ""
) -> None:
    """Print an item: its label, a text about it, `lines` with more of it, and on a line of its own what to do."""
    line = Text(overflow="fold")
    if label:
        line.append(f"{safe(label)}: ", style="bold")
    line.append(safe(text), style=style)
    console.print(Padding(line, (0, 0, 0, 2), expand=False))
    for each in lines:
        console.print(Padding(words(each), (0, 0, 0, 4), expand=False))
    if then:
        console.print(Padding(words(f"→ {then}"), (0, 0, 0, 4), expand=False))
