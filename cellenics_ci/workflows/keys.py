"""How a workflow writes the pair: the exact expressions, and names that scripts know the key by."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from cellenics_ci.model.names import KEY_ID_SECRET, KEY_SECRET_SECRET, PAIR_NAMES
from cellenics_ci.workflows.document import pairs_of
from cellenics_ci.workflows.edits import Entry
from cellenics_ci.yamltree import Node, Scalar

SESSION_TOKEN: Final = "AWS_SESSION_TOKEN"  # noqa: S105 - a variable's name
_EXACT: Final = r"""\$\{{\{{\s*(?:%s)\s*(?:\.\s*{name}|\[\s*(['"]){name}\1\s*\])\s*\}}\}}"""
_NAMES = re.compile(rf"\b(?:{'|'.join(PAIR_NAMES)})\b|\baws_(?:access_key_id|secret_access_key)\b")


def is_secret(node: Node | None, name: str) -> bool:
    """Whether a value is one secret of the pair and nothing else."""
    return _is(node, name, "secrets")


def is_variable(node: Node | None, name: str) -> bool:
    """Whether a value is the environment variable of the secret's name and nothing else."""
    return _is(node, name, "env")


def is_input(node: Node | None, name: str) -> bool:
    """Whether a value is an input of the action around it and nothing else."""
    return _is(node, re.escape(name), "inputs")


def pair_in(entries: Iterable[Entry]) -> tuple[Entry, Entry] | None:
    """Return the entries that hand on the key's id and the key, None where one is missing or more are there."""
    found = list(entries)
    ids = [entry for entry in found if is_secret(entry[1], KEY_ID_SECRET)]
    keys = [entry for entry in found if is_secret(entry[1], KEY_SECRET_SECRET)]
    return (ids[0], keys[0]) if len(ids) == len(keys) == 1 else None


def variables_in(node: Node | None) -> tuple[Entry, Entry] | None:
    """Return the entries of an `env` that set the pair under its own names, None where it does not do just that."""
    pair = pair_in(pairs_of(node))
    if pair is None or (pair[0][0].value, pair[1][0].value) != PAIR_NAMES:
        return None
    return pair


def names_key(text: str) -> bool:
    """Whether a text has the key by name but not its session token, which a role's keys can't do without."""
    return bool(_NAMES.search(text)) and SESSION_TOKEN not in text.upper()


def _is(node: Node | None, name: str, context: str) -> bool:
    if not isinstance(node, Scalar) or node.repeated:
        return False
    pattern = (_EXACT % context).format(name=name)
    return re.fullmatch(pattern, node.value.strip(), re.IGNORECASE) is not None
