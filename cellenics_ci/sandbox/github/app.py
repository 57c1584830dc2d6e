"""The way of a request through the embedded GitHub: hooks, token, limits, route, headers. No sockets here."""

from __future__ import annotations

import threading
import uuid
from email.utils import formatdate
from typing import Final

import cellenics_ci.sandbox.github.rest  # noqa: F401 - fills the table of routes
from cellenics_ci.sandbox.github import graphql
from cellenics_ci.sandbox.github.auth import Needs, Viewer, authenticate
from cellenics_ci.sandbox.github.http import DOCS, ConnectionDropped, Problem, Request, Response
from cellenics_ci.sandbox.github.limits import Window, primary
from cellenics_ci.sandbox.github.routing import Call, find
from cellenics_ci.sandbox.github.state import GitHubState

API_VERSIONS: Final = ("2022-11-28", "2026-03-10")


class App:
    """Answers requests from a state. `failures` holds what went wrong in the server itself: tests assert none."""

    def __init__(self, state: GitHubState) -> None:
        self.state = state
        self.failures: list[BaseException] = []
        self._running = 0
        self._counting = threading.Lock()

    def handle(self, request: Request) -> Response:
        """Answer one request; raises ConnectionDropped where a hook wants no answer."""
        with self._counting:
            self._running += 1
        try:
            return self._hooked(request)
        except ConnectionDropped:
            raise
        except Exception as error:
            # A bug here must look like GitHub's own 500.
            self.failures.append(error)
            return Problem(500, "Server Error").response()
        finally:
            with self._counting:
                self._running -= 1

    def _hooked(self, request: Request) -> Response:
        for before in list(self.state.before_request):
            if instead := before(request):
                return instead
        with self.state.lock:
            response = self._answer(request)
        for after in list(self.state.after_request):
            response = after(request, response) or response
        return response

    def _answer(self, request: Request) -> Response:
        now, headers = self.state.clock(), self._general_headers(request)
        try:
            viewer = authenticate(self.state, request)
            if viewer.classic and viewer.token:
                headers["X-OAuth-Scopes"] = ", ".join(sorted(viewer.token.scopes))
            resource = "graphql" if request.path == "/graphql" else "core"
            window = self.state.limits.window(resource, viewer.login, now)
            try:
                response = self._limited(request, viewer, window, headers)
            finally:
                headers |= window.headers(resource)
        except Problem as problem:
            response = problem.response()
        response.headers = headers | response.headers
        return response

    def _limited(self, request: Request, viewer: Viewer, window: Window, headers: dict[str, str]) -> Response:
        if refused := self.state.limits.check_secondary(request, viewer.login, self._running, self.state.clock()):
            raise refused
        if request.path == "/graphql":
            if viewer.token is None:
                raise Problem(401, "This endpoint requires you to be authenticated.", f"{DOCS}/graphql")
            return graphql.respond(self.state, request, viewer, window)
        if request.path != "/rate_limit":
            if window.remaining <= 0:
                account = self.state.account(viewer.login) if viewer.login else None
                raise primary(account.id if account else None)
            window.used += 1
        route, params = find(request)
        if viewer.classic:
            headers["X-Accepted-OAuth-Scopes"] = _accepted(route.needs)
        return route.view(Call(self.state, request, viewer, route.needs, params))

    def _general_headers(self, request: Request) -> dict[str, str]:
        version = request.headers.get("x-github-api-version", API_VERSIONS[0])
        return {
            "Date": formatdate(self.state.clock(), usegmt=True),
            "Server": "github.com",
            "X-GitHub-Media-Type": _media_type(request),
            "X-GitHub-Api-Version-Selected": version,
            "X-GitHub-Request-Id": uuid.uuid4().hex[:16].upper(),
        }


def _accepted(needs: Needs) -> str:
    return ", ".join(sorted(needs.scopes))


def _media_type(request: Request) -> str:
    if request.path == "/graphql":
        return "github.v4; format=json"
    accept = request.headers.get("accept", "")
    for param in ("raw", "object"):
        if f".{param}" in accept:
            return f"github.v3; param={param}; format=json"
    return "github.v3; format=json"
