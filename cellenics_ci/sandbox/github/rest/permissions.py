"""`/actions/permissions`: what a repository lets its workflows do."""

from __future__ import annotations

from cellenics_ci.sandbox.github.http import Response
from cellenics_ci.sandbox.github.routing import Call, route


@route("GET", "/repos/{owner}/{repo}/actions/permissions/workflow", permission="administration", role="ADMIN")
def workflow_permissions(call: Call) -> Response:
    """Tell what GITHUB_TOKEN may do in jobs that say nothing about it."""
    default = call.repository().token_default
    return Response(200, {"default_workflow_permissions": default, "can_approve_pull_request_reviews": False})
