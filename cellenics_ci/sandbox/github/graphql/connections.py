"""GraphQL connections: pages by cursor, with GitHub's limits on their size."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from cellenics_ci.sandbox.github.graphql.context import Info
from cellenics_ci.sandbox.github.graphql.problems import GraphQLProblem

LARGEST_PAGE: Final = 100
_CURSOR: Final = "cursor:v2:"

T = TypeVar("T")


def connection(info: Info, items: Sequence[T], given: Mapping[str, Any], node: Callable[[T], Any]) -> dict[str, Any]:
    """Return one page of `items`; raises GraphQLProblem for a page without a size or with too large a one."""
    name = info.field_name
    size_name = next((key for key in ("first", "last") if given.get(key) is not None), None)
    if size_name is None:
        message = f"You must provide a `first` or `last` value to properly paginate the `{name}` connection."
        raise GraphQLProblem("MISSING_PAGINATION_BOUNDARIES", message)
    size = given[size_name]
    if not 0 <= size <= LARGEST_PAGE:
        message = (
            f"Requesting {size} records on the `{name}` connection exceeds the `{size_name}` limit "
            f"of {LARGEST_PAGE} records."
        )
        raise GraphQLProblem("EXCESSIVE_PAGINATION", message)
    start = _position(name, given.get("after"), 0)
    end = _position(name, given.get("before"), len(items) + 1) - (1 if given.get("before") else 0)
    end = min(end, len(items))
    if size_name == "first":
        end = min(end, start + size)
    else:
        start = max(start, end - size)
    nodes = [node(item) for item in items[start:end]]
    return {
        "totalCount": len(items),
        "nodes": nodes,
        "edges": [{"cursor": _cursor(start + at + 1), "node": item} for at, item in enumerate(nodes)],
        "pageInfo": {
            "hasNextPage": end < len(items),
            "hasPreviousPage": start > 0,
            "startCursor": _cursor(start + 1) if nodes else None,
            "endCursor": _cursor(end) if nodes else None,
        },
    }


def _cursor(position: int) -> str:
    return base64.b64encode(f"{_CURSOR}{position}".encode()).decode()


def _position(name: str, cursor: str | None, default: int) -> int:
    if cursor is None:
        return default
    try:
        return int(base64.b64decode(cursor, validate=True).decode().removeprefix(_CURSOR))
    except (binascii.Error, ValueError):
        message = f"`{cursor}` does not appear to be a valid cursor for the `{name}` connection."
        raise GraphQLProblem("INVALID_CURSOR_ARGUMENTS", message) from None
