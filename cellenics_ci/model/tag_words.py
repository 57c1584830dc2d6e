"""The words of tags' values: `name=value` with spaces between, and moments (UTC epoch seconds) in base 36."""

from __future__ import annotations

from typing import Final

_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_LATEST: Final = 253_402_300_799
"""The last second of the year 9999."""


def words_of(text: str) -> dict[str, str]:
    """Return the words `name=value` of a text."""
    pairs = (word.partition("=") for word in text.split())
    return {name: value for name, _, value in pairs}


def moment_of(text: str) -> int:
    """Read a moment. Raises ValueError, also for one that no calendar has: it could not even be shown."""
    moment = int(text, 36)
    if not 0 <= moment <= _LATEST:
        raise ValueError("no moment of this era")
    return moment


def base36(number: int) -> str:
    """Write a moment as short as it gets."""
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text or "0"
