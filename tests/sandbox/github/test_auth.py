"""Tokens, scopes, permissions, roles and single sign-on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cellenics_ci.sandbox.github import GitHubState, Repository
from tests.sandbox.github.client import Client

SECRETS = "/repos/acme/ui/actions/secrets"


@pytest.mark.parametrize("header", ["Bearer nobody", "token nobody", "Basic ghp_admin", "Bearer"])
def test_refuses_an_unknown_token(client: Client, header: str) -> None:
    client.token = ""
    answer = client("GET", "/user", Authorization=header)
    assert answer.status_code == 401
    assert answer.json()["message"] == "Bad credentials"
    assert answer.json()["documentation_url"].startswith("https://docs.github.com/")


def test_takes_both_spellings_of_the_header(client: Client) -> None:
    client.token = ""
    for kind in ("Bearer", "token"):
        assert client("GET", "/user", Authorization=f"{kind} ghp_admin").status_code == 200


def test_refuses_an_expired_token(state: GitHubState, client: Client) -> None:
    state.tokens["ghp_admin"].expired = True
    assert client("GET", "/user").status_code == 401
    assert client("POST", "/graphql", {"query": "{viewer{login}}"}).status_code == 401


def test_nobody_sees_what_is_public_only(state: GitHubState, client: Client) -> None:
    state.add_repository("acme", "open", {"a": b"a"}, private=False)
    client.token = ""
    assert client("GET", "/user").status_code == 401
    assert client("POST", "/graphql", {"query": "{viewer{login}}"}).status_code == 401
    assert client("GET", "/repos/acme/ui").status_code == 404
    assert client("GET", "/repos/acme/open").status_code == 200
    assert client("GET", "/repos/acme/open/keys").status_code == 401
    assert [found["name"] for found in client.get("/orgs/acme/repos")] == ["open"]


def test_tells_a_classic_tokens_scopes_and_those_it_wants(client: Client) -> None:
    headers = client("GET", SECRETS).headers
    assert headers["X-OAuth-Scopes"] == "admin:org, repo"
    assert headers["X-Accepted-OAuth-Scopes"] == "repo"


@pytest.mark.parametrize("kind", ["fine-grained", "installation"])
def test_tells_no_scopes_of_other_tokens(client_of: Callable[..., Client], kind: str) -> None:
    assert "X-OAuth-Scopes" not in client_of(kind=kind)("GET", SECRETS).headers


def test_hides_a_private_repository_from_a_token_without_repo(client_of: Callable[..., Client]) -> None:
    client = client_of(scopes=["read:org"])
    assert client("GET", "/repos/acme/ui").status_code == 404
    assert client("GET", SECRETS).status_code == 404
    assert client.get("/orgs/acme/repos") == []
    found = client.graphql('{organization(login:"acme"){repositories(first:9){totalCount}}}')
    assert found["data"]["organization"]["repositories"]["totalCount"] == 0


def test_refuses_writes_to_a_public_repository_without_repo(
    state: GitHubState, client_of: Callable[..., Client]
) -> None:
    state.add_repository("acme", "open", {"a": b"a"}, private=False)
    answer = client_of(scopes=["read:org"])("DELETE", "/repos/acme/open/actions/secrets/A")
    assert answer.status_code == 403
    assert answer.json()["message"] == "Must have admin rights to Repository."


@pytest.mark.parametrize(
    ("role", "secrets", "keys"), [("READ", 403, 403), ("WRITE", 200, 403), ("MAINTAIN", 200, 403), ("ADMIN", 200, 200)]
)
def test_asks_for_a_role(repository: Repository, client: Client, role: Any, secrets: int, keys: int) -> None:
    repository.viewer_permission = role
    assert client("GET", SECRETS).status_code == secrets
    assert client("GET", "/repos/acme/ui/keys").status_code == keys
    told = client.get("/repos/acme/ui")["permissions"]
    assert (told["admin"], told["push"]) == (role == "ADMIN", role != "READ")
    found = client.graphql('{repository(owner:"acme",name:"ui"){viewerPermission}}')
    assert found["data"]["repository"]["viewerPermission"] == role


def test_a_collaborator_has_a_role_of_his_own(repository: Repository, client_of: Callable[..., Client]) -> None:
    eve = client_of("eve")
    assert eve("GET", "/repos/acme/ui").status_code == 404
    repository.collaborators["eve"] = "READ"
    assert eve("GET", "/repos/acme/ui").status_code == 200
    assert eve("GET", SECRETS).status_code == 403


def test_fine_grained_permissions_are_asked_for_by_name_and_level(client_of: Callable[..., Client]) -> None:
    client = client_of(kind="fine-grained", permissions={"secrets": "read", "contents": "read"})
    assert client("GET", SECRETS).status_code == 200
    assert client("GET", "/repos/acme/ui/contents/README.md").status_code == 200
    refused = client("DELETE", f"{SECRETS}/A")
    assert refused.status_code == 403
    assert refused.json()["message"] == "Resource not accessible by personal access token"
    assert refused.headers["X-Accepted-GitHub-Permissions"] == "secrets=write"
    assert client("GET", "/repos/acme/ui/dependabot/secrets").status_code == 403


def test_a_fine_grained_token_sees_its_repositories_only(state: GitHubState, client_of: Callable[..., Client]) -> None:
    state.add_repository("acme", "api")
    client = client_of(kind="fine-grained")
    state.tokens[client.token].repositories = frozenset({"api"})
    assert client("GET", "/repos/acme/ui").status_code == 404
    assert [found["name"] for found in client.get("/orgs/acme/repos")] == ["api"]


def test_an_installation_acts_without_being_anybody(client_of: Callable[..., Client]) -> None:
    client = client_of("robot[bot]", kind="installation", permissions={"secrets": "write"})
    assert client("GET", "/user").status_code == 403
    assert client("GET", SECRETS).status_code == 200
    refused = client("GET", "/repos/acme/ui/keys")
    assert refused.json()["message"] == "Resource not accessible by integration"


def test_single_sign_on_says_where_to_authorise(state: GitHubState, client: Client) -> None:
    state.tokens["ghp_admin"].sso_unauthorised = True
    assert client("GET", "/user").status_code == 200
    for path in ("/orgs/acme/repos", "/repos/acme/ui", SECRETS):
        refused = client("GET", path)
        assert refused.status_code == 403
        assert refused.headers["X-GitHub-SSO"].startswith("required; url=https://github.com/orgs/acme/sso?")
    answer = client("POST", "/graphql", {"query": '{organization(login:"acme"){login}}'})
    assert answer.status_code == 200
    assert answer.headers["X-GitHub-SSO"].startswith("required; url=https://")
    assert answer.json()["data"] == {"organization": None}
    (error,) = answer.json()["errors"]
    assert (error["type"], error["extensions"]) == ("FORBIDDEN", {"saml_failure": True})


def test_an_archived_repository_can_be_read_only(repository: Repository, client: Client) -> None:
    repository.archived = True
    assert client("GET", SECRETS).status_code == 200
    assert client("DELETE", f"{SECRETS}/A").status_code == 403


def test_a_disabled_repository_is_blocked(repository: Repository, client: Client) -> None:
    repository.disabled = True
    assert client("GET", "/repos/acme/ui/contents/README.md").status_code == 403


def test_organisation_secrets_are_for_its_admins(
    state: GitHubState, client: Client, client_of: Callable[..., Client]
) -> None:
    state.add_organization_secret("acme", "SHARED", "s3cret", visibility="selected", selected={"ui"})
    (listed,) = client.get("/orgs/acme/actions/secrets")["secrets"]
    assert (listed["name"], listed["visibility"]) == ("SHARED", "selected")
    assert client_of("bob", scopes=["repo", "admin:org"])("GET", "/orgs/acme/actions/secrets").status_code == 403
    assert client_of(scopes=["repo"])("GET", "/orgs/acme/actions/secrets").status_code == 404


def test_a_person_is_no_organisation(client: Client) -> None:
    assert client("GET", "/orgs/ada").status_code == 404
    assert client.get("/users/ada")["type"] == "User"
    assert client.get("/users/acme")["type"] == "Organization"
    assert client("GET", "/users/nobody").status_code == 404


def test_revoking_a_token_deletes_its_deploy_keys(
    state: GitHubState, repository: Repository, client_of: Callable[..., Client]
) -> None:
    client = client_of()
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINLQ0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS"
    assert client("POST", "/repos/acme/ui/keys", {"key": key}).status_code == 201
    state.revoke_token(client.token)
    assert repository.deploy_keys == []
    assert client("GET", "/user").status_code == 401
