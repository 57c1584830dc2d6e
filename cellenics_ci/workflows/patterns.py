"""GitHub's filter patterns for branches and tags: do they match a name, and what is nearest to them in IAM.

Source: "Filter pattern cheat sheet" of the workflow syntax: `*` stops at a slash and `**` does not, `?` and `+` repeat
the character before them, `[]` is a set. IAM's StringLike knows `*` (slashes too) and `?` (any one character).
"""

from __future__ import annotations

import re
from typing import Final

_TOKEN = re.compile(r"\*\*|\*|\\.|\[[^\]]*\]|.", re.DOTALL)
_WILD: Final = {"**": ".*", "*": "[^/]*", "?": "?", "+": "+"}


def is_plain(pattern: str) -> bool:
    """Whether a pattern stands for one name only."""
    return not set(pattern) & set("*?+[]!\\")


def matches(pattern: str, name: str) -> bool:
    """Whether GitHub takes a branch or tag of this name for one that the pattern means."""
    tokens = _TOKEN.findall(pattern)
    try:
        expression = "".join(_expression(token) for token in tokens)
        return "[" not in tokens and re.fullmatch(expression, name, re.DOTALL) is not None
    except re.error:
        # GitHub refuses such a workflow: nothing starts it.
        return False


def iam_pattern(pattern: str) -> str:
    """Return the narrowest StringLike value that lets everything through which the pattern lets through.

    It may be wider: `release/*` is as good as `release/**` to IAM. A name with IAM's own wildcards can't come in: git
    allows neither `*` nor `?` in one.
    """
    result: list[str] = []
    for token in _TOKEN.findall(pattern):
        if token in ("?", "+"):
            # The character before it may be missing, or be there many times.
            result[-1:] = ["*"]
        elif token in _WILD:
            result.append("*")
        elif token.startswith("["):
            result.append("?")
        else:
            result.append(token.removeprefix("\\"))
    return re.sub(r"\*+", "*", "".join(result))


def _expression(token: str) -> str:
    if token in _WILD:
        return _WILD[token]
    if token.startswith("["):
        return f"[{''.join(letter if letter == '-' else re.escape(letter) for letter in token[1:-1])}]"
    return re.escape(token.removeprefix("\\"))
