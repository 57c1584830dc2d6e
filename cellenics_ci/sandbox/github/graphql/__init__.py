"""GitHub's GraphQL API: the part of its schema that is asked for here, executed by graphql-core."""

from cellenics_ci.sandbox.github.graphql.execution import respond

__all__ = ["respond"]
