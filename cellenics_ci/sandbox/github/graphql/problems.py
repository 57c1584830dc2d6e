"""Errors of a GraphQL answer in GitHub's form: like the specification's, with a `type` beside the message."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLError


class GraphQLProblem(Exception):
    """An error at one place of the answer: that place is null, the rest stands."""

    def __init__(self, kind: str, message: str, extensions: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.extensions = extensions


def formatted(error: GraphQLError) -> dict[str, Any]:
    """Return one entry of `errors`."""
    original = error.original_error
    entry: dict[str, Any] = {"type": original.kind} if isinstance(original, GraphQLProblem) else {}
    if error.path:
        entry["path"] = list(error.path)
    if isinstance(original, GraphQLProblem) and original.extensions:
        entry["extensions"] = original.extensions
    if error.locations:
        entry["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    return entry | {"message": error.message}
