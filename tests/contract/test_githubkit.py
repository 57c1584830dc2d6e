"""githubkit, a client generated from GitHub's OpenAPI description, works with the embedded GitHub."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from githubkit import GitHub
from githubkit.exception import GraphQLFailed, RequestFailed
from githubkit.typing import RetryOption

from cellenics_ci.model.scopes import ACTIONS, DEPENDABOT, Scope, environment_scope
from cellenics_ci.sandbox.github import GitHubServer
from tests.contract.world import ENVIRONMENT, HOST_KEY, TOKEN, World
from tests.sandbox.github.client import sealed


def no_retry(error: Exception, count: int) -> RetryOption:
    return RetryOption(False)


@pytest.fixture(params=["", "/api/v3/"], ids=["root", "enterprise"])
def github(server: GitHubServer, request: pytest.FixtureRequest) -> Iterator[Any]:
    url = server.url + request.param
    with GitHub(TOKEN, base_url=url, trust_env=False, auto_retry=no_retry, http_cache=False) as github:
        yield github


def test_lists_repositories_page_by_page(github: Any, server: GitHubServer) -> None:
    names = [one.name for one in github.rest.paginate(github.rest.repos.list_for_org, org="acme", per_page=10)]
    assert len(names) == len(set(names)) == 35


def test_reads_contents(github: Any) -> None:
    found = github.rest.repos.get_content("acme", "ui", "README.md").parsed_data
    assert found.type == "file"
    assert found.content == "IyB1aQo=\n"
    directory = github.rest.repos.get_content("acme", "ui", "").parsed_data
    assert {entry.name: entry.type for entry in directory}["src"] == "dir"


@pytest.mark.parametrize("scope", [ACTIONS, DEPENDABOT, environment_scope(ENVIRONMENT)], ids=str)
def test_writes_sealed_secrets(github: Any, world: World, scope: Scope) -> None:
    api = github.rest.dependabot if scope == DEPENDABOT else github.rest.actions
    # githubkit puts an environment's name into the path as it is given.
    named = (quote(scope.environment, safe=""),) if scope.environment else ()
    kind, place = "environment" if named else "repo", ("acme", "ui", *named)
    key = getattr(api, f"get_{kind}_public_key")(*place).parsed_data
    body = sealed({"key": key.key, "key_id": key.key_id}, "from githubkit")
    write, read = getattr(api, f"create_or_update_{kind}_secret"), getattr(api, f"get_{kind}_secret")
    assert [write(*place, "NEW", **body).status_code for _ in range(2)] == [201, 204]
    assert read(*place, "NEW").parsed_data.name == "NEW"
    stored = world.state.secret(world.repository, scope, "NEW")
    assert stored is not None
    assert stored.value.reveal() == "from githubkit"


def test_manages_deploy_keys(github: Any, world: World) -> None:
    world.repository.deploy_keys.clear()
    made = github.rest.repos.create_deploy_key("acme", "ui", title="t", key=HOST_KEY, read_only=True)
    assert made.status_code == 201
    (listed,) = github.rest.repos.list_deploy_keys("acme", "ui").parsed_data
    assert (listed.id, listed.key, listed.read_only) == (made.parsed_data.id, HOST_KEY, True)
    with pytest.raises(RequestFailed) as refused:
        github.rest.repos.create_deploy_key("acme", "ui", title="t", key=HOST_KEY)
    assert refused.value.response.status_code == 422
    assert github.rest.repos.delete_deploy_key("acme", "ui", listed.id).status_code == 204


def test_lists_runs_and_environments(github: Any, world: World) -> None:
    listed = github.rest.actions.list_workflow_runs_for_repo("acme", "ui", status="in_progress").parsed_data
    assert (listed.total_count, listed.workflow_runs[0].conclusion) == (1, None)
    assert github.rest.actions.get_workflow_run("acme", "ui", world.run_id).parsed_data.run_attempt == 2
    environments = github.rest.repos.get_all_environments("acme", "ui").parsed_data.environments
    assert [environment.name for environment in environments] == [ENVIRONMENT]


def test_reads_the_rest_that_is_asked_for(github: Any) -> None:
    assert github.rest.meta.get().parsed_data.ssh_keys == [HOST_KEY]
    assert github.rest.rate_limit.get().parsed_data.resources.core.limit == 5000
    seen = github.rest.actions.list_repo_organization_secrets("acme", "ui").parsed_data.secrets
    assert [secret.name for secret in seen] == ["CHOSEN", "SHARED"]
    subject = github.rest.actions.get_custom_oidc_sub_claim_for_repo("acme", "ui").parsed_data
    assert (subject.use_default, subject.use_immutable_subject) == (True, True)


def test_pages_through_graphql(github: Any) -> None:
    query = """query($cursor: String) { organization(login: "acme") { repositories(first: 20, after: $cursor) {
        nodes { name } pageInfo { hasNextPage endCursor } } } }"""
    pages = [page["organization"]["repositories"]["nodes"] for page in github.graphql.paginate(query)]
    assert [len(page) for page in pages] == [20, 15]


def test_reads_graphql_errors(github: Any) -> None:
    with pytest.raises(GraphQLFailed) as failed:
        github.graphql('{organization(login: "nobody") {login}}')
    errors = failed.value.response.errors
    assert errors is not None
    assert [(error.type, error.path) for error in errors] == [("NOT_FOUND", ["organization"])]
