"""Raw YAML nodes to template nodes: functions resolved, aliases and merge keys expanded within a budget."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cellenics_ci.privileges import functions
from cellenics_ci.privileges.problems import Report, shown
from cellenics_ci.privileges.template import Broken, Entries, Entry, Items, Node, Text
from cellenics_ci.yamltree import MAX_DEPTH, ListNode, MapNode, Scalar
from cellenics_ci.yamltree import Node as RawNode

MAX_VALUES: Final = 5_000
"""Values of a file once aliases are expanded: more than fits into a role's quota, however short they are."""

MAX_CHARACTERS: Final = 400_000
"""Characters of a file's texts once aliases and !Sub variables are expanded."""

_CORE: Final = "tag:yaml.org,2002:"
_CORE_SCALARS: Final = frozenset(_CORE + name for name in ("str", "int", "float", "bool", "timestamp", "null"))


class TooMuch(Exception):
    """What the file expands to is past the limits: it is not read any further."""

    def __init__(self, line: int) -> None:
        super().__init__("too much")
        self.line = line
        self.sentence = (
            f"the file expands to more than {MAX_VALUES:,} values, {MAX_CHARACTERS:,} characters or {MAX_DEPTH} levels"
        )
        self.remedy = "use fewer aliases"


class Converter:
    """Converts the nodes of one file, reporting what it can't read and counting what it makes."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._values = 0
        self._characters = 0
        self._depth = 0

    def convert(self, node: RawNode, label: str) -> Node:
        """Return a node without functions, aliases and merge keys; Broken, and reported, where it can't be.

        `label` says for messages where the value stands ("after `Action`"). Raises TooMuch.
        """
        self.spend(node.line)
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise TooMuch(node.line)
        try:
            return self._convert(node, label)
        finally:
            self._depth -= 1

    def spend(self, line: int, *, characters: int = 0) -> None:
        """Count one value and its characters. Raises TooMuch past the limits."""
        self._values += 1
        self._characters += characters
        if self._values > MAX_VALUES or self._characters > MAX_CHARACTERS:
            raise TooMuch(line)

    def refuse(self, line: int, sentence: str, remedy: str = "") -> Broken:
        """Report a problem and return what stands in for the value."""
        self._report.problem(line, sentence, remedy)
        return Broken(line)

    def pairs(self, node: MapNode) -> list[tuple[str, int, RawNode]]:
        """Return a mapping's keys, lines and values, merge keys expanded; report keys that are no good."""
        own: dict[str, tuple[str, int, RawNode]] = {}
        merged: list[tuple[str, int, RawNode]] = []
        for key, value in node.pairs:
            self.spend(key.line)
            if not isinstance(key, Scalar) or (key.tag and key.tag not in _CORE_SCALARS):
                self.refuse(key.line, "a key is not a plain text", "write keys as texts, without functions")
            elif key.plain and key.value == "<<":
                merged.extend(self._merged(value))
            elif key.value in own:
                first = own[key.value][1]
                self.refuse(
                    key.line,
                    f"the key {shown(key.value)} is there twice (first on line {first})",
                    "keep one of them",
                )
            else:
                self.spend(key.line, characters=len(key.value))
                own[key.value] = (key.value, key.line, value)
        for found in merged:
            own.setdefault(found[0], found)
        return list(own.values())

    def _merged(self, value: RawNode) -> Iterator[tuple[str, int, RawNode]]:
        sources = value.items if isinstance(value, ListNode) else [value]
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise TooMuch(value.line)
        for source in sources:
            if isinstance(source, MapNode):
                yield from self.pairs(source)
            else:
                self.refuse(source.line, "`<<` merges something that is no mapping", "give it an alias of a mapping")
        self._depth -= 1

    def _convert(self, node: RawNode, label: str) -> Node:
        if node.tag and not node.tag.startswith(_CORE):
            return functions.short_form(self, node)
        if isinstance(node, MapNode):
            return self._mapping(node)
        if isinstance(node, ListNode):
            if node.tag not in ("", _CORE + "seq"):
                return self._unknown_tag(node)
            items = tuple(self.convert(item, f"in the list {label}") for item in node.items)
            return Items(items, node.line)
        if node.tag and node.tag not in _CORE_SCALARS:
            return self._unknown_tag(node)
        if node.is_null:
            return self.refuse(node.line, f"there is no value {label}", 'write the value, or "" for an empty text')
        self.spend(node.line, characters=len(node.value))
        return Text((node.value,), node.line)

    def _mapping(self, node: MapNode) -> Node:
        if node.tag not in ("", _CORE + "map"):
            return self._unknown_tag(node)
        pairs = self.pairs(node)
        called = next((name for name, _, _ in pairs if functions.is_long_form(name)), None)
        if called is not None and len(pairs) > 1:
            return self.refuse(
                node.line, f"{shown(called)} stands beside other keys", "a function is a mapping's only key"
            )
        if called is not None:
            return functions.long_form(self, called, pairs[0][2], node.line)
        entries = [Entry(name, self.convert(value, f"after {shown(name)}"), line) for name, line, value in pairs]
        return Entries(tuple(entries), node.line)

    def _unknown_tag(self, node: RawNode) -> Broken:
        tag = node.tag.replace(_CORE, "!!")
        return self.refuse(node.line, f"the tag {shown(tag)} is not known here", "take the tag away")
