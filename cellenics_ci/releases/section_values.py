"""Values in the `release` section: one for all environments or one for each, and the variables in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from cellenics_ci.privileges.problems import Report, shown
from cellenics_ci.privileges.sections import Entry, entries
from cellenics_ci.releases.declaration import OTHERWISE, VARIABLES, Choice, Environment, Quoted, Value
from cellenics_ci.yamltree import ListNode, MapNode, Node, Scalar

_WHOLE: Final = re.compile(r"0|-?[1-9]\d*")
_INTERPOLATED: Final = re.compile(r"\$\{([^}]*)\}?")


def read_choice(
    entry: Entry | None, where: str, environments: Mapping[str, Environment], report: Report
) -> Choice | None:
    """Read one value for all environments, or a mapping of environments to values."""
    if entry is None:
        return None
    if not isinstance(entry.node, MapNode):
        return Choice(otherwise=_value(entry.node, f"{where}.{entry.key}", report))
    inner = f"{where}.{entry.key}"
    found: dict[str, Value | None] = {}
    for each in entries(entry.node, inner, report, (*environments, OTHERWISE)):
        null = isinstance(each.node, Scalar) and each.node.is_null
        found[each.key] = None if null else _value(each.node, f"{inner}.{each.key}", report)
    otherwise = found.pop(OTHERWISE, None)
    return Choice(found, otherwise)


def _value(node: Node, where: str, report: Report) -> Value | None:
    if isinstance(node, ListNode):
        items = tuple(_scalar(item, where, report) for item in node.items)
        return tuple(item for item in items if item is not None)
    return _scalar(node, where, report)


def _scalar(node: Node, where: str, report: Report) -> str | Quoted | int | bool | None:
    if not isinstance(node, Scalar) or node.is_null or node.tag:
        report.problem(
            node.line, f"`{where}` is no plain value", "write a text, a number, true, false, or a list of them"
        )
        return None
    check_variables(node.value, VARIABLES, node.line, report)
    if not node.plain:
        return Quoted(node.value)
    if node.value in ("true", "false"):
        return node.value == "true"
    return int(node.value) if _WHOLE.fullmatch(node.value) else node.value


def check_variables(text: str, known: tuple[str, ...], line: int, report: Report) -> None:
    """Report every `${…}` in a text that stands for nothing."""
    for found in _INTERPOLATED.finditer(text):
        if found[1] not in known or not found[0].endswith("}"):
            report.problem(line, f"{shown(found[0])} stands for nothing here", f"known are {', '.join(known)}")
