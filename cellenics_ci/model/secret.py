"""A value that must never be seen: it has to be asked for by name, and prints as nothing."""

from __future__ import annotations

import hmac
from typing import Final, NoReturn

MASK: Final = "•••"


class Secret:
    """Holds a secret text. Only `reveal()` gives it out; str, repr, format and pickle do not."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself. Call it at the one place that sends or seals it."""
        return self._text

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        mine, theirs = (each.encode(errors="surrogatepass") for each in (self._text, other._text))
        return hmac.compare_digest(mine, theirs)

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> NoReturn:
        # A pickled secret would end up in a file or in another process.
        raise TypeError("a Secret can't be pickled or copied out of the process")
