"""`/repos/{owner}/{repo}`: a repository by itself."""

from __future__ import annotations

from cellenics_ci.sandbox.github.http import Response
from cellenics_ci.sandbox.github.rest.views import full_repository
from cellenics_ci.sandbox.github.routing import Call, route


@route("GET", "/repos/{owner}/{repo}")
def repository(call: Call) -> Response:
    """Tell about a repository."""
    return Response(200, full_repository(call, call.repository()))
