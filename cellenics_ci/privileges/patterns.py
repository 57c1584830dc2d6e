"""IAM's wildcards: whether one pattern of actions or resources covers another."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

_LONGEST: Final = 2048


def covers(pattern: str, other: str) -> bool:
    """Say whether everything that `other` matches is matched by `pattern` (`*` any text, `?` one character).

    True is certain; False may be too cautious where both have wildcards.
    """
    if pattern == other:
        return True
    if "*" not in pattern and "?" not in pattern:
        return False
    if len(pattern) > _LONGEST or len(other) > _LONGEST:
        return False
    return _matches(_pieces(pattern), other)


@lru_cache(maxsize=4096)
def _pieces(pattern: str) -> tuple[str, ...]:
    return tuple(re.sub(r"\*+", "*", pattern).split("*"))


def _matches(pieces: tuple[str, ...], text: str) -> bool:
    # Piece by piece, leftmost first: linear where a regular expression with many `*` would backtrack.
    first, *rest = pieces
    if not rest:
        return len(first) == len(text) and _at(first, text, 0)
    if not _at(first, text, 0):
        return False
    last, end = rest.pop(), len(first)
    for piece in rest:
        found = next((i for i in range(end, len(text) - len(piece) + 1) if _at(piece, text, i)), None)
        if found is None:
            return False
        end = found + len(piece)
    return len(text) - len(last) >= end and _at(last, text, len(text) - len(last))


def _at(piece: str, text: str, start: int) -> bool:
    if len(text) - start < len(piece):
        return False
    # `?` stands for one character, so it can't stand for a `*` of the other pattern.
    return all(p == t or (p == "?" and t != "*") for p, t in zip(piece, text[start : start + len(piece)], strict=True))


def all_covered(wanted: Iterable[str], by: frozenset[str]) -> bool:
    """Say whether each pattern of `wanted` is covered by one of `by`."""
    wild = [pattern for pattern in by if "*" in pattern or "?" in pattern]
    return all(pattern in by or any(covers(w, pattern) for w in wild) for pattern in wanted)
