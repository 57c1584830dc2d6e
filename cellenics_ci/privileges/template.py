"""Policy documents whose texts may still hold pseudo-parameters: the nodes between YAML and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeAlias


class Parameter(StrEnum):
    """CloudFormation's pseudo-parameters that can be known without a stack (its reference)."""

    REGION = "AWS::Region"
    ACCOUNT = "AWS::AccountId"
    PARTITION = "AWS::Partition"
    URL_SUFFIX = "AWS::URLSuffix"


Part: TypeAlias = str | Parameter
Values: TypeAlias = Mapping[Parameter, str]

SAMPLE_VALUES: Final[Values] = {
    Parameter.REGION: "us-east-1",
    Parameter.ACCOUNT: "111122223333",
    Parameter.PARTITION: "aws",
    Parameter.URL_SUFFIX: "amazonaws.com",
}
"""What stands in for the parameters while the grammar is checked: no rule of it depends on their value."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text: literal pieces and parameters, one after the other."""

    parts: tuple[Part, ...]
    line: int

    def fill(self, values: Values) -> str:
        """Return the text with every parameter replaced by its value."""
        return "".join(values[part] if isinstance(part, Parameter) else part for part in self.parts)

    @property
    def sample(self) -> str:
        """The text as it looks in some account: for checks and messages."""
        return self.fill(SAMPLE_VALUES)

    @property
    def written(self) -> str:
        """The text with its parameters as `${AWS::Region}`: for messages."""
        return "".join("${" + part + "}" if isinstance(part, Parameter) else part for part in self.parts)


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple[Node, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a mapping with its value. `line` is the key's."""

    key: str
    value: Node
    line: int


@dataclass(frozen=True, slots=True)
class Entries:
    """A mapping, its keys distinct and in the order of the file."""

    entries: tuple[Entry, ...]
    line: int

    def get(self, key: str) -> Entry | None:
        """Return the entry of a key, None where there is none."""
        return next((entry for entry in self.entries if entry.key == key), None)


@dataclass(frozen=True, slots=True)
class Broken:
    """Something that could not be read. Its problem has been reported: whoever meets it says nothing more."""

    line: int


Node: TypeAlias = Text | Items | Entries | Broken


def plain(node: Node, values: Values) -> Any:
    """Return a node as JSON's own types, every text filled in. Raises ValueError on a Broken node."""
    if isinstance(node, Text):
        return node.fill(values)
    if isinstance(node, Items):
        return [plain(item, values) for item in node.items]
    if isinstance(node, Entries):
        return {entry.key: plain(entry.value, values) for entry in node.entries}
    raise ValueError(f"line {node.line} was not understood, so it can't be resolved")
