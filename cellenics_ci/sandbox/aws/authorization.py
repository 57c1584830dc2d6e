"""A plain reading of IAM policies: allow and deny by action and resource with wildcards.

Statements with a Condition are never matched: nothing here has the context that they ask about.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

Document = Mapping[str, Any]

UNRESTRICTED: Final = frozenset({"sts:GetCallerIdentity"})
"""What every key may do, whatever its policies say (API reference of GetCallerIdentity)."""


def allowed(action: str, resource: str, documents: Iterable[Document]) -> bool:
    """Say whether these identity policies together allow an action on a resource; an explicit Deny wins."""
    if action in UNRESTRICTED:
        return True
    granted = False
    for document in documents:
        for statement in _many(document.get("Statement")):
            if not isinstance(statement, Mapping) or not _matches(statement, action, resource):
                continue
            if statement.get("Effect") == "Deny":
                return False
            granted = True
    return granted


def _matches(statement: Mapping[str, Any], action: str, resource: str) -> bool:
    if statement.get("Condition"):
        return False
    return _named(statement, "Action", action.lower(), lower=True) and _named(statement, "Resource", resource)


def _named(statement: Mapping[str, Any], element: str, value: str, *, lower: bool = False) -> bool:
    patterns = statement.get(element, statement.get(f"Not{element}"))
    hit = any(_pattern(text.lower() if lower else text).fullmatch(value) for text in map(str, _many(patterns)))
    return hit if element in statement else not hit


def _many(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


@lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile("".join({"*": ".*", "?": "."}.get(mark, re.escape(mark)) for mark in text), re.DOTALL)
