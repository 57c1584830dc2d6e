"""YAML mappings read field by field, every problem with its line. Scalars stay the text that was written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any, Final, TypeAlias

import yaml

from cellenics_ci.sandbox.world import WorldProblem

_AGE: Final = re.compile(r"(\d+(?:\.\d+)?)(s|m|h|d|w)")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}

Step: TypeAlias = str | int | tuple[str, ...]
"""A step down to an entry: a mapping's key, or either of several, or an item's number from 0."""


class Fields:
    """A YAML mapping whose fields are taken one after the other; `done` refuses what is left."""

    def __init__(self, node: yaml.Node, file: str, what: str) -> None:
        self.file = file
        self.what = what
        self.line = _line(node)
        self._node = node
        self._nodes: dict[str, yaml.Node] = {}
        self._taken: set[str] = set()
        if not isinstance(node, yaml.MappingNode):
            raise self.problem("has to be a mapping")
        for key, value in node.value:
            name = str(key.value)
            if name in self._nodes:
                raise WorldProblem(file, _line(key), f"{name} is there twice")
            self._nodes[name] = value

    def problem(self, sentence: str, node: yaml.Node | None = None) -> WorldProblem:
        """Return the problem of this mapping, or of one of its values."""
        return WorldProblem(self.file, self.line if node is None else _line(node), f"{self.what} {sentence}")

    def problem_at(self, place: Sequence[Step], sentence: str) -> WorldProblem:
        """Return the problem of what stands at a place below this mapping, or of the nearest that is there."""
        node, line = self._node, self.line
        for step in place:
            found = _child(node, step)
            if found is None:
                break
            line, node = found
        return WorldProblem(self.file, line, f"{self.what} {sentence}")

    def text(self, name: str, default: str | None = None) -> str:
        """Take a scalar as it was written; without a default it has to be there."""
        node = self._take(name)
        if node is None:
            if default is None:
                raise self.problem(f"needs {name}")
            return default
        return self._scalar(node, name)

    def maybe(self, name: str) -> str | None:
        """Take a scalar, None where there is none."""
        node = self._take(name)
        return None if node is None else self._scalar(node, name)

    def flag(self, name: str, default: bool = False) -> bool:
        """Take true or false."""
        node = self._take(name)
        if node is None:
            return default
        text = self._scalar(node, name)
        if text not in ("true", "false"):
            raise self.problem(f"has {name}: {text}, which is neither true nor false", node)
        return text == "true"

    def age(self, name: str, default: float | None = None) -> float:
        """Take an age like `90d`, `2h`, `30s`; in seconds."""
        node = self._take(name)
        if node is None:
            if default is None:
                raise self.problem(f"needs {name}")
            return default
        found = _AGE.fullmatch(self._scalar(node, name))
        if not found:
            raise self.problem(f"has an {name} that is not like 90d, 2h, 15m or 30s", node)
        return float(found.group(1)) * _SECONDS[found.group(2)]

    def number(self, name: str, default: int) -> int:
        """Take a whole number."""
        node = self._take(name)
        if node is None:
            return default
        text = self._scalar(node, name)
        if not text.isdecimal():
            raise self.problem(f"has {name}: {text}, which is no whole number", node)
        return int(text)

    def texts(self, name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Take a list of scalars; one that is there and empty is not the default."""
        node = self._take(name)
        if node is None:
            return default
        if not isinstance(node, yaml.SequenceNode):
            raise self.problem(f"has {name}, which has to be a list", node)
        return tuple(self._scalar(item, name) for item in node.value)

    def items(self, name: str) -> Iterator[Fields]:
        """Take a list of mappings."""
        node = self._take(name)
        if node is None:
            return
        if not isinstance(node, yaml.SequenceNode):
            raise self.problem(f"has {name}, which has to be a list", node)
        for number, item in enumerate(node.value, 1):
            yield Fields(item, self.file, f"{self.what}, {name} {number},")

    def named(self, name: str) -> Iterator[tuple[str, Fields]]:
        """Take a mapping of names to mappings; nothing behind a name is an empty one."""
        node = self._take(name)
        for key, value in self._pairs(node, name):
            empty = isinstance(value, yaml.ScalarNode) and value.value == ""
            inner = yaml.MappingNode("tag:yaml.org,2002:map", [], value.start_mark) if empty else value
            yield key, Fields(inner, self.file, f"{name} {key}")

    def mapping(self, name: str) -> dict[str, str]:
        """Take a mapping of names to scalars."""
        return {key: self._scalar(value, key) for key, value in self._pairs(self._take(name), name)}

    def one(self, name: str) -> Fields | None:
        """Take a mapping, None where there is none."""
        node = self._take(name)
        return None if node is None else Fields(node, self.file, f"{self.what}, {name},")

    def values(self, name: str) -> dict[str, Any]:
        """Take a mapping of names to anything at all; scalars stay text."""
        return {key: plain(value) for key, value in self._pairs(self._take(name), name)}

    def has(self, name: str) -> bool:
        """Whether the field is there; it is not taken."""
        return name in self._nodes

    def is_text(self, name: str) -> bool:
        """Whether the field is there as a scalar; it is not taken."""
        return isinstance(self._nodes.get(name), yaml.ScalarNode)

    def done(self) -> None:
        """Refuse fields that nobody took, with the nearest one that is known."""
        for name, node in self._nodes.items():
            if name not in self._taken:
                near = get_close_matches(name, self._taken, 1)
                hint = f"; is {near[0]} meant?" if near else ""
                raise self.problem(f"has {name}, which is not known here{hint}", node)

    def _take(self, name: str) -> yaml.Node | None:
        self._taken.add(name)
        return self._nodes.get(name)

    def _pairs(self, node: yaml.Node | None, name: str) -> Iterator[tuple[str, yaml.Node]]:
        if node is None:
            return
        inner = Fields(node, self.file, f"{self.what}, {name},")
        yield from inner._nodes.items()

    def _scalar(self, node: yaml.Node, name: str) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise self.problem(f"has {name}, which has to be a single value", node)
        return str(node.value)


def plain(node: yaml.Node) -> Any:
    """Return a YAML node as lists, mappings and texts."""
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [plain(item) for item in node.value]
    return str(node.value)


def _child(node: yaml.Node, step: Step) -> tuple[int, yaml.Node] | None:
    """Return an entry of a mapping, by one of its names, or of a list, and the line that it begins on."""
    if isinstance(node, yaml.MappingNode):
        names = step if isinstance(step, tuple) else (step,)
        return next(((_line(key), value) for key, value in node.value if str(key.value) in names), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return _line(node.value[step]), node.value[step]
    return None


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
