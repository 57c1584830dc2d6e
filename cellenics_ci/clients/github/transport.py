"""Requests to GitHub: PyGithub's requester a thread, its own pauses and retries off, our budget around it."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Final
from urllib.parse import urlsplit

from github.Auth import Auth
from requests import RequestException

from cellenics_ci.clients.clock import ServerClock
from cellenics_ci.clients.github.answer import Answer, GraphAnswer, graph_error, next_query
from cellenics_ci.clients.github.budget import LONGEST_PAUSE, READ_POINTS, WRITE_POINTS, Budget
from cellenics_ci.clients.github.errors import limited_for, no_answer, not_ready, refused, throttled
from cellenics_ci.clients.github.requester import NotReady, PlainRequester
from cellenics_ci.clients.quiet import keep_sdks_quiet
from cellenics_ci.errors import CallFailed, Failure, UsageProblem

API_VERSION: Final = "2022-11-28"
ATTEMPTS: Final = 3
"""How often a request that may be repeated is sent when no answer comes."""
_LONGEST_BETWEEN_WRITES: Final = 120.0
_PAUSES: Final = (0.3, 1.0)
_LIMITED_ATTEMPTS: Final = 5
_log = logging.getLogger(__name__)


class Transport:
    """GitHub's REST and GraphQL APIs. Shared by threads. Every method raises CallFailed (and Interrupted) only."""

    def __init__(
        self,
        auth: Auth | None,
        *,
        base_url: str = "https://api.github.com",
        budget: Budget | None = None,
        timeout: int = 20,
        wait: Callable[[float], None] = time.sleep,
        wait_through: Callable[[float], None] = time.sleep,
        clock: ServerClock | None = None,
    ) -> None:
        """Prepare a transport; nothing is sent yet. `timeout` is for connecting and for each read, in seconds.

        `wait` may raise Interrupted; `wait_through` may not: it is used between the two writes of a pair.
        """
        keep_sdks_quiet()
        address = urlsplit(base_url)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise UsageProblem(
                f"{base_url} is no address of GitHub's API.",
                remedy="GITHUB_API_URL looks like https://api.github.com or https://github.example.com/api/v3.",
            )
        self.base_url = base_url.rstrip("/")
        self.budget = budget or Budget(wait=wait)
        self.clock = clock or ServerClock()
        self.requests = 0
        self._auth, self._timeout = auth, timeout
        self._wait, self._wait_through = wait, wait_through
        self._local = threading.local()
        self._count = threading.Lock()

    def with_auth(self, auth: Auth) -> Transport:
        """Return a transport that speaks for somebody else, with the same budget and clock."""
        return Transport(
            auth,
            base_url=self.base_url,
            budget=self.budget,
            timeout=self._timeout,
            wait=self._wait,
            wait_through=self._wait_through,
            clock=self.clock,
        )

    def get(self, path: str, **parameters: str | int) -> Answer:
        """GET a path below the API's address."""
        return self._send("GET", path, parameters=parameters)

    def put(self, path: str, body: Mapping[str, Any], *, reserved: bool = False) -> Answer:
        """PUT a body. `reserved`: the write was set aside in the budget beforehand and is sent at once."""
        return self._send("PUT", path, body=body, reserved=reserved)

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        """POST a body. Sent once: after UNKNOWN its effect may have happened."""
        return self._send("POST", path, body=body or {}, attempts=1)

    def patch(self, path: str, body: Mapping[str, Any]) -> Answer:
        """PATCH a body. Sent once: after UNKNOWN its effect may have happened."""
        return self._send("PATCH", path, body=body, attempts=1)

    def delete(self, path: str) -> Answer:
        """DELETE a path; NOT_FOUND where it is not there (any more)."""
        return self._send("DELETE", path)

    def pages(self, path: str, **parameters: str | int) -> Iterator[Answer]:
        """GET all pages of a listing, one after the other, 100 entries each.

        Of a `Link` only the query is used, on our own path: whatever host it names, the token goes to ours alone.
        """
        query: dict[str, str | int] = {"per_page": 100, **parameters}
        seen: set[tuple[tuple[str, str], ...]] = set()
        while True:
            answer = self._send("GET", path, parameters=query)
            yield answer
            following = next_query(answer.headers.get("link", ""))
            if following is None:
                return
            if following in seen:
                raise CallFailed(Failure.UNKNOWN, f"GitHub's pages of {path} go round in circles.")
            seen.add(following)
            query = dict(following)

    def graphql(self, query: str, variables: Mapping[str, Any], *, attempts: int = ATTEMPTS) -> GraphAnswer:
        """Send a GraphQL query (never a mutation: it may be repeated). Errors come back beside the data."""
        what = "its GraphQL API"
        answer = self._send(
            "POST", _GRAPHQL, body={"query": query, "variables": variables}, attempts=attempts, what=what
        )
        body = answer.json
        if not isinstance(body, dict):
            raise CallFailed(Failure.UNKNOWN, f"GitHub answered {what} with something else than an object.")
        data = body.get("data")
        errors = body.get("errors")
        return GraphAnswer(
            data=data if isinstance(data, dict) else {},
            errors=tuple(graph_error(entry) for entry in errors) if isinstance(errors, list) else (),
            headers=answer.headers,
        )

    def _send(
        self,
        verb: str,
        path: str,
        *,
        parameters: Mapping[str, str | int] | None = None,
        body: Any = None,
        reserved: bool = False,
        attempts: int = ATTEMPTS,
        what: str = "",
    ) -> Answer:
        what = what or f"{verb} {path}"
        points = READ_POINTS if verb == "GET" or path == _GRAPHQL else WRITE_POINTS
        wait, longest = (self._wait_through, _LONGEST_BETWEEN_WRITES) if reserved else (self._wait, LONGEST_PAUSE)
        limited = 0
        while True:
            graphql = path == _GRAPHQL
            place = self.budget.reserved_write() if reserved else self.budget.request(points, graphql=graphql)
            outcome = self._once(verb, path, parameters, body, what, place)
            if isinstance(outcome, Answer):
                return outcome
            if isinstance(outcome, CallFailed):
                attempts -= 1
                if outcome.kind is not Failure.UNKNOWN or attempts <= 0:
                    raise outcome
                wait(_PAUSES[max(0, len(_PAUSES) - attempts)])
                continue
            limited += 1
            if outcome > longest or limited >= _LIMITED_ATTEMPTS:
                raise throttled(what, outcome)
            _log.info("GitHub asks for a pause of %.0f s", outcome)
            self.budget.pause(outcome)
            if reserved:
                # This write does not ask the budget again, so it has to wait by itself.
                wait(outcome)

    def _once(
        self,
        verb: str,
        path: str,
        parameters: Mapping[str, str | int] | None,
        body: Any,
        what: str,
        place: AbstractContextManager[None],
    ) -> Answer | CallFailed | float:
        """Send one request: an answer, a failure, or the seconds for which GitHub wants none."""
        requester = self._requester()
        url = requester.graphql_url if path == _GRAPHQL else path
        with place:
            started = time.perf_counter()
            with self._count:
                self.requests += 1
            try:
                status, headers, text = requester.requestJson(
                    verb, url, dict(parameters or {}), {"Accept": "application/vnd.github+json"}, body
                )
            except CallFailed as failed:
                return failed
            except NotReady:
                return not_ready(what)
            except (RequestException, OSError, RuntimeError, ValueError, UnicodeError) as error:
                _log.debug("%s: %s", what, type(error).__name__)
                return no_answer(error, what)
        _log.debug("%s: %s (%.0f ms)", what, status, (time.perf_counter() - started) * 1000)
        return self._understood(status, headers, text, verb, what)

    def _understood(
        self, status: int, headers: Mapping[str, str], text: str, verb: str, what: str
    ) -> Answer | CallFailed | float:
        self._learn(headers)
        try:
            body = json.loads(text) if text else None
        except ValueError:
            if 200 <= status < 300 and verb not in ("PUT", "DELETE"):
                return CallFailed(Failure.UNKNOWN, f"GitHub answered {what} with something that is not JSON.")
            body = None
        pause = limited_for(status, headers, body, self.clock.now())
        if pause is not None:
            return pause
        return Answer(status, headers, body) if 200 <= status < 300 else refused(status, headers, what)

    def _learn(self, headers: Mapping[str, str]) -> None:
        self.clock.observe(headers.get("date"))
        # GraphQL has an allowance of its own; the two must not be taken for one another.
        if headers.get("x-ratelimit-resource", "core") != "core":
            return
        try:
            remaining, reset = int(headers["x-ratelimit-remaining"]), float(headers["x-ratelimit-reset"])
        except (KeyError, ValueError):
            return
        self.budget.allowance(remaining, reset - self.clock.now())

    def _requester(self) -> PlainRequester:
        # PyGithub promises nothing about one object in several threads.
        requester: PlainRequester | None = getattr(self._local, "requester", None)
        if requester is None:
            requester = self._local.requester = PlainRequester(
                auth=self._auth,
                base_url=self.base_url,
                timeout=self._timeout,
                user_agent="cellenics-ci",
                per_page=100,
                verify=True,
                retry=0,
                pool_size=1,
                seconds_between_requests=None,
                seconds_between_writes=None,
                api_version=API_VERSION,
            )
        return requester


_GRAPHQL: Final = "graphql"
