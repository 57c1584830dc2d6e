"""What a GraphQL query costs, counted before it runs as GitHub documents it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

POINT: Final = 100
"""Requests that make up one point ("Rate limits and query limits for the GraphQL API")."""


@dataclass(slots=True)
class Cost:
    """A query's connections requested, nodes at most, and nodes and git objects at most."""

    requests: int = 0
    nodes: int = 0
    weight: int = 0

    @property
    def points(self) -> int:
        """Points of the hourly limit."""
        return max(1, round(self.requests / POINT))


def cost_of(document: DocumentNode, variables: Mapping[str, Any]) -> Cost:
    """Count a query whose variables have these values."""
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    cost = Cost()
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            _count(definition.selection_set, 1, variables, fragments, cost)
    return cost


def _count(
    selections: SelectionSetNode,
    times: int,
    variables: Mapping[str, Any],
    fragments: Mapping[str, FragmentDefinitionNode],
    cost: Cost,
) -> None:
    for node in selections.selections:
        inner = times
        if isinstance(node, FragmentSpreadNode):
            _count(fragments[node.name.value].selection_set, times, variables, fragments, cost)
            continue
        if isinstance(node, FieldNode):
            size = _page_size(node, variables)
            if size is not None:
                cost.requests += times
                inner = times * size
                cost.nodes += inner
                cost.weight += inner
            elif node.name.value == "object":
                cost.weight += times
        if isinstance(node, FieldNode | InlineFragmentNode) and node.selection_set:
            _count(node.selection_set, inner, variables, fragments, cost)


def _page_size(field: FieldNode, variables: Mapping[str, Any]) -> int | None:
    for argument in field.arguments or ():
        if argument.name.value in ("first", "last"):
            value = argument.value
            if isinstance(value, IntValueNode):
                return int(value.value)
            if isinstance(value, VariableNode) and isinstance(variables.get(value.name.value), int):
                return int(variables[value.name.value])
    return None
