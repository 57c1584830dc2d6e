"""What differs between two trees, file by file, with files that were renamed, as GitHub's diffs tell it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from cellenics_ci.sandbox.github.trees import Blob, Node, Tree

ALIKE: Final = 0.5
"""git's own share of a file that has to stay for it to count as renamed."""
_COMPARED: Final = 2500
"""Pairs of files that are compared line by line; of more, only what is the same to the letter is a rename."""


@dataclass(frozen=True, slots=True)
class Change:
    """A file that differs. `before` is where a renamed one was; `node` what is there now, or was."""

    path: str
    status: str
    node: Node
    additions: int = 0
    deletions: int = 0
    before: str | None = None


def changes_between(old: Tree, new: Tree) -> list[Change]:
    """Return what differs, in the order of paths."""
    gone, there = dict(_files(old, new)), dict(_files(new, old))
    found = [_changed(path, gone.pop(path), there.pop(path)) for path in sorted(gone.keys() & there.keys())]
    for path, before in _renames(gone, there):
        was, now = gone.pop(before), there.pop(path)
        added, deleted = _lines(was, now)
        found.append(Change(path, "renamed", now, added, deleted, before))
    found += [Change(path, "removed", node, deletions=_length(node)) for path, node in gone.items()]
    found += [Change(path, "added", node, additions=_length(node)) for path, node in there.items()]
    return sorted(found, key=lambda change: change.path)


def _files(tree: Tree, other: Tree, folder: str = "") -> Iterator[tuple[str, Node]]:
    """Yield the files of a tree that the other one does not have just so."""
    for name, node in tree.children.items():
        theirs = other.children.get(name)
        if theirs is not None and theirs.oid == node.oid and theirs.mode == node.mode:
            continue
        if isinstance(node, Tree):
            yield from _files(node, theirs if isinstance(theirs, Tree) else Tree(), f"{folder}{name}/")
        else:
            yield f"{folder}{name}", node


def _changed(path: str, was: Node, now: Node) -> Change:
    added, deleted = _lines(was, now)
    return Change(path, "modified" if was.oid != now.oid else "changed", now, added, deleted)


def _renames(gone: dict[str, Node], there: dict[str, Node]) -> list[tuple[str, str]]:
    """Return pairs of a new path and an old one."""
    by_oid: dict[str, list[str]] = {}
    for path, node in gone.items():
        by_oid.setdefault(node.oid, []).append(path)
    found = []
    for path, node in there.items():
        if _length(node) and by_oid.get(node.oid):
            found.append((path, by_oid[node.oid].pop(0)))
    taken = {path for pair in found for path in pair}
    old, new = ([path for path in paths if path not in taken] for paths in (gone, there))
    if len(old) * len(new) <= _COMPARED:
        for path in new:
            near = max(old, key=lambda before: _likeness(gone[before], there[path]), default=None)
            if near is not None and _likeness(gone[near], there[path]) >= ALIKE:
                old.remove(near)
                found.append((path, near))
    return found


def _likeness(was: Node, now: Node) -> float:
    if not (isinstance(was, Blob) and isinstance(now, Blob)) or was.symlink != now.symlink:
        return 0.0
    return SequenceMatcher(None, was.data.splitlines(), now.data.splitlines()).ratio()


def _lines(was: Node, now: Node) -> tuple[int, int]:
    if not (isinstance(was, Blob) and isinstance(now, Blob)) or was.oid == now.oid:
        return 0, 0
    added = deleted = 0
    matcher = SequenceMatcher(None, was.data.splitlines(), now.data.splitlines())
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind != "equal":
            added, deleted = added + d - c, deleted + b - a
    return added, deleted


def _length(node: Node) -> int:
    return len(node.data.splitlines()) if isinstance(node, Blob) else 1
