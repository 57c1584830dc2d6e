"""Watching a survey: one line on a terminal that says what has been read so far; silence elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console


@contextmanager
def reading(console: Console, what: str = "Reading GitHub and AWS …") -> Iterator[Callable[[str, int], None]]:
    """Show that something is being read, and pass on what: `tell("repositories", 300)`, from any thread."""
    found: dict[str, int] = {}
    lock = threading.Lock()
    with console.status(what) as status:

        def tell(name: str, count: int) -> None:
            with lock:
                found[name] = count
                listed = ", ".join(f"{number} {each}" for each, number in found.items() if number)
                status.update(f"{what} {listed}")

        yield tell
