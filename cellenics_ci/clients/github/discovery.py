"""Finds an organisation's repositories with their CI files: one GraphQL request per 100, less where GitHub can't.

Big pages time out (502) and servers of other versions lack fields. Then a page asks for less of each repository,
then for fewer repositories, and at last REST answers. What a page left out, `details` reads for the few that matter.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any, Final
from urllib.parse import quote

from cellenics_ci.clients.answers import understood, understood_pages
from cellenics_ci.clients.github import rest_discovery
from cellenics_ci.clients.github.answer import GraphAnswer, GraphError
from cellenics_ci.clients.github.errors import refused
from cellenics_ci.clients.github.queries import (
    NODES,
    WITH_WORKFLOWS,
    Shape,
    ci_file_query,
    ci_files_of,
    details_of,
    details_query,
    errors_by_node,
    hidden_by_environments,
    names_variables,
    page_query,
    reason_of,
    repository_of,
    repository_query,
    unknown_repository,
)
from cellenics_ci.clients.github.transport import Transport
from cellenics_ci.errors import CallFailed, Failure, UsageProblem
from cellenics_ci.model.names import OrgName, RepoName
from cellenics_ci.model.repositories import CiFile, Repository, ci_file_id

_PAGE: Final = 100
_SMALLEST: Final = 25
_DETAILS: Final = 20
_IDS: Final = 50
_NARROWER: Final = {Shape.FULL: Shape.FILES, Shape.UNLISTED: Shape.LEAN, Shape.FILES: Shape.LEAN}
_WITHOUT_ENVIRONMENTS: Final = {Shape.FULL: Shape.UNLISTED, Shape.FILES: Shape.LEAN}
_TOO_MUCH: Final = ("RESOURCE_LIMITS_EXCEEDED", "MAX_NODE_LIMIT_EXCEEDED", "TIMEOUT")
_NO_GRAPHQL: Final = (Failure.NOT_FOUND, Failure.INVALID)
"""What an address answers that does not know GraphQL: 404, 400, 405, 415, … Errors about a query come in a 200."""

_log = logging.getLogger(__name__)


class Discovery:
    """Reads an organisation's repositories. CallFailed where GitHub can't, UsageProblem where there is no such one."""

    def __init__(self, transport: Transport, org: OrgName) -> None:
        self._transport, self._org = transport, org

    @understood_pages
    def repositories(self) -> Iterator[Repository]:
        """Yield every repository that the token sees, page by page, so that a caller need not keep their texts."""
        shape, size, cursor = Shape.FULL, _PAGE, None
        first, nameless, seen = True, list[str](), set[RepoName]()
        while True:
            answer = self._page(shape, size, cursor)
            if isinstance(answer, tuple):
                shape, size = answer
                if size < _SMALLEST:
                    yield from self._by_rest()
                    return
                continue
            connection = self._connection(answer, first=first)
            if connection is None:
                yield from self._by_rest()
                return
            for repository in self._nodes(connection, answer, shape, nameless):
                seen.add(repository.name)
                yield repository
            info = connection["pageInfo"]
            if not info["hasNextPage"]:
                yield from self._never_named(seen, nameless)
                return
            first, cursor = False, info["endCursor"]

    @understood_pages
    def details(self, names: Sequence[RepoName]) -> Iterator[Repository]:
        """Yield CI files, workflows and environments of these repositories: what `repositories` had to leave out."""
        for start in range(0, len(names), _DETAILS):
            batch = names[start : start + _DETAILS]
            found, errors = self._aliased(details_query(len(batch)), batch)
            if hidden_by_environments(errors):
                found, errors = self._aliased(details_query(len(batch), environments=False), batch)
            broken = {error.path[0] for error in errors if error.path and error.path[1:] != ("environments",)}
            for number, name in enumerate(batch):
                node = found.get(f"r{number}")
                if not node or f"r{number}" in broken:
                    yield rest_discovery.details(self._transport, self._org, name)
                    continue
                read = details_of(name, node)
                listed = read.environments is not None
                yield read if listed else rest_discovery.with_environments(self._transport, self._org, read)

    @understood
    def repository(self, name: RepoName) -> Repository | None:
        """Return one repository as it is now, None where there is none of that name that the token may see.

        What could not be read of it is None, as in a page. A new name of it is followed, as GitHub does.
        """
        found, errors = self._aliased(repository_query(), [name])
        node = found.get("r0")
        if not node:
            return rest_discovery.repository(self._transport, self._org, name)
        reasons = {str(error.path[1]): reason_of(error) for error in errors if len(error.path) > 1}
        read = repository_of(node, reasons, Shape.FULL)
        if read.workflows is None:
            return rest_discovery.repository(self._transport, self._org, name)
        return read

    @understood
    def ci_file_ids(self, names: Sequence[RepoName]) -> dict[RepoName, str | None]:
        """Return the ids of the CI files of these repositories (see `ci_file_id`), None where one has no file.

        One request for 50 repositories. NOT_FOUND where one of them is gone.
        """
        ids: dict[RepoName, str | None] = {}
        for start in range(0, len(names), _IDS):
            batch = names[start : start + _IDS]
            found, errors = self._aliased(ci_file_query(len(batch)), batch)
            broken = {error.path[0] for error in errors if error.path}
            for number, name in enumerate(batch):
                node: Any = found.get(f"r{number}")
                whole = node is not None and f"r{number}" not in broken
                ids[name] = ci_file_id(ci_files_of(node) if whole else self._ci_files_by_rest(name))
        return ids

    def _ci_files_by_rest(self, name: RepoName) -> tuple[CiFile, ...]:
        return rest_discovery.ci_files(self._transport, self._org, name, with_text=False)

    def _page(self, shape: Shape, size: int, cursor: str | None) -> GraphAnswer | tuple[Shape, int]:
        """Return a page, or how to ask again; a size below the smallest means not by GraphQL."""
        variables = {"org": self._org, "size": size, "cursor": cursor}
        smaller = (_NARROWER[shape], size) if shape in WITH_WORKFLOWS else (shape, size // 2)
        try:
            answer = self._transport.graphql(page_query(shape), variables, attempts=1 if shape in WITH_WORKFLOWS else 2)
        except CallFailed as failed:
            if failed.kind is Failure.UNKNOWN:
                _log.info("GitHub could not answer a page of %d repositories (%s)", size, shape.name)
                return smaller
            if failed.kind in _NO_GRAPHQL:
                return shape, 0
            raise
        if any(error.type in _TOO_MUCH for error in answer.errors):
            return smaller
        if not answer.data and answer.errors and not _names_the_organization(answer.errors):
            # Validation errors: the server does not know a field.
            _log.info("this GitHub does not understand the query for %s: %s", shape.name, answer.errors[0].message)
            return (_NARROWER[shape], size) if shape in _NARROWER else (shape, 0)
        if shape in _WITHOUT_ENVIRONMENTS and hidden_by_environments(answer.errors, NODES):
            _log.info("this token may not list environments")
            return _WITHOUT_ENVIRONMENTS[shape], size
        return answer

    def _by_rest(self) -> Iterator[Repository]:
        """Yield all repositories; names that were yielded already come again: the caller goes by name."""
        try:
            yield from rest_discovery.repositories(self._transport, self._org)
        except CallFailed as failed:
            if failed.kind is Failure.NOT_FOUND:
                self._explain_missing()
            raise

    def _connection(self, answer: GraphAnswer, *, first: bool) -> dict[str, Any] | None:
        organization = answer.data.get("organization")
        if organization and organization.get("repositories"):
            connection: dict[str, Any] = organization["repositories"]
            return connection
        if first:
            if "x-github-sso" in answer.headers:
                raise refused(403, answer.headers, "its GraphQL API")
            self._explain_missing()
            return None
        reason = reason_of(answer.errors[0]) if answer.errors else "no reason given"
        raise CallFailed(Failure.UNKNOWN, f"GitHub stopped in the middle of {self._org}'s repositories: {reason}.")

    def _explain_missing(self) -> None:
        """Raise what is wrong with the organisation; return where it is there, and only a listing hides it."""
        name = quote(self._org, safe="")
        if self._found(f"/orgs/{name}") is not None:
            return
        account = self._found(f"/users/{name}")
        if account is None:
            raise UsageProblem(
                f"There is no organisation {self._org} on GitHub, or this token may not see it.",
                remedy="Check --org (GITHUB_CELLENICS_ORG), GITHUB_API_URL, and that the token was made by a member.",
            )
        if account.get("type") == "User":
            raise UsageProblem(
                f"{self._org} is a person's account, not an organisation.",
                remedy="Name the organisation with --org or GITHUB_CELLENICS_ORG.",
            )

    def _found(self, path: str) -> dict[str, Any] | None:
        try:
            answer: dict[str, Any] = self._transport.get(path).json
        except CallFailed as failed:
            if failed.kind is not Failure.NOT_FOUND:
                raise
            return None
        return answer

    def _nodes(
        self, connection: dict[str, Any], answer: GraphAnswer, shape: Shape, nameless: list[str]
    ) -> Iterator[Repository]:
        errors = errors_by_node(answer.errors)
        for index, node in enumerate(connection.get("nodes") or []):
            reasons = errors.get(index, {})
            if node is None:
                nameless.append(next(iter(reasons.values()), ""))
            else:
                yield repository_of(node, reasons, shape)

    def _never_named(self, seen: set[RepoName], nameless: list[str]) -> Iterator[Repository]:
        """Yield the repositories whose nodes came back null, by the names that REST tells: none is silently missed."""
        if not nameless:
            return
        listed = rest_discovery.listing(self._transport, self._org)
        missing = [entry for entry in listed if entry["name"] not in seen]
        for number, reason in enumerate(nameless):
            entry = missing[number] if number < len(missing) else {"name": f"(unnamed {number + 1})"}
            yield unknown_repository(entry, reason)

    def _aliased(self, query: str, names: Sequence[RepoName]) -> tuple[dict[str, Any], tuple[GraphError, ...]]:
        try:
            answer = self._transport.graphql(query, names_variables(self._org, names))
        except CallFailed as failed:
            if failed.kind is not Failure.UNKNOWN and failed.kind not in _NO_GRAPHQL:
                raise
            return {}, ()
        return dict(answer.data), answer.errors


def _names_the_organization(errors: Sequence[GraphError]) -> bool:
    return any(error.path[:1] == ("organization",) or error.type == "NOT_FOUND" for error in errors)
