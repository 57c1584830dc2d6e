"""Policy documents in one form: for comparing what they mean, and for showing them side by side.

Total on anything JSON can hold: live policies were written by many hands.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from cellenics_ci.privileges.grammar import OLD_VERSION, STATEMENT_KEYS

_ACTIONS: Final = ("Action", "NotAction")
_LISTS: Final = (*_ACTIONS, "Resource", "NotResource")


def listed(value: Any) -> list[Any]:
    """Return a list as it is, nothing as an empty list, and anything else as a list of it."""
    return list(value) if isinstance(value, list | tuple) else [] if value is None else [value]


def text_of(value: Any) -> str:
    """Return a scalar as IAM reads it: true as "true", 5 as "5"; anything else as its JSON."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)


def statements_of(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return a document's statements, one or many; what is no statement is left out."""
    return [one for one in listed(document.get("Statement")) if isinstance(one, Mapping)]


def version_of(document: Mapping[str, Any]) -> str:
    """Return the version of the policy language that IAM takes a document to be in."""
    return text_of(document.get("Version", OLD_VERSION))


def texts(value: Any, *, lower: bool = False) -> frozenset[str]:
    """Return the texts of a value that may be one or a list, in lower case where case makes no difference."""
    return frozenset(text_of(item).lower() if lower else text_of(item) for item in listed(value))


def condition_form(condition: Any) -> str:
    """Return a Condition as a text that is the same for all that mean the same, "" for none."""
    if not condition:
        return ""
    if not isinstance(condition, Mapping):
        return text_of(condition)
    form = {
        operator: {str(key).lower(): sorted(texts(values)) for key, values in keys.items()}
        if isinstance(keys, Mapping)
        else text_of(keys)
        for operator, keys in condition.items()
    }
    return json.dumps(form, sort_keys=True)


def normal_form(document: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return a value that is equal for documents that mean the same. Sids count: they are part of the text."""
    rest = {key: value for key, value in document.items() if key not in ("Version", "Statement")}
    strange = [one for one in listed(document.get("Statement")) if not isinstance(one, Mapping)]
    return (
        version_of(document),
        text_of(rest),
        text_of(strange),
        frozenset(map(_statement_form, statements_of(document))),
    )


def in_order(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document for showing: usual order of keys, actions sorted, a list of one as its text."""
    shown = {key: document[key] for key in ("Version", "Id") if key in document}
    shown |= {key: value for key, value in document.items() if key not in shown}
    if "Statement" in document:
        statements = [_shown_statement(s) if isinstance(s, Mapping) else s for s in listed(document["Statement"])]
        shown["Statement"] = statements
    return shown


def _statement_form(statement: Mapping[str, Any]) -> tuple[Any, ...]:
    parts = [(key, texts(statement[key], lower=key in _ACTIONS)) for key in _LISTS if key in statement]
    rest = {key: value for key, value in statement.items() if key not in (*_LISTS, "Condition")}
    return frozenset(parts), condition_form(statement.get("Condition")), text_of(rest)


def _shown_statement(statement: Mapping[str, Any]) -> dict[str, Any]:
    keys = [key for key in STATEMENT_KEYS if key in statement]
    keys += [key for key in statement if key not in keys]
    shown: dict[str, Any] = {}
    for key in keys:
        value = statement[key]
        if key in _LISTS:
            value = _one_or_sorted(value)
        elif key == "Condition" and isinstance(value, Mapping):
            value = {
                operator: {name: _one_or_sorted(values) for name, values in sorted(inner.items())}
                if isinstance(inner, Mapping)
                else inner
                for operator, inner in sorted(value.items())
            }
        shown[key] = value
    return shown


def _one_or_sorted(value: Any) -> Any:
    items = sorted({text_of(item) for item in listed(value)}, key=lambda text: (text.lower(), text))
    return items[0] if len(items) == 1 else items
