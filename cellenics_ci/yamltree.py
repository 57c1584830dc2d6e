"""YAML text to a tree of raw nodes with their places, within limits that no hostile file gets past.

Built from PyYAML's events: they carry every scalar as it was written, its tag and its line, come from
libyaml's parser, and arrive one by one, so that nesting and size are bounded while reading. (ruamel.yaml,
which the manifests need for their comments, parses in Python: 20 times slower on a usual file, measured.)
An alias stays a reference to one shared node: a bomb costs nothing until somebody expands it, and convert.py,
which does, counts. Offsets count characters of the text as it was given, a byte order mark included.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import yaml

from cellenics_ci.yamlfaults import YamlRefused, explained

MAX_DEPTH: Final = 64
MAX_NODES: Final = 60_000

_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_UNCOUNTED: Final = "\ufeff" if _LOADER is not yaml.SafeLoader else ""
"""A byte order mark, which libyaml passes over without counting it."""
_NOT_YAML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CORE: Final = "tag:yaml.org,2002:"
_NULLS: Final = ("", "~", "null", "Null", "NULL")


@dataclass(slots=True, eq=False)
class Scalar:
    """A scalar as it was written; `plain` where it had no quotes. `tag` is "" where none was given.

    `style` is the parser's word for how it was quoted, "" where it was not. Any node's text is what stands from
    `start` to `end`, an anchor and a tag before it included; `repeated` where an alias refers to it.
    """

    value: str
    plain: bool
    tag: str
    line: int
    style: str = ""
    start: int = 0
    end: int = 0
    repeated: bool = False

    @property
    def is_null(self) -> bool:
        """Whether YAML reads it as nothing: no value at all, `~` or `null`."""
        return self.plain and self.tag in ("", _CORE + "null") and self.value in _NULLS


@dataclass(slots=True, eq=False)
class ListNode:
    """A sequence; `flow` where it stands in brackets."""

    tag: str
    line: int
    flow: bool = False
    start: int = 0
    end: int = 0
    repeated: bool = False
    items: list[Node] = field(default_factory=list)
    complete: bool = False


@dataclass(slots=True, eq=False)
class MapNode:
    """A mapping, its pairs as they were written: duplicate keys and merge keys are still there."""

    tag: str
    line: int
    flow: bool = False
    start: int = 0
    end: int = 0
    repeated: bool = False
    pairs: list[tuple[Node, Node]] = field(default_factory=list)
    complete: bool = False


Node: TypeAlias = Scalar | ListNode | MapNode


def documents(text: str) -> list[Node]:
    """Return the root node of every YAML document in a text, none for a text without content.

    Raises YamlRefused at the first place that is not YAML, goes too deep or is too much.
    """
    strange = _NOT_YAML.search(text)
    if strange:
        line = text.count("\n", 0, strange.start()) + 1
        code = f"U+{ord(strange.group()):04X}"
        raise YamlRefused(line, f"the character {code} is not allowed in YAML", "take the character out")
    builder = _Builder(shift=len(_UNCOUNTED) if text.startswith(_UNCOUNTED) else 0)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        raise explained(error, text) from None
    except (yaml.YAMLError, ValueError, RecursionError):
        # The parser's own limits, such as a \U escape that stands for no character: no mark to be had.
        raise YamlRefused(1, "the file is not YAML") from None
    return builder.roots


class _Builder:
    """Puts events together to trees without recursion."""

    def __init__(self, *, shift: int = 0) -> None:
        self.roots: list[Node] = []
        self._shift = shift
        self._open: list[ListNode | MapNode] = []
        self._keys: list[Node | None] = []
        self._anchors: dict[str, Node] = {}
        self._count = 0

    def take(self, event: Any) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self._anchors = {}
        elif isinstance(event, yaml.AliasEvent):
            self._add(self._aliased(event))
        elif isinstance(event, yaml.ScalarEvent):
            plain = event.style not in ("'", '"', "|", ">")
            # A lone "!" is the non-specific tag: a string, said in an unusual way.
            node = Scalar(event.value, plain and event.tag != "!", _tag(event.tag), _line(event), event.style or "")
            self._start(node, event)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._start(ListNode(_tag(event.tag), _line(event), bool(event.flow_style)), event)
        elif isinstance(event, yaml.MappingStartEvent):
            self._start(MapNode(_tag(event.tag), _line(event), bool(event.flow_style)), event)
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            closed = self._open.pop()
            closed.complete = True
            closed.end = self._offset(event.end_mark)
            self._keys.pop()

    def _start(self, node: Node, event: Any) -> None:
        node.start, node.end = self._offset(event.start_mark), self._offset(event.end_mark)
        self._count += 1
        if self._count > MAX_NODES:
            raise YamlRefused(
                node.line,
                f"the file has more than {MAX_NODES:,} values",
                "make the file smaller",
                too_much=True,
            )
        if event.anchor:
            self._anchors[event.anchor] = node
        self._add(node)
        if not isinstance(node, Scalar):
            self._open.append(node)
            self._keys.append(None)
            if len(self._open) > MAX_DEPTH:
                raise YamlRefused(
                    node.line,
                    f"the file is nested more than {MAX_DEPTH} levels deep",
                    "nest less",
                    too_much=True,
                )

    def _offset(self, mark: Any) -> int:
        return int(mark.index) + self._shift

    def _add(self, node: Node) -> None:
        if not self._open:
            self.roots.append(node)
            return
        parent = self._open[-1]
        if isinstance(parent, ListNode):
            parent.items.append(node)
        elif (key := self._keys[-1]) is None:
            self._keys[-1] = node
        else:
            parent.pairs.append((key, node))
            self._keys[-1] = None

    def _aliased(self, event: Any) -> Node:
        node = self._anchors.get(event.anchor)
        if node is None:
            remedy = f'define &{event.anchor} above, or write "*{event.anchor}" in quotes if the text is meant'
            raise YamlRefused(_line(event), f"the alias *{event.anchor} has no anchor", remedy)
        if not isinstance(node, Scalar) and not node.complete:
            raise YamlRefused(
                _line(event),
                f"the alias *{event.anchor} stands inside what it repeats",
                "write the value out",
            )
        node.repeated = True
        return node


def _tag(tag: str | None) -> str:
    return "" if tag in (None, "!") else str(tag)


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1
