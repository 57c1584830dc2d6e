"""The server itself: connections, prefixes, hooks, limits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from cellenics_ci.sandbox.github import ConnectionDropped, GitHubServer, GitHubState, Repository, Request, Response
from tests.sandbox.github.client import Client, Clock


def test_keeps_connections_open(server: GitHubServer, client: Client) -> None:
    for _ in range(20):
        client.get("/user")
    client.graphql("{viewer{login}}")
    assert server.connections == 1
    assert len(server.requests) == 21


def test_answers_under_the_enterprise_prefix_too_and_builds_its_links_with_it(client: Client) -> None:
    assert client.get("/api/v3/user")["login"] == "ada"
    assert "/api/v3/repos/acme/ui" in client.get("/api/v3/repos/acme/ui")["url"]
    answer = client("POST", "/api/graphql", {"query": "{viewer{login}}"})
    assert answer.json() == {"data": {"viewer": {"login": "ada"}}}


def test_logs_requests_without_their_query(server: GitHubServer, client: Client) -> None:
    client.get("/orgs/acme/repos?per_page=1")
    client("DELETE", "/repos/acme/ui/actions/secrets/NONE")
    assert server.requests == [
        ("GET", "/orgs/acme/repos", 200),
        ("DELETE", "/repos/acme/ui/actions/secrets/NONE", 404),
    ]


def test_closes_open_connections_when_it_stops(state: GitHubState) -> None:
    server = GitHubServer(state).start()
    session = requests.Session()
    url = server.url
    assert session.get(f"{url}/meta", timeout=10).status_code == 200
    server.stop()
    with pytest.raises(requests.ConnectionError):
        session.get(f"{url}/meta", timeout=10)


def test_a_hook_can_answer_in_place_of_the_server(state: GitHubState, client: Client) -> None:
    def fail(request: Request) -> Response | None:
        return Response(500, {"message": "no"}) if request.method == "PUT" else None

    state.before_request.append(fail)
    assert client("PUT", "/repos/acme/ui/actions/secrets/A", {}).status_code == 500
    assert client("GET", "/user").status_code == 200


def test_a_hook_can_lose_the_answer_after_the_effect(
    state: GitHubState, repository: Repository, server: GitHubServer, client: Client
) -> None:
    client.get("/repos/acme/ui/actions/secrets/public-key")

    def drop(request: Request, response: Response) -> Response | None:
        if request.method == "PUT":
            raise ConnectionDropped
        return None

    state.after_request.append(drop)
    with pytest.raises(requests.ConnectionError):
        client.put_secret("/repos/acme/ui/actions/secrets", "A", "value")
    assert repository.actions.entries["A"].value.reveal() == "value"
    assert server.requests[-1].status == 0


def test_many_writers_lose_nothing(
    repository: Repository, server: GitHubServer, client_of: Callable[..., Client]
) -> None:
    local = threading.local()

    def write(number: int) -> int:
        if not hasattr(local, "client"):
            local.client = client_of()
        status: int = local.client.put_secret("/repos/acme/ui/actions/secrets", f"S{number}", str(number))
        return status

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(write, range(100))) == {201}
    assert {name: stored.value.reveal() for name, stored in repository.actions.entries.items()} == {
        f"S{number}": str(number) for number in range(100)
    }


def test_dates_follow_the_clock(clock: Clock, repository: Repository, client: Client) -> None:
    client.put_secret("/repos/acme/ui/actions/secrets", "A", "1")
    clock.at += 90.7
    client.put_secret("/repos/acme/ui/actions/secrets", "A", "2")
    dates = client.get("/repos/acme/ui/actions/secrets/A")
    assert dates == {"name": "A", "created_at": "2027-01-15T08:00:00Z", "updated_at": "2027-01-15T08:01:30Z"}
    assert client("GET", "/user").headers["Date"] == "Fri, 15 Jan 2027 08:01:30 GMT"


def test_refuses_a_body_that_is_no_json_object(server: GitHubServer, client: Client) -> None:
    headers = {"Authorization": "Bearer ghp_admin"}
    for body, message in (("{", "Problems parsing JSON"), ("[1]", "Body should be a JSON object")):
        answer = requests.post(f"{server.url}/repos/acme/ui/keys", data=body, headers=headers, timeout=10)
        assert (answer.status_code, answer.json()["message"]) == (400, message)


@pytest.mark.parametrize("path", ["/nothing", "/repos/acme/ui/nothing", "/repos/acme", "/repos/acme/none/keys"])
def test_answers_404_with_githubs_body(client: Client, path: str) -> None:
    answer = client("GET", path)
    assert answer.status_code == 404
    assert answer.json() == {
        "message": "Not Found",
        "documentation_url": "https://docs.github.com/rest",
        "status": "404",
    }
