"""One POST to `/graphql`: limits, parsing, execution, and the answer in GitHub's form."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any, Final

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    build_schema,
    execute_sync,
    parse,
    validate,
)

from cellenics_ci.sandbox.github.auth import Viewer
from cellenics_ci.sandbox.github.graphql.context import Context, Info
from cellenics_ci.sandbox.github.graphql.cost import cost_of
from cellenics_ci.sandbox.github.graphql.nodes import account_node, repository_by_name, single_sign_on
from cellenics_ci.sandbox.github.graphql.problems import GraphQLProblem, formatted
from cellenics_ci.sandbox.github.graphql.schema import SCHEMA
from cellenics_ci.sandbox.github.http import DOCS, Problem, Request, Response, iso
from cellenics_ci.sandbox.github.limits import Window
from cellenics_ci.sandbox.github.records import Account
from cellenics_ci.sandbox.github.state import GitHubState

_TIMED_OUT: Final = (
    "Something went wrong while executing your query. This may be the result of a timeout, or it could be a GitHub bug."
)


def respond(state: GitHubState, request: Request, viewer: Viewer, window: Window) -> Response:
    """Answer a query. Errors of the query itself are an answer with status 200; raises Problem for others."""
    body = request.json()
    query, variables = body.get("query"), body.get("variables") or {}
    if not isinstance(query, str):
        raise Problem(400, "A query attribute must be specified and must be a string.", f"{DOCS}/graphql")
    if window.remaining <= 0:
        return _errors([{"type": "RATE_LIMITED", "message": f"API rate limit exceeded for {viewer.login}."}])
    try:
        document, problems = _parsed(query)
    except GraphQLError as error:
        return _errors([formatted(error)])
    if problems:
        return _errors([formatted(problem) for problem in problems])
    cost = cost_of(document, variables)
    window.used += cost.points
    if state.heaviest_graphql_page is not None and cost.weight > state.heaviest_graphql_page:
        return Response(502, {"data": None, "errors": [{"message": _TIMED_OUT}]})
    return _execute(Context(state, viewer, viewer.login or "", window, cost), document, variables, body)


def _execute(context: Context, document: DocumentNode, variables: dict[str, Any], body: dict[str, Any]) -> Response:
    result = execute_sync(
        _schema(),
        document,
        root_value=_ROOT,
        context_value=context,
        variable_values=variables,
        operation_name=body.get("operationName"),
    )
    answer: dict[str, Any] = {"data": result.data}
    if result.errors:
        answer["errors"] = [formatted(error) for error in result.errors]
    return Response(200, answer, context.headers)


def _errors(entries: list[dict[str, Any]]) -> Response:
    return Response(200, {"errors": entries})


@cache
def _schema() -> GraphQLSchema:
    return build_schema(SCHEMA)


@lru_cache(maxsize=128)
def _parsed(query: str) -> tuple[DocumentNode, tuple[GraphQLError, ...]]:
    document = parse(query)
    return document, tuple(validate(_schema(), document))


# The fields of Query


def _viewer(info: Info) -> dict[str, Any]:
    context: Context = info.context
    account = context.state.account(context.login)
    if account is None:
        raise GraphQLProblem("FORBIDDEN", "Resource not accessible by integration")
    return account_node(context, account)


def _rate_limit(info: Info, dryRun: bool = False) -> dict[str, Any]:  # noqa: N803 - GitHub's name
    context: Context = info.context
    window, cost = context.window, context.cost
    return _window_view(window) | {"cost": cost.points, "nodeCount": cost.nodes}


def _window_view(window: Window) -> dict[str, Any]:
    dates = {"resetAt": iso(window.reset_at)}
    return dates | {"limit": window.limit, "remaining": window.remaining, "used": window.used}


def _organization(info: Info, login: str) -> dict[str, Any]:
    account = _account(info.context, login)
    if account is None or account.person:
        raise GraphQLProblem("NOT_FOUND", f"Could not resolve to an Organization with the login of '{login}'.")
    single_sign_on(info.context, account)
    return account_node(info.context, account)


def _user(info: Info, login: str) -> dict[str, Any]:
    account = _account(info.context, login)
    if account is None or not account.person:
        raise GraphQLProblem("NOT_FOUND", f"Could not resolve to a User with the login of '{login}'.")
    return account_node(info.context, account)


def _repository_owner(info: Info, login: str) -> dict[str, Any] | None:
    # Unlike organization and user, this one is null without an error for an unknown login.
    account = _account(info.context, login)
    return account_node(info.context, account) if account else None


def _repository(info: Info, owner: str, name: str, **_: Any) -> dict[str, Any]:
    return repository_by_name(info.context, owner, name)


def _account(context: Context, login: str) -> Account | None:
    return context.state.account(login)


_ROOT: Final = {
    "viewer": _viewer,
    "rateLimit": _rate_limit,
    "organization": _organization,
    "user": _user,
    "repositoryOwner": _repository_owner,
    "repository": _repository,
}
