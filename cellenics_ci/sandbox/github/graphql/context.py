"""What every field of one GraphQL query is resolved with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from graphql import GraphQLResolveInfo

from cellenics_ci.sandbox.github.auth import Viewer
from cellenics_ci.sandbox.github.graphql.cost import Cost
from cellenics_ci.sandbox.github.limits import Window
from cellenics_ci.sandbox.github.state import GitHubState

Info: TypeAlias = "GraphQLResolveInfo[Context]"


@dataclass
class Context:
    """The state, who asks, and what the answer's headers are to hold."""

    state: GitHubState
    viewer: Viewer
    login: str
    window: Window
    cost: Cost
    headers: dict[str, str] = field(default_factory=dict)
