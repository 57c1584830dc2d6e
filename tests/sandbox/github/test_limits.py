"""Rate limits: the hour's, ordered secondary ones, and enforced ones."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from cellenics_ci.sandbox.github import GitHubState, Repository, Request, Response
from tests.sandbox.github.client import Client, Clock


def test_counts_down_the_hour_and_starts_a_new_one(clock: Clock, state: GitHubState, client: Client) -> None:
    state.limits.limits["core"] = 2
    headers = [client("GET", "/user").headers for _ in range(2)]
    assert [header["x-ratelimit-remaining"] for header in headers] == ["1", "0"]
    assert headers[0]["x-ratelimit-resource"] == "core"
    assert headers[0]["x-ratelimit-reset"] == str(int(clock.at) + 3600)
    refused = client("GET", "/user")
    assert refused.status_code == 403
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert "API rate limit exceeded" in refused.json()["message"]
    clock.at += 3600
    assert client("GET", "/user").status_code == 200


def test_asking_for_the_limits_costs_nothing(client: Client) -> None:
    client.get("/user")
    for _ in range(2):
        assert client.get("/rate_limit")["resources"]["core"]["used"] == 1


def test_an_exhausted_graphql_limit_is_an_error_with_status_200(
    clock: Clock, state: GitHubState, client: Client
) -> None:
    state.limits.exhaust("ada", "graphql", now=clock())
    answer = client.graphql("{viewer{login}}")
    assert [error["type"] for error in answer["errors"]] == ["RATE_LIMITED"]
    assert "data" not in answer
    assert client("GET", "/user").status_code == 200


def test_refuses_as_many_matching_requests_as_ordered(state: GitHubState, client: Client) -> None:
    state.limits.refuse(2, status=429, retry_after=7, matches=lambda request: request.method == "DELETE")
    assert client("GET", "/user").status_code == 200
    for _ in range(2):
        refused = client("DELETE", "/repos/acme/ui/actions/secrets/A")
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "7")
        assert "secondary rate limit" in refused.json()["message"]
        assert "secondary-rate-limits" in refused.json()["documentation_url"]
    assert client("DELETE", "/repos/acme/ui/actions/secrets/A").status_code == 404


def test_a_refusal_can_come_without_retry_after(state: GitHubState, client: Client) -> None:
    state.limits.refuse(retry_after=None)
    refused = client("GET", "/user")
    assert refused.status_code == 403
    assert "Retry-After" not in refused.headers


def test_enforces_points_a_minute(clock: Clock, state: GitHubState, client: Client) -> None:
    state.limits.enforced, state.limits.points = True, 12
    writes = [client("DELETE", "/repos/acme/ui/actions/secrets/A").status_code for _ in range(3)]
    assert writes == [404, 404, 403]
    assert client("GET", "/user").status_code == 200
    clock.at += 20
    assert client("GET", "/user").status_code == 200
    refused = client("GET", "/user")
    assert (refused.status_code, refused.headers["Retry-After"]) == (403, "40")
    clock.at += 40
    assert client("GET", "/user").status_code == 200


def test_enforces_points_of_its_own_for_graphql(state: GitHubState, client: Client) -> None:
    state.limits.enforced, state.limits.points, state.limits.graphql_points = True, 1, 2
    asked = [client("POST", "/graphql", {"query": "{ viewer { login } }"}).status_code for _ in range(3)]
    assert asked == [200, 200, 403]
    assert client("GET", "/user").status_code == 200


def test_enforces_how_many_requests_run_at_once(
    state: GitHubState, repository: Repository, client_of: Callable[..., Client]
) -> None:
    state.limits.enforced, state.limits.concurrent = True, 3
    meeting = threading.Barrier(4, timeout=20)

    def meet(request: Request) -> Response | None:
        meeting.wait()
        return None

    leaving = threading.Barrier(4, timeout=20)

    def leave(request: Request, response: Response) -> Response | None:
        leaving.wait()
        return None

    state.before_request.append(meet)
    state.after_request.append(leave)
    clients = [client_of() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(lambda client: client("GET", "/user").status_code, clients))
    assert statuses == [403] * 4
