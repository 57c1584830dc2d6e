"""Sections of a `.ci.yaml` that belong to other commands than rotate-ci: found, and read key by key.

Such a section never makes a file unusable for rotate-ci; only the command that wants it minds what is wrong in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cellenics_ci.privileges.problems import Report, did_you_mean, shown
from cellenics_ci.yamlfaults import YamlRefused
from cellenics_ci.yamltree import MapNode, Node, Scalar, documents


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of a mapping with its value, and where it stands."""

    key: str
    line: int
    node: Node


def find_section(text: str, name: str, report: Report) -> Entry | None:
    """Return a top-level key of a file's text, None where it is not there. What is wrong is reported."""
    try:
        roots = documents(text.removeprefix("\ufeff"))
    except YamlRefused as refused:
        report.problem(refused.line, refused.sentence, refused.remedy)
        return None
    found = [
        Entry(key.value, key.line, value)
        for root in roots
        if isinstance(root, MapNode)
        for key, value in root.pairs
        if isinstance(key, Scalar) and key.value == name
    ]
    if len(found) > 1:
        report.problem(found[1].line, f"`{name}` is there twice (first on line {found[0].line})", "keep one of them")
    return found[0] if found else None


def entries(node: Node, where: str, report: Report, known: Sequence[str] | None = None) -> Iterator[Entry]:
    """Yield a mapping's entries; report what is no mapping, keys that are there twice, and those that are not `known`.

    `where` names the mapping in messages (`release.chart`); `known` None takes any key.
    """
    if isinstance(node, Scalar) and node.is_null:
        return
    if not isinstance(node, MapNode) or node.tag.startswith("!"):
        report.problem(node.line, f"`{where}` is no mapping", "write its keys under it, indented")
        return
    seen: set[str] = set()
    for key, value in node.pairs:
        if not isinstance(key, Scalar):
            report.problem(key.line, f"a key in `{where}` is no text", "write keys as texts")
        elif key.value in seen:
            report.problem(key.line, f"the key {shown(key.value)} is there twice in `{where}`", "keep one of them")
        elif known is not None and key.value not in known:
            remedy = did_you_mean(key.value, known) or f"known are {', '.join(known)}"
            report.problem(key.line, f"the key {shown(key.value)} is not known in `{where}`", remedy)
        else:
            seen.add(key.value)
            yield Entry(key.value, key.line, value)


def text_of(entry: Entry, where: str, report: Report) -> str | None:
    """Return a text; None, and reported, where it is none."""
    node = entry.node
    if isinstance(node, Scalar) and not node.is_null and not node.tag.startswith("!"):
        return node.value
    report.problem(node.line, f"`{where}.{entry.key}` is no text", "write a text")
    return None
