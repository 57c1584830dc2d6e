"""`/environments`: the deployment environments of a repository."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from cellenics_ci.sandbox.github.http import Response, iso, not_found
from cellenics_ci.sandbox.github.pages import page
from cellenics_ci.sandbox.github.records import Environment, Repository
from cellenics_ci.sandbox.github.rest.views import WEB, node_id
from cellenics_ci.sandbox.github.routing import Call, route


@route("GET", "/repos/{owner}/{repo}/environments", permission="actions")
def list_environments(call: Call) -> Response:
    """List a repository's environments."""
    repository = call.repository()
    environments = sorted(repository.environments.values(), key=lambda environment: environment.name)

    def view(environment: Environment) -> dict[str, Any]:
        return _view(call, repository, environment)

    return page(call.request, environments, view, name="environments")


@route("GET", "/repos/{owner}/{repo}/environments/{environment}", permission="actions")
def get_environment(call: Call) -> Response:
    """Tell about one environment."""
    repository = call.repository()
    environment = repository.environment(call.params["environment"])
    if environment is None:
        raise not_found()
    return Response(200, _view(call, repository, environment))


@route(
    "PUT", "/repos/{owner}/{repo}/environments/{environment}", permission="administration", level="write", role="ADMIN"
)
def create_environment(call: Call) -> Response:
    """Create an environment, or leave one as it is: its rules for deployments are nobody's business here."""
    repository = call.repository()
    name = call.params["environment"]
    environment = repository.environment(name) or call.state.add_environment(repository, name)
    return Response(200, _view(call, repository, environment))


def _view(call: Call, repository: Repository, environment: Environment) -> dict[str, Any]:
    name = quote(environment.name, safe="")
    return {
        "id": environment.id,
        "node_id": node_id("EN", environment.id),
        "name": environment.name,
        "url": call.url("repos", repository.full_name, "environments", name),
        "html_url": f"{WEB}/{repository.full_name}/deployments/activity_log?environments_filter={name}",
        "created_at": iso(environment.created_at),
        "updated_at": iso(environment.created_at),
        "can_admins_bypass": True,
        "protection_rules": [],
        "deployment_branch_policy": None,
    }
