"""The table of REST routes, and what a route's function is given to work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from cellenics_ci.sandbox.github.auth import Needs, Viewer, check_repository
from cellenics_ci.sandbox.github.http import Request, Response, not_found
from cellenics_ci.sandbox.github.records import Account, Level, Repository, Role
from cellenics_ci.sandbox.github.state import GitHubState

REST_OF_PATH: Final = "{path...}"


@dataclass
class Call:
    """One request on its way through a route, with the parts of its path."""

    state: GitHubState
    request: Request
    viewer: Viewer
    needs: Needs
    params: dict[str, str]

    @property
    def write(self) -> bool:
        """Whether the request wants to change something."""
        return self.request.method not in ("GET", "HEAD")

    def repository(self) -> Repository:
        """Return the path's repository, the needs checked; raises Problem."""
        repository = self.state.repository(self.params["owner"], self.params["repo"])
        if repository is None:
            raise not_found()
        check_repository(self.viewer, repository, self.needs, write=self.write)
        return repository

    def organization(self) -> Account:
        """Return the path's organisation; a person is none. Raises Problem."""
        account = self.state.account(self.params["org"])
        if account is None or account.person:
            raise not_found()
        return account

    def url(self, *parts: object) -> str:
        """Return an address of this API."""
        return "/".join((self.request.base_url, *map(str, parts)))


View: TypeAlias = Callable[[Call], Response]


@dataclass(frozen=True, slots=True)
class Route:
    """A function and what it needs."""

    view: View
    needs: Needs


@dataclass
class _Node:
    literal: dict[str, _Node] = field(default_factory=dict)
    named: tuple[str, _Node] | None = None
    rest: dict[str, Route] = field(default_factory=dict)
    routes: dict[str, Route] = field(default_factory=dict)


_ROOT: Final = _Node()


def route(
    method: str,
    path: str,
    *,
    scopes: tuple[str, ...] = ("repo",),
    permission: str = "metadata",
    level: Level = "read",
    role: Role = "READ",
) -> Callable[[View], View]:
    """Put a function into the table. A part `{name}` takes one part of a path, `{path...}` all that are left."""

    def register(view: View) -> View:
        entry = Route(view, Needs(scopes, permission, level, role))
        node = _ROOT
        for part in path.strip("/").split("/"):
            if part == REST_OF_PATH:
                node.rest[method] = entry
                return view
            if part.startswith("{"):
                node.named = node.named or (part[1:-1], _Node())
                node = node.named[1]
            else:
                node = node.literal.setdefault(part, _Node())
        node.routes[method] = entry
        return view

    return register


def find(request: Request) -> tuple[Route, dict[str, str]]:
    """Return the route of a request and the named parts of its path; raises Problem (404)."""
    node, params, parts = _ROOT, dict[str, str](), request.segments
    method = "GET" if request.method == "HEAD" else request.method
    for at, part in enumerate(parts):
        if node.rest:
            params["path"] = "/".join(parts[at:])
            return _of(node.rest, method), params
        if part in node.literal:
            node = node.literal[part]
        elif node.named:
            name, node = node.named
            params[name] = part
        else:
            raise not_found()
    if node.rest and not node.routes:
        return _of(node.rest, method), params | {"path": ""}
    return _of(node.routes, method), params


def _of(routes: dict[str, Route], method: str) -> Route:
    # GitHub answers 404, not 405, for a method that a path does not have.
    if method not in routes:
        raise not_found()
    return routes[method]
