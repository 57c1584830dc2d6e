"""A workflow or a local action as the nodes of its YAML, named by what they are to GitHub.

Nothing is converted: every node keeps its place in the text, which facts point to and rewriting edits.
"""

from __future__ import annotations

import bisect
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from cellenics_ci.workflows.facts import Place
from cellenics_ci.yamltree import ListNode, MapNode, Node, Scalar, documents

_LINE_END = re.compile(r"\n")


@dataclass(slots=True, eq=False)
class Step:
    """A step of a job or of a composite action; nodes are None where the key is not there, or is of another kind."""

    node: MapNode
    uses: Scalar | None
    run: Scalar | None
    inputs: MapNode | None
    env: MapNode | None
    condition: Scalar | None


@dataclass(slots=True, eq=False)
class Job:
    """A job. `uses` is the reusable workflow that it calls, `secrets` what it hands to it."""

    id: str
    key: Scalar
    node: MapNode
    uses: Scalar | None
    steps: list[Step]

    def get(self, name: str) -> Node | None:
        """Return the value of one of its keys."""
        return value_of(self.node, name)

    def has(self, step: Step) -> bool:
        """Whether a step is written in this job, and not only repeated here by an alias."""
        return self.node.start <= step.node.start < self.node.end

    def mapping(self, name: str) -> MapNode | None:
        """Return the value of one of its keys, where it is a mapping."""
        found = self.get(name)
        return found if isinstance(found, MapNode) else None


@dataclass(eq=False)
class Source:
    """A file's path and text, with its YAML where it is any."""

    path: str
    text: str
    root: MapNode | None = None
    steps: list[Step] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(end.end() for end in _LINE_END.finditer(self.text))]

    def place(self, where: Node | int) -> Place:
        """Return the line of a node or an offset, as an editor counts lines."""
        offset = where if isinstance(where, int) else where.start
        return Place(self.path, bisect.bisect_right(self._starts, offset))

    def holds(self, node: Node, line: int) -> bool:
        """Whether a line belongs to a node."""
        return self.place(node).line <= line <= self.place(max(node.end - 1, node.start)).line

    def get(self, name: str) -> Node | None:
        """Return the value of a key at the top."""
        return value_of(self.root, name)

    @property
    def is_action(self) -> bool:
        """Whether this is a local action, not a workflow."""
        return posixpath.basename(self.path) in ("action.yml", "action.yaml")

    def all_steps(self) -> Iterator[tuple[Job | None, Step]]:
        """Yield every step with its job; a composite action's have none."""
        for step in self.steps:
            yield None, step
        for job in self.jobs:
            for step in job.steps:
                yield job, step


def read_source(path: str, text: str) -> Source:
    """Return a file's structure. Raises YamlRefused for what is no YAML or has no mapping at its top."""
    roots = documents(text)
    source = Source(path, text)
    if not roots or not isinstance(roots[0], MapNode):
        return source
    source.root = roots[0]
    if source.is_action:
        source.steps = _steps(value_of(_mapping(source.root, "runs"), "steps"))
    for key, node in pairs_of(_mapping(source.root, "jobs")):
        if isinstance(node, MapNode):
            source.jobs.append(
                Job(key.value, key, node, scalar_of(node, "uses"), _steps(value_of(node, "steps"))),
            )
    return source


def value_of(node: Node | None, name: str) -> Node | None:
    """Return the value of a key in a mapping, None where there is none, or no mapping."""
    return next((value for key, value in pairs_of(node) if key.value == name), None)


def scalar_of(node: Node | None, name: str) -> Scalar | None:
    """Return the value of a key in a mapping, where it is a single text."""
    found = value_of(node, name)
    return found if isinstance(found, Scalar) and not found.is_null else None


def pairs_of(node: Node | None) -> Iterator[tuple[Scalar, Node]]:
    """Yield a mapping's pairs whose keys are texts; nothing for what is no mapping."""
    if isinstance(node, MapNode):
        for key, value in node.pairs:
            if isinstance(key, Scalar):
                yield key, value


def items_of(node: Node | None) -> list[Scalar]:
    """Return the texts in a list, or the one text that GitHub takes for a list of one."""
    if isinstance(node, Scalar):
        return [] if node.is_null else [node]
    return [item for item in node.items if isinstance(item, Scalar)] if isinstance(node, ListNode) else []


def scalars(node: Node | None) -> Iterator[Scalar]:
    """Yield every text below a node, keys too."""
    waiting = [] if node is None else [node]
    while waiting:
        found = waiting.pop()
        if isinstance(found, Scalar):
            yield found
        elif isinstance(found, ListNode):
            waiting += found.items
        else:
            waiting += [part for pair in found.pairs for part in pair]


def _mapping(node: Node | None, name: str) -> MapNode | None:
    found = value_of(node, name)
    return found if isinstance(found, MapNode) else None


def _steps(node: Node | None) -> list[Step]:
    if not isinstance(node, ListNode):
        return []
    return [
        Step(
            item,
            scalar_of(item, "uses"),
            scalar_of(item, "run"),
            _mapping(item, "with"),
            _mapping(item, "env"),
            scalar_of(item, "if"),
        )
        for item in node.items
        if isinstance(item, MapNode)
    ]
