"""Every REST answer of the embedded GitHub fits the models that are generated from GitHub's OpenAPI description."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
import requests
from githubkit_schemas.latest import models
from pydantic import TypeAdapter, ValidationError

from cellenics_ci.sandbox.github import GitHubServer
from cellenics_ci.sandbox.github.routing import _ROOT, _Node
from tests.contract.world import PUBLIC_KEY, TOKEN, World
from tests.sandbox.github.client import sealed

REPOSITORY: Final = "/repos/acme/ui"
ENVIRONMENT: Final = f"{REPOSITORY}/environments/prod%2FK%C3%B6ln"

READS: Final[dict[str, Any]] = {
    "/": models.Root,
    "/meta": models.ApiOverview,
    "/rate_limit": models.RateLimitOverview,
    "/user": models.PrivateUser,
    "/users/ada": models.PublicUser,
    "/users/acme": models.PublicUser,
    "/orgs/acme": models.OrganizationFull,
    "/orgs/acme/repos?per_page=5": list[models.MinimalRepository],
    "/orgs/acme/actions/secrets": models.OrgsOrgActionsSecretsGetResponse200,
    "/orgs/acme/actions/oidc/customization/sub": models.OidcCustomSub,
    REPOSITORY: models.FullRepository,
    f"{REPOSITORY}/contents": list[models.ContentDirectoryItems],
    f"{REPOSITORY}/contents/README.md": models.ContentFile,
    f"{REPOSITORY}/contents/link": models.ContentFile,
    f"{REPOSITORY}/contents/dead": models.ContentSymlink,
    f"{REPOSITORY}/contents/vendor": models.ContentSubmodule,
    f"{REPOSITORY}/contents/src?as=object": models.ContentTree,
    f"{REPOSITORY}/actions/secrets": models.ReposOwnerRepoActionsSecretsGetResponse200,
    f"{REPOSITORY}/actions/secrets/STORED": models.ActionsSecret,
    f"{REPOSITORY}/actions/secrets/public-key": models.ActionsPublicKey,
    f"{REPOSITORY}/actions/organization-secrets": models.ReposOwnerRepoActionsOrganizationSecretsGetResponse200,
    f"{REPOSITORY}/dependabot/secrets": models.ReposOwnerRepoDependabotSecretsGetResponse200,
    f"{REPOSITORY}/dependabot/secrets/STORED": models.DependabotSecret,
    f"{REPOSITORY}/dependabot/secrets/public-key": models.DependabotPublicKey,
    f"{REPOSITORY}/environments": models.ReposOwnerRepoEnvironmentsGetResponse200,
    ENVIRONMENT: models.Environment,
    f"{ENVIRONMENT}/secrets": models.ReposOwnerRepoEnvironmentsEnvironmentNameSecretsGetResponse200,
    f"{ENVIRONMENT}/secrets/STORED": models.ActionsSecret,
    f"{ENVIRONMENT}/secrets/public-key": models.ActionsPublicKey,
    f"{REPOSITORY}/actions/variables": models.ReposOwnerRepoActionsVariablesGetResponse200,
    f"{REPOSITORY}/actions/variables/STAGE": models.ActionsVariable,
    f"{REPOSITORY}/actions/organization-variables": models.ReposOwnerRepoActionsOrganizationVariablesGetResponse200,
    f"{REPOSITORY}/actions/permissions/workflow": models.ActionsGetDefaultWorkflowPermissions,
    f"{REPOSITORY}/actions/runs": models.ReposOwnerRepoActionsRunsGetResponse200,
    f"{REPOSITORY}/actions/runs/{{run}}": models.WorkflowRun,
    f"{REPOSITORY}/actions/oidc/customization/sub": models.OidcCustomSubRepo,
    f"{REPOSITORY}/commits": list[models.Commit],
    f"{REPOSITORY}/compare/{{commit}}...master": models.CommitComparison,
    f"{REPOSITORY}/branches/master": models.BranchWithProtection,
    f"{REPOSITORY}/rules/branches/master": list[models.RepositoryRuleDetailedOneof3],
    f"{REPOSITORY}/git/ref/heads/master": models.GitRef,
    f"{REPOSITORY}/git/commits/{{commit}}": models.GitCommit,
    f"{REPOSITORY}/git/trees/{{commit}}?recursive=1": models.GitTree,
    f"{REPOSITORY}/git/blobs/{{blob}}": models.Blob,
    f"{REPOSITORY}/pulls": list[models.PullRequestSimple],
    f"{REPOSITORY}/pulls/1": models.PullRequest,
    f"{REPOSITORY}/pulls/1/files": list[models.DiffEntry],
    f"{REPOSITORY}/issues/1/comments": list[models.IssueComment],
    f"{REPOSITORY}/issues/comments/{{comment}}": models.IssueComment,
    f"{REPOSITORY}/issues/1/labels": list[models.Label],
    f"{REPOSITORY}/activity": list[models.Activity],
    f"{REPOSITORY}/keys": list[models.DeployKey],
    f"{REPOSITORY}/keys/{{key}}": models.DeployKey,
}


def call(server: GitHubServer, method: str, path: str, body: Any = None, token: str = TOKEN) -> requests.Response:
    media = "object" if path.endswith("?as=object") else "github"
    headers = {"Authorization": f"Bearer {token}", "Accept": f"application/vnd.github.{media}+json"}
    return requests.request(method, server.url + path, json=body, headers=headers, timeout=30)


def filled(path: str, world: World) -> str:
    ids = {"run": world.run_id, "key": world.key_id, "commit": world.commit, "blob": world.blob}
    ids["comment"] = world.comment
    for name, value in ids.items():
        path = path.replace(f"{{{name}}}", str(value))
    return path


@pytest.mark.parametrize("path", READS)
def test_a_read_fits_githubs_schema(server: GitHubServer, world: World, path: str) -> None:
    answer = call(server, "GET", filled(path, world))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    TypeAdapter(READS[path]).validate_json(answer.content, strict=True)


@pytest.mark.parametrize("path", READS)
def test_the_schema_notices_when_a_field_is_missing(server: GitHubServer, world: World, path: str) -> None:
    adapter = TypeAdapter(READS[path])
    whole = call(server, "GET", filled(path, world)).json()
    noticed = 0
    for part in _objects(whole):
        for name, value in list(part.items()):
            del part[name]
            try:
                adapter.validate_json(json.dumps(whole), strict=True)
            except ValidationError:
                noticed += 1
            part[name] = value
    assert noticed >= 1


def test_every_read_route_is_held_against_the_schema(server: GitHubServer, world: World) -> None:
    for path in READS:
        call(server, "GET", filled(path, world))
    asked = {tuple(request.path.strip("/").split("/")) for request in server.requests}
    missed = [pattern for pattern in _patterns(_ROOT, ()) if not any(_fits(pattern, parts) for parts in asked)]
    assert missed == []


def test_writes_answer_as_githubs_schema_says(server: GitHubServer) -> None:
    for place in (f"{REPOSITORY}/actions", f"{REPOSITORY}/dependabot", ENVIRONMENT):
        body = sealed(call(server, "GET", f"{place}/secrets/public-key").json(), "value")
        created = call(server, "PUT", f"{place}/secrets/NEW", body)
        assert created.status_code == 201
        models.EmptyObject.model_validate_json(created.content)
        updated = call(server, "PUT", f"{place}/secrets/NEW", body)
        assert (updated.status_code, updated.content) == (204, b"")
        deleted = call(server, "DELETE", f"{place}/secrets/NEW")
        assert (deleted.status_code, deleted.content) == (204, b"")


@pytest.mark.parametrize("path", [ENVIRONMENT, f"{REPOSITORY}/environments/new"])
def test_an_environment_that_is_put_fits_githubs_schema(server: GitHubServer, path: str) -> None:
    answer = call(server, "PUT", path)
    assert answer.status_code == 200
    models.Environment.model_validate_json(answer.content, strict=True)


def test_what_is_said_and_closed_answers_as_githubs_schema_says(server: GitHubServer) -> None:
    said = call(server, "POST", f"{REPOSITORY}/issues/2/comments", {"body": "No."})
    assert said.status_code == 201
    comment = models.IssueComment.model_validate_json(said.content, strict=True)
    place = f"{REPOSITORY}/issues/comments/{comment.id}"
    again = call(server, "PATCH", place, {"body": "No!"})
    assert models.IssueComment.model_validate_json(again.content, strict=True).body == "No!"
    labelled = call(server, "POST", f"{REPOSITORY}/issues/2/labels", {"labels": ["manifest"]})
    assert [label.name for label in TypeAdapter(list[models.Label]).validate_json(labelled.content)] == ["manifest"]
    assert call(server, "DELETE", f"{REPOSITORY}/issues/2/labels/manifest").json() == []
    assert call(server, "DELETE", place).status_code == 204
    closed = call(server, "PATCH", f"{REPOSITORY}/pulls/2", {"state": "closed"})
    pull = models.PullRequest.model_validate_json(closed.content, strict=True)
    assert (pull.state, pull.closed_at is None, pull.changed_files) == ("closed", False, 1)


@pytest.mark.parametrize(
    ("method", "path", "body", "token", "status"),
    [
        ("GET", "/user", None, "wrong", 401),
        ("GET", "/repos/acme/none", None, TOKEN, 404),
        ("DELETE", f"{REPOSITORY}/actions/secrets/NONE", None, TOKEN, 404),
        ("PUT", f"{REPOSITORY}/actions/secrets/A", {"encrypted_value": "AAAA", "key_id": "1"}, TOKEN, 422),
        ("GET", "/repos/acme/service-1/keys", None, "weak", 403),
    ],
)
def test_errors_fit_githubs_schema(
    server: GitHubServer, world: World, method: str, path: str, body: Any, token: str, status: int
) -> None:
    world.state.add_token("weak", "eve", [])
    answer = call(server, method, path, body, token)
    assert answer.status_code == status
    error = models.BasicError.model_validate_json(answer.content, strict=True)
    assert error.message
    assert error.status == str(status)
    assert str(error.documentation_url).startswith("https://docs.github.com/")


def test_a_refused_deploy_key_fits_githubs_schema_of_validation_errors(server: GitHubServer) -> None:
    answer = call(server, "POST", "/repos/acme/service-0/keys", {"title": "t", "key": PUBLIC_KEY})
    assert answer.status_code == 422
    error = models.ValidationError.model_validate_json(answer.content, strict=True)
    assert isinstance(error.errors, list)
    assert [(entry.code, entry.message) for entry in error.errors] == [("custom", "key is already in use")]


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        children: list[Any] = list(value.values())
    else:
        # The first item stands for its list: one that does not fit is enough.
        children = value[:1] if isinstance(value, list) else []
    for child in children:
        yield from _objects(child)


def _patterns(node: _Node, parts: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if "GET" in node.routes:
        yield parts
    if "GET" in node.rest:
        yield (*parts, "**")
    for name, child in node.literal.items():
        yield from _patterns(child, (*parts, name))
    if node.named:
        yield from _patterns(node.named[1], (*parts, "*"))


def _fits(pattern: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    if pattern[-1:] == ("**",):
        pattern, parts = pattern[:-1], parts[: len(pattern) - 1]
    return len(pattern) == len(parts) and all(want in ("*", part) for want, part in zip(pattern, parts, strict=True))
