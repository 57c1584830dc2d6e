"""Watching a survey: one line on a terminal that says what has been read so far; silence elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console


@contextmanager
def reading(console: Console) -> Iterator[Callable[[str, int], None]]:
    """Show that something is being read, and pass on what: `tell("repositories", 300)`."""
    found: dict[str, int] = {}
    with console.status("Reading GitHub and AWS …") as status:

        def tell(what: str, count: int) -> None:
            found[what] = count
            listed = ", ".join(f"{number} {name}" for name, number in list(found.items()) if number)
            status.update(f"Reading GitHub and AWS … {listed}")

        yield tell
