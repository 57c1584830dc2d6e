"""What protects a branch, as GitHub tells it."""

from __future__ import annotations

from cellenics_ci.clients.github.git_data import GitData
from cellenics_ci.clients.github.transport import Transport
from cellenics_ci.model.names import RepoName
from cellenics_ci.sandbox.github import GitHubState
from cellenics_ci.sandbox.github.http import Request, Response
from tests.clients.github.conftest import ACME


def test_a_rule_is_told_with_as_much_of_its_ruleset_as_there_is(state: GitHubState, transport: Transport) -> None:
    state.add_repository("acme", "releases", {"README": b"x"})
    rules = [
        {"type": "pull_request", "ruleset_id": 42, "ruleset_source": "acme/releases"},
        {"type": "pull_request", "ruleset_id": 42},
        {"type": "pull_request"},
    ]

    def told(request: Request) -> Response | None:
        return Response(200, rules) if "/rules/branches/" in request.path else None

    state.before_request.append(told)
    assert GitData(transport, ACME, RepoName("releases")).rules("master") == (
        "changes must come by pull request (ruleset 42 of acme/releases)",
        "changes must come by pull request (ruleset 42)",
        "changes must come by pull request",
    )
