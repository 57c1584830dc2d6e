"""The page of a GitHub Actions run: Markdown for the file in GITHUB_STEP_SUMMARY."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from rich.console import Console

from cellenics_ci.cli.views.console import safe, words
from cellenics_ci.cli.views.wording import reason_lines

VARIABLE: Final = "GITHUB_STEP_SUMMARY"
_HARMLESS: Final = frozenset(" '\",.:;/-()=+?%")
"""Punctuation that means nothing to Markdown in the middle of a table's cell."""


def append_to_summary(console: Console, environ: Mapping[str, str], text: str) -> None:
    """Append a text to the file that Actions names, where it names one. Warns on `console` if that fails."""
    path = environ.get(VARIABLE)
    if not path:
        return
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)
    except (OSError, ValueError):
        console.print(words(f"Warning: the summary could not be written to {VARIABLE} ({path}).", "yellow"))


def escaped_lines(texts: Iterable[str]) -> str:
    """Return texts, and the lines of those that have several, below each other in one cell of a table."""
    return "<br>".join(escaped(line) for text in texts if text for line in reason_lines(text))


def escaped(text: str) -> str:
    """Return a text that Markdown shows as it is: no markup, no HTML, no end of a table's cell."""
    plain = (c if c.isalnum() or c in _HARMLESS or ord(c) > 0x7F else f"&#{ord(c)};" for c in safe(text))
    return "".join(plain)
