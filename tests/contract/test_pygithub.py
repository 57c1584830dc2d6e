"""PyGithub, the transport of our own clients, works with the embedded GitHub."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from github import Auth, Github, GithubException
from github.Repository import Repository

from cellenics_ci.model.scopes import ACTIONS, DEPENDABOT, environment_scope
from cellenics_ci.sandbox.github import GitHubServer
from tests.contract.world import ENVIRONMENT, HOST_KEY, TOKEN, World


@pytest.fixture(params=["", "/api/v3"], ids=["root", "enterprise"])
def github(server: GitHubServer, request: pytest.FixtureRequest) -> Iterator[Github]:
    github = Github(
        auth=Auth.Token(TOKEN),
        base_url=server.url + request.param,
        retry=None,
        seconds_between_requests=0,
        seconds_between_writes=0,
    )
    yield github
    github.close()


@pytest.fixture
def repository(github: Github) -> Repository:
    return github.get_repo("acme/ui")


def test_uses_one_connection_for_everything(github: Github, server: GitHubServer) -> None:
    repository = github.get_repo("acme/ui")
    for _ in range(5):
        repository.create_secret("A", "value")
        repository.get_contents(".ci.yaml")
    assert server.connections == 1
    assert len(server.requests) == 1 + 5 * 3


def test_lists_repositories_page_by_page(github: Github) -> None:
    assert len({one.name for one in github.get_organization("acme").get_repos()}) == 35


def test_tells_scopes_and_limits(github: Github) -> None:
    assert github.get_user().login == "ada"
    assert github.oauth_scopes == ["admin:org", "repo"]
    assert github.rate_limiting[1] == 5000


def test_writes_secrets_everywhere(repository: Repository, world: World) -> None:
    repository.create_secret("NEW", "one", "actions")
    repository.create_secret("NEW", "two", "dependabot")
    repository.get_environment(ENVIRONMENT).create_secret("NEW", "three")
    scopes = (ACTIONS, DEPENDABOT, environment_scope(ENVIRONMENT))
    stored = [world.state.secret(world.repository, scope, "NEW") for scope in scopes]
    assert [secret and secret.value.reveal() for secret in stored] == ["one", "two", "three"]
    assert {secret.name for secret in repository.get_secrets()} == {"NEW", "STORED"}


def test_manages_deploy_keys(repository: Repository) -> None:
    key = repository.create_key("title", HOST_KEY, read_only=True)
    assert (key.read_only, key.key) == (True, HOST_KEY)
    with pytest.raises(GithubException) as refused:
        repository.create_key("title", HOST_KEY)
    assert refused.value.status == 422
    key.delete()
    assert [one.title for one in repository.get_keys()] == ["flux"]


def test_lists_runs(repository: Repository, world: World) -> None:
    assert [run.status for run in repository.get_workflow_runs(status="in_progress")] == ["in_progress"]
    assert repository.get_workflow_run(world.run_id).run_attempt == 2


def test_asks_graphql(github: Github) -> None:
    query = "query($login: String!) { repositoryOwner(login: $login) { login } }"
    _, answer = github.requester.graphql_query(query, {"login": "acme"})
    assert answer == {"data": {"repositoryOwner": {"login": "acme"}}}
