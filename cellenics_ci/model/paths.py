"""Paths as people type them."""

from __future__ import annotations

from pathlib import Path


def expanded(text: str) -> Path:
    """Return a path with `~` for the home written out; a home that nobody has stays as it is, and leads nowhere."""
    path = Path(text)
    try:
        return path.expanduser()
    except RuntimeError:
        return path
