"""Patterns of paths: `*` within a name, `**` across folders, `?` for one character; capitals count."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_PART: Final = re.compile(r"\*\*/|\*\*|\*|\?|[^*?]+")
_MEANINGS: Final = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def path_problem(path: str) -> str | None:
    """Say why a path can't be judged by its letters, None where it can. git itself has no such paths."""
    if any(part in ("", ".", "..") for part in path.split("/")) or "\\" in path:
        return "it is no plain path"
    if not path.isprintable():
        return "it has characters that nobody sees"
    return None


def matches(pattern: str, path: str) -> bool:
    """Whether a pattern stands for a path, from its first to its last character."""
    return _compiled(pattern).fullmatch(path) is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = (_MEANINGS.get(part) or re.escape(part) for part in _PART.findall(pattern))
    return re.compile("".join(parts), re.DOTALL)
