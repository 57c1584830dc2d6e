"""The transport against loopback servers that refuse, drop, limit and talk nonsense."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from email.utils import formatdate
from time import time
from urllib.parse import parse_qsl, urlsplit

import pytest

from cellenics_ci.clients.github.auth import CurrentToken
from cellenics_ci.clients.github.budget import Budget
from cellenics_ci.clients.github.signin import Login, login
from cellenics_ci.clients.github.transport import Transport
from cellenics_ci.errors import CallFailed, Failure, UsageProblem
from cellenics_ci.model.secret import Secret
from tests.clients.scripted import DROP, Answer, Asked, Scripted, in_turn, scripted

TOKEN = "ghp_the-canary"


class World:
    """A transport, its server, and what it waited for."""

    def __init__(self, server: Scripted, prefix: str) -> None:
        self.server, self.waited = server, list[float]()
        self.time = 0.0
        budget = Budget(wait=self.wait, now=lambda: self.time)
        auth = CurrentToken(lambda: Secret(TOKEN))
        self.transport = Transport(
            auth, base_url=server.url + prefix, budget=budget, wait=self.wait, wait_through=self.wait, timeout=5
        )

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.time += seconds


@contextmanager
def world(*answers: Answer | Callable[[Asked], Answer], prefix: str = "") -> Iterator[World]:
    first = answers[0]
    script = first if callable(first) else in_turn(*(answer for answer in answers if isinstance(answer, Answer)))
    with scripted(script) as server:
        yield World(server, prefix)


def test_a_request_carries_the_token_the_version_and_our_name() -> None:
    with world(Answer(body={"a": 1})) as here:
        assert here.transport.get("/x", per_page=3).json == {"a": 1}
        headers = here.server.asked[0].headers
        assert headers["authorization"] == f"token {TOKEN}"
        assert headers["x-github-api-version"] == "2022-11-28"
        assert headers["user-agent"] == "cellenics-ci"
        assert here.server.lines == ["GET /x?per_page=3"]


def test_a_base_with_api_v3_is_kept_and_graphql_is_beside_it() -> None:
    with world(Answer(body={"data": {}}), prefix="/api/v3") as here:
        here.transport.get("/x")
        here.transport.graphql("query", {})
        assert here.server.lines == ["GET /api/v3/x", "POST /api/graphql"]


def test_an_address_that_is_none_is_a_usage_problem() -> None:
    with pytest.raises(UsageProblem, match="no address"):
        Transport(None, base_url="github.example.com")


@pytest.mark.parametrize("verb", ["get", "put", "delete"])
def test_a_dropped_connection_is_tried_again_where_that_is_harmless(verb: str) -> None:
    with world(DROP, Answer(500), Answer(204)) as here:
        send = {
            "get": lambda: here.transport.get("/x"),
            "put": lambda: here.transport.put("/x", {}),
            "delete": lambda: here.transport.delete("/x"),
        }
        assert send[verb]().status == 204
        assert len(here.server.asked) == 3


def test_a_dropped_post_is_unknown_and_not_repeated() -> None:
    with world(DROP, Answer(201)) as here:
        with pytest.raises(CallFailed) as failed:
            here.transport.post("/x")
        assert failed.value.maybe_done
        assert len(here.server.asked) == 1


def test_a_server_that_keeps_failing_is_unknown() -> None:
    with world(Answer(502, "<html>bad gateway</html>")) as here:
        with pytest.raises(CallFailed) as failed:
            here.transport.get("/x")
        assert failed.value.kind is Failure.UNKNOWN
        assert len(here.server.asked) == 3


def test_a_read_that_github_is_not_ready_for_is_asked_for_again_in_our_own_time() -> None:
    with world(Answer(202, {}), Answer(202, {}), Answer(200, {"a": 1})) as here:
        assert here.transport.get("/x").json == {"a": 1}
        assert (here.transport.requests, len(here.server.asked)) == (3, 3)
        assert len(here.waited) == 2


def test_a_read_that_github_is_never_ready_for_is_unknown() -> None:
    with world(*[Answer(202, {})] * 4, Answer(200, {})) as here:
        with pytest.raises(CallFailed, match="no answer to GET /x yet") as failed:
            here.transport.get("/x")
        assert failed.value.kind is Failure.UNKNOWN
        assert len(here.server.asked) == 3


def test_a_write_that_github_only_accepted_is_answered() -> None:
    with world(Answer(202, {"id": 1})) as here:
        assert here.transport.post("/x").status == 202
        assert here.transport.delete("/x").status == 202


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, Failure.UNAUTHENTICATED),
        (403, Failure.DENIED),
        (404, Failure.NOT_FOUND),
        (422, Failure.INVALID),
        (307, Failure.NOT_FOUND),
        (418, Failure.INVALID),
    ],
)
def test_refusals_are_told_apart_by_status_and_never_repeated(status: int, kind: Failure) -> None:
    with world(Answer(status, {"message": "the body's own words"})) as here:
        with pytest.raises(CallFailed) as failed:
            here.transport.put("/x", {"value": "canary-in-the-body"})
        assert failed.value.kind is kind
        assert "words" not in str(failed.value)
        assert len(here.server.asked) == 1


def test_a_refusal_for_single_sign_on_shows_the_address_to_authorise_at() -> None:
    url = "https://github.com/orgs/x/sso?authorization_request=AZ"
    with world(Answer(403, {}, {"X-GitHub-SSO": f"required; url={url}"})) as here:
        with pytest.raises(CallFailed) as failed:
            here.transport.get("/x")
        assert failed.value.kind is Failure.DENIED
        assert url in failed.value.sentence


@pytest.mark.parametrize("status", [403, 429])
def test_retry_after_is_obeyed_even_by_a_post(status: int) -> None:
    with world(Answer(status, {}, {"Retry-After": "7"}), Answer(201, {})) as here:
        assert here.transport.post("/x").status == 201
        assert sum(here.waited) == pytest.approx(7, abs=0.2)


def test_a_spent_hourly_limit_waits_for_its_reset() -> None:
    date = formatdate(1_000_000, usegmt=True)
    limits = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1000090", "date": date}
    with world(Answer(403, {}, limits), Answer(200, {})) as here:
        here.transport.get("/x")
        assert sum(here.waited) == pytest.approx(90, abs=2)


def test_a_secondary_limit_without_headers_waits_a_minute() -> None:
    link = "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"
    with world(Answer(403, {"documentation_url": link}), Answer(200, {})) as here:
        here.transport.get("/x")
        assert sum(here.waited) == pytest.approx(60, abs=0.2)


@pytest.mark.parametrize(
    "message",
    [
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
        "You have triggered an abuse detection mechanism.",
        "You have exceeded a Secondary Rate Limit",
    ],
)
def test_a_secondary_limit_that_only_says_so_is_no_missing_right(message: str) -> None:
    with world(Answer(403, {"message": message}), Answer(200, {})) as here:
        here.transport.get("/x")
        assert sum(here.waited) == pytest.approx(60, abs=0.2)


@pytest.mark.parametrize("body", [{"message": "Resource not accessible by integration"}, {"message": None}, ["no"]])
def test_a_missing_right_is_not_taken_for_a_limit(body: object) -> None:
    with world(Answer(403, body)) as here:
        with pytest.raises(CallFailed) as failed:
            here.transport.get("/x")
        assert failed.value.kind is Failure.DENIED
        assert here.waited == []


def test_a_limit_that_never_ends_is_throttled() -> None:
    with world(Answer(429, {}, {"Retry-After": "1"})) as here:
        with pytest.raises(CallFailed) as failed:
            here.transport.get("/x")
        assert failed.value.kind is Failure.THROTTLED
        assert len(here.server.asked) == 5


def test_a_limit_of_hours_is_said_at_once() -> None:
    with world(Answer(429, {}, {"Retry-After": "7200"})) as here:
        with pytest.raises(CallFailed) as failed:
            here.transport.get("/x")
        assert failed.value.kind is Failure.THROTTLED
        assert here.waited == []


def test_one_workers_penalty_holds_the_others() -> None:
    with world(Answer(429, {}, {"Retry-After": "30"}), Answer(200, {})) as here:
        here.transport.get("/first")
        before = here.time
        here.transport.budget.pause(10)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(here.transport.get, "/second").result()
        assert here.time - before >= 10


def test_a_reserved_write_meets_a_limit_and_still_arrives() -> None:
    with world(Answer(403, {}, {"Retry-After": "3"}), Answer(204)) as here:
        here.transport.budget.reserve(1)
        assert here.transport.put("/x", {}, reserved=True).status == 204
        assert sum(here.waited) == pytest.approx(3, abs=0.2)


def test_an_answer_that_is_not_json_is_unknown() -> None:
    with world(Answer(200, "<html>a captive portal</html>")) as here:
        with pytest.raises(CallFailed) as failed:
            here.transport.get("/x")
        assert failed.value.kind is Failure.UNKNOWN


def test_pages_are_followed_to_the_end_without_following_to_another_host() -> None:
    def answer(asked: Asked) -> Answer:
        page = int(dict(parse_qsl(urlsplit(asked.path).query)).get("page", 1))
        link = f'<https://evil.example/organizations/1/x?page={page + 1}&per_page=100>; rel="next", <y>; rel="last"'
        return Answer(body=[page], headers={"Link": link} if page < 3 else {})

    with world(answer) as here:
        assert [page.json for page in here.transport.pages("/x")] == [[1], [2], [3]]
        assert all(line.startswith("GET /x?") for line in here.server.lines)


def test_pages_that_go_round_in_circles_end() -> None:
    with world(Answer(body=[], headers={"Link": '<http://h/x?page=2>; rel="next"'})) as here:
        with pytest.raises(CallFailed, match="circles"):
            list(here.transport.pages("/x"))
        assert len(here.server.asked) == 2


def test_graphql_keeps_what_came_beside_the_errors() -> None:
    said = {"data": {"a": 1, "b": None}, "errors": [{"type": "FORBIDDEN", "path": ["b", 3], "message": "no"}]}
    with world(Answer(body=said)) as here:
        answer = here.transport.graphql("{a b}", {})
        assert answer.data == {"a": 1, "b": None}
        assert [(error.type, error.path) for error in answer.errors] == [("FORBIDDEN", ("b", 3))]


def test_graphql_waits_when_it_is_rate_limited_with_status_200() -> None:
    limited = Answer(body={"errors": [{"type": "RATE_LIMITED"}]}, headers={"Retry-After": "4"})
    with world(limited, Answer(body={"data": {"a": 1}})) as here:
        assert here.transport.graphql("{a}", {}).data == {"a": 1}
        assert sum(here.waited) == pytest.approx(4, abs=0.2)


def test_graphql_waits_where_only_words_tell_of_a_secondary_limit() -> None:
    limited = Answer(body={"errors": [{"message": "You have exceeded a secondary rate limit."}]})
    with world(limited, Answer(body={"data": {"a": 1}})) as here:
        assert here.transport.graphql("{a}", {}).data == {"a": 1}
        assert sum(here.waited) == pytest.approx(60, abs=0.2)


def test_the_servers_clock_is_learnt() -> None:
    with world(Answer(body={}, headers={"date": formatdate(time() + 500, usegmt=True)})) as here:
        here.transport.get("/x")
        assert here.transport.clock.offset == pytest.approx(500, abs=3)


def test_each_thread_has_a_connection_of_its_own() -> None:
    together = threading.Barrier(4)
    with world(Answer(body={})) as here, ThreadPoolExecutor(4) as pool:

        def ask(_: int) -> int:
            together.wait(timeout=20)
            return here.transport.get("/x").status

        assert list(pool.map(ask, range(4))) == [200] * 4
        assert here.transport.requests == 4


def test_the_login_and_a_classic_tokens_scopes_are_read() -> None:
    with world(Answer(body={"login": "ada"}, headers={"X-OAuth-Scopes": "repo, workflow"})) as here:
        assert login(here.transport) == Login("ada", frozenset({"repo", "workflow"}))
        assert login(here.transport).problem is None


def test_a_classic_token_without_scopes_has_a_problem_and_a_fine_grained_one_is_believed() -> None:
    with world(Answer(body={"login": "ada"}, headers={"X-OAuth-Scopes": ""}), Answer(body={"login": "ada"})) as here:
        problem = login(here.transport).problem
        assert problem is not None
        assert "repo" in problem
        assert login(here.transport).problem is None


def test_an_app_has_no_login_and_a_wrong_token_is_unauthenticated() -> None:
    with world(Answer(403, {}), Answer(401, {})) as here:
        assert login(here.transport).scopes is None
        with pytest.raises(CallFailed) as failed:
            login(here.transport)
        assert failed.value.kind is Failure.UNAUTHENTICATED
        assert TOKEN not in repr(failed.value) + failed.value.remedy
