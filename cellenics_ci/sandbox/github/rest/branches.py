"""`/branches` and `/rules/branches`: the default branch, and what protects it."""

from __future__ import annotations

from typing import Any

from cellenics_ci.sandbox.github import trees
from cellenics_ci.sandbox.github.http import Response, not_found
from cellenics_ci.sandbox.github.pages import page
from cellenics_ci.sandbox.github.records import BranchRule
from cellenics_ci.sandbox.github.rest.commits import commit_view
from cellenics_ci.sandbox.github.rest.views import WEB
from cellenics_ci.sandbox.github.routing import Call, route


@route("GET", "/repos/{owner}/{repo}/branches/{branch}", permission="contents")
def branch(call: Call) -> Response:
    """Tell about a branch, and in short about its protection."""
    repository = call.repository()
    call.state.git_read(repository)
    name, commit = call.params["branch"], trees.head(repository)
    if commit is None or name != repository.default_branch:
        raise not_found()
    checks = repository.protected
    url = call.url("repos", repository.full_name, "branches", name)
    protection = {
        "enabled": checks is not None,
        "required_status_checks": {
            "enforcement_level": "off" if checks is None else "everyone",
            "contexts": list(checks or ()),
            "checks": [{"context": each, "app_id": None} for each in checks or ()],
        },
    }
    body = {
        "name": name,
        "commit": commit_view(call, repository, commit),
        "_links": {"self": url, "html": f"{WEB}/{repository.full_name}/tree/{name}"},
        "protected": checks is not None or bool(repository.rules),
        "protection": protection,
        "protection_url": f"{url}/protection",
    }
    return Response(200, body)


@route("GET", "/repos/{owner}/{repo}/rules/branches/{branch}")
def branch_rules(call: Call) -> Response:
    """List the rules of rulesets that hold a branch."""
    repository = call.repository()
    rules = repository.rules if call.params["branch"] == repository.default_branch else []

    def view(rule: BranchRule) -> dict[str, Any]:
        source = {"ruleset_source_type": "Repository", "ruleset_source": repository.full_name}
        return {"type": rule.type, "ruleset_id": rule.ruleset_id} | source

    return page(call.request, rules, view)
