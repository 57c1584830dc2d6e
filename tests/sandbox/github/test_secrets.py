"""Secrets: really unsealed, in each kind of scope."""

from __future__ import annotations

import pytest

from cellenics_ci.model.scopes import ACTIONS, DEPENDABOT, Scope, environment_scope
from cellenics_ci.model.secret import Secret
from cellenics_ci.sandbox.github import GitHubState, Repository
from tests.sandbox.github.client import Client, sealed

SECRETS = "/repos/acme/ui/actions/secrets"
SCOPES = [
    (ACTIONS, SECRETS),
    (DEPENDABOT, "/repos/acme/ui/dependabot/secrets"),
    (environment_scope("prod/Köln"), "/repos/acme/ui/environments/prod%2FK%C3%B6ln/secrets"),
]


@pytest.fixture(autouse=True)
def environment(state: GitHubState, repository: Repository) -> None:
    state.add_environment(repository, "prod/Köln")


@pytest.mark.parametrize(("scope", "place"), SCOPES)
def test_writes_reads_and_deletes(
    state: GitHubState, repository: Repository, client: Client, scope: Scope, place: str
) -> None:
    assert client.get(place) == {"total_count": 0, "secrets": []}
    assert client.put_secret(place, "aws_key", "one ✓") == 201
    assert client.put_secret(place, "AWS_KEY", "two") == 204
    stored = state.secret(repository, scope, "AWS_KEY")
    assert stored is not None
    assert stored.value.reveal() == "two"
    assert [row["name"] for row in client.get(place)["secrets"]] == ["AWS_KEY"]
    assert client("DELETE", f"{place}/AWS_KEY").status_code == 204
    assert client("GET", f"{place}/AWS_KEY").status_code == 404
    assert client("DELETE", f"{place}/AWS_KEY").status_code == 404
    assert [(write.scope, write.value and write.value.reveal()) for write in state.secret_writes] == [
        (scope, "one ✓"),
        (scope, "two"),
        (scope, None),
    ]


def test_each_scope_has_its_own_key_pair(client: Client) -> None:
    keys = [client.get(f"{place}/public-key") for _, place in SCOPES]
    assert len({key["key_id"] for key in keys}) == 3
    assert keys[0] == client.get(f"{SECRETS}/public-key")


def test_refuses_a_value_sealed_for_another_scope(repository: Repository, client: Client) -> None:
    actions, dependabot = (client.get(f"{place}/public-key") for _, place in SCOPES[:2])
    foreign = sealed(dependabot, "value")
    assert client("PUT", f"{SECRETS}/A", foreign).status_code == 422
    assert client("PUT", f"{SECRETS}/A", foreign | {"key_id": actions["key_id"]}).status_code == 422
    assert repository.actions.entries == {}


@pytest.mark.parametrize("change", [{"encrypted_value": "no base64"}, {"encrypted_value": "AAAA"}, {"key_id": "1"}])
def test_refuses_what_it_cannot_unseal(repository: Repository, client: Client, change: dict[str, str]) -> None:
    body = sealed(client.get(f"{SECRETS}/public-key"), "value") | change
    answer = client("PUT", f"{SECRETS}/A", body)
    assert answer.status_code == 422
    assert "documentation_url" in answer.json()
    assert repository.actions.entries == {}


@pytest.mark.parametrize("missing", ["encrypted_value", "key_id"])
def test_refuses_a_body_with_a_part_missing(client: Client, missing: str) -> None:
    body = sealed(client.get(f"{SECRETS}/public-key"), "value")
    del body[missing]
    answer = client("PUT", f"{SECRETS}/A", body)
    assert answer.status_code == 422
    assert missing in answer.json()["message"]


@pytest.mark.parametrize("name", ["1A", "A-B", "A%20B", "GITHUB_TOKEN", "github_x", "%C3%84"])
def test_refuses_names_that_github_refuses(client: Client, name: str) -> None:
    assert client.put_secret(SECRETS, name, "value") == 422


def test_takes_a_hundred_secrets_and_no_more(state: GitHubState, repository: Repository, client: Client) -> None:
    for number in range(100):
        state.put_secret(repository, ACTIONS, f"S{number:03}", Secret("x"))
    assert client.put_secret(SECRETS, "ONE_MORE", "value") == 422
    assert client.put_secret(SECRETS, "S000", "value") == 204
    assert client.get(SECRETS)["total_count"] == 100
    assert len(client.get(f"{SECRETS}?per_page=100&page=1")["secrets"]) == 100


def test_refuses_a_value_of_more_than_48_kilobytes(client: Client) -> None:
    assert client.put_secret(SECRETS, "A", "x" * 48 * 1024) == 201
    assert client.put_secret(SECRETS, "B", "x" * (48 * 1024 + 1)) == 422


def test_never_creates_an_environment(repository: Repository, client: Client) -> None:
    place = "/repos/acme/ui/environments/nowhere"
    for path in (place, f"{place}/secrets", f"{place}/secrets/public-key"):
        assert client("GET", path).status_code == 404
    assert client("PUT", f"{place}/secrets/A", {"encrypted_value": "AAAA", "key_id": "1"}).status_code == 404
    assert list(repository.environments) == ["prod/Köln"]


def test_an_environment_is_created_once_and_keeps_its_secrets(repository: Repository, client: Client) -> None:
    assert client("PUT", "/repos/acme/ui/environments/review").status_code == 200
    made = repository.environments["review"]
    assert client("PUT", "/repos/acme/ui/environments/Review").status_code == 200
    assert list(repository.environments) == ["prod/Köln", "review"]
    assert repository.environments["review"] is made


def test_lists_environments_with_any_letters_in_their_names(client: Client) -> None:
    listed = client.get("/repos/acme/ui/environments")
    assert (listed["total_count"], listed["environments"][0]["name"]) == (1, "prod/Köln")
    assert client.get("/repos/acme/ui/environments/PROD%2Fk%C3%B6ln")["name"] == "prod/Köln"
    assert listed["environments"][0]["url"].endswith("/environments/prod%2FK%C3%B6ln")


def test_a_repository_sees_what_its_organisation_shows_it(state: GitHubState, client: Client) -> None:
    state.add_repository("acme", "open", private=False)
    state.add_organization_secret("acme", "FOR_ALL", "1")
    state.add_organization_secret("acme", "FOR_PRIVATE", "2", visibility="private")
    state.add_organization_secret("acme", "FOR_OPEN", "3", visibility="selected", selected={"open"})

    def seen(name: str) -> list[str]:
        listed = client.get(f"/repos/acme/{name}/actions/organization-secrets")
        return [row["name"] for row in listed["secrets"]]

    assert seen("ui") == ["FOR_ALL", "FOR_PRIVATE"]
    assert seen("open") == ["FOR_ALL", "FOR_OPEN"]


def test_no_value_is_in_any_representation(state: GitHubState, repository: Repository, client: Client) -> None:
    client.put_secret(SECRETS, "A", "canary-7301")
    shown = f"{state!r}{repository!r}{repository.actions!r}{repository.actions.entries!r}{state.secret_writes!r}"
    assert "canary-7301" not in shown
    assert "ghp_admin" not in shown
