"""The `$imagepolicy` comment, without which Flux updates nothing (Flux, "Image update automation", markers)."""

from __future__ import annotations

import re
from typing import Any, Final

from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import CommentMark
from ruamel.yaml.tokens import CommentToken

MARKER: Final = re.compile(r'#\s*\{\s*"\$imagepolicy"\s*:\s*"(?P<policy>[^"]*)"\s*\}')
# The comment has to begin with it: of `latest # by hand # {…}` Flux reads nothing.
_MARKED: Final = re.compile(r"^(?:[^#\n]|(?<!\s)#)*\s" + MARKER.pattern, re.MULTILINE)
_AFTER: Final = 2
"""Where ruamel keeps the comment behind a key's value."""


def mark(node: CommentedMap, key: str, policy: str) -> bool:
    """Put the marker on a key's line. False where another comment is there already."""
    kept: Any = node.ca.items.setdefault(key, [None, None, None, None])
    # What follows on lines of their own belongs to the same token, behind a line's end.
    own, end, rest = (kept[_AFTER].value if kept[_AFTER] is not None else "\n").partition("\n")
    if own.strip() and not MARKER.match(own.strip()):
        return False
    text = f'# {{"$imagepolicy": "{policy}"}}{end or chr(10)}{rest}'
    kept[_AFTER] = CommentToken(text, CommentMark(0), None)
    return True


def markers(text: str) -> tuple[str, ...]:
    """Return what the markers in a manifest name (`NAMESPACE:POLICY:tag`), from its first line to its last."""
    return tuple(found["policy"] for found in _MARKED.finditer(text))
