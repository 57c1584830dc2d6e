"""A faulty proxy on a loopback port, in front of the embedded AWS, the embedded GitHub, or any other HTTP server.

    calls = Ordinals()
    script = first(at(7, DROP_AFTER), on("PUT */secrets/*", too_many_requests(30), times=2))
    with FaultyProxy(cloud.url, script, calls) as aws, FaultyProxy(github.url, script, calls) as github:
        run_with(AWS_ENDPOINT_URL=aws.url, GITHUB_API_URL=github.url)
    assert aws.counts()["iam:CreateAccessKey"] == 1

A *script* is asked once for each request and returns the Fault that it meets, or None. Requests are told apart
by their ordinal (1, 2, 3… in the order of arrival; proxies that share an Ordinals count on together) and by their
name: `iam:CreateAccessKey`, `sts:GetCallerIdentity`; `PUT /repos/acme/ui/actions/secrets/NAME`, `POST /graphql`.
Nothing of a request's or an answer's body is kept.

For kill -9 at a call: `at(n, acting(lambda _: os.kill(pid, SIGKILL)))` kills it when call n arrives and lets
nothing through; `acting(…, when="after")` when its answer is about to go back. Where the test itself has to look
first, `holding(hold)` stops the call until `hold.release()` or `hold.abandon()`.
"""

from __future__ import annotations

import http.client
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, NamedTuple, Self
from urllib.parse import urlsplit

from cellenics_ci.sandbox.aws.calls import read_call
from cellenics_ci.sandbox.loopback import ConnectionDropped, LoopbackServer, Request, Response
from tests.faults.scripts import (
    DROP_AFTER,
    DROP_BEFORE,
    Fault,
    Hold,
    Script,
    Seen,
    When,
    acting,
    at,
    first,
    forbidden,
    holding,
    no_faults,
    on,
    server_error,
    slow,
    throttling,
    too_many_requests,
)

_HOP_BY_HOP: Final = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})
__all__ = [
    "DROP_AFTER",
    "DROP_BEFORE",
    "Fault",
    "FaultyProxy",
    "Hold",
    "Ordinals",
    "Passed",
    "Script",
    "Seen",
    "When",
    "acting",
    "at",
    "first",
    "forbidden",
    "holding",
    "no_faults",
    "on",
    "server_error",
    "slow",
    "throttling",
    "too_many_requests",
]


class Passed(NamedTuple):
    """What became of a request. `status` is what the client got, 0 for a dropped connection.

    `upstream` is the server's own answer: 0 where the server never saw the request.
    """

    seen: Seen
    status: int
    upstream: int


class Ordinals:
    """Numbers requests from 1 in the order of their arrival, over all proxies that share it."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._guard = threading.Lock()

    def take(self) -> int:
        """Return the next number."""
        with self._guard:
            return next(self._numbers)


@dataclass
class _Traffic:
    now: int = 0
    most: int = 0
    guard: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> None:
        with self.guard:
            self.now += 1
            self.most = max(self.most, self.now)

    def __exit__(self, *_: object) -> None:
        with self.guard:
            self.now -= 1


class FaultyProxy:
    """Passes requests on to `upstream` (a URL on loopback), one thread and one upstream connection a client's.

    `latency` in seconds is added to every request, side by side. `sleep` is what delays are spent with. Observers
    are called in the proxy's thread after every effect, before the answer goes back: a place to check invariants.
    `owner_of` names the user of an access key id, for calls that name a key and no user.
    """

    def __init__(
        self,
        upstream: str,
        script: Script = no_faults,
        ordinals: Ordinals | None = None,
        *,
        latency: float = 0.0,
        sleep: Callable[[float], None] = time.sleep,
        owner_of: Callable[[str], str] = lambda key_id: "",
    ) -> None:
        self.script = script
        self.latency = latency
        self.passed: list[Passed] = []
        self.observers: list[Callable[[Passed], None]] = []
        self._ordinals = ordinals or Ordinals()
        self._sleep = sleep
        self._owner_of = owner_of
        self._address = urlsplit(upstream).netloc
        self._local = threading.local()
        self._traffic = _Traffic()
        self._http = LoopbackServer(self._handle, time.time)

    @property
    def url(self) -> str:
        """The address that a client is given in place of the server's."""
        return self._http.url

    @property
    def most_at_once(self) -> int:
        """How many requests were under way at the same time, at most."""
        return self._traffic.most

    def counts(self) -> Counter[str]:
        """Return how often each call was made, by its name, whatever became of it."""
        return Counter(passed.seen.name for passed in self.passed)

    def start(self) -> Self:
        """Begin to pass requests on."""
        self._http.start()
        return self

    def stop(self) -> None:
        """Stop listening and close every connection. Held calls stay where they are until they are decided."""
        self._http.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _handle(self, request: Request) -> Response:
        seen = describe(request, self._ordinals.take(), self._owner_of)
        upstream = status = 0
        with self._traffic:
            try:
                if self.latency:
                    self._sleep(self.latency)
                fault = self.script(seen) or Fault()
                response = self._meet(fault, seen, request) if fault.when == "before" else None
                if response is None:
                    response = self._forward(request)
                    upstream = response.status
                    for observer in self.observers:
                        observer(Passed(seen, response.status, upstream))
                    if fault.when == "after":
                        response = self._meet(fault, seen, request) or response
                status = response.status
            finally:
                self.passed.append(Passed(seen, status, upstream))
        return response

    def _meet(self, fault: Fault, seen: Seen, request: Request) -> Response | None:
        if fault.delay:
            self._sleep(fault.delay)
        if fault.doing is not None:
            fault.doing(seen)
        if fault.hold is not None:
            fault.hold.pause()
        if fault.drop:
            raise ConnectionDropped
        return fault.answer(request) if fault.answer is not None else None

    def _forward(self, request: Request) -> Response:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = http.client.HTTPConnection(self._address)
        try:
            # Headers go on as they came: Host is part of AWS's signature.
            connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
            for name, value in request.headers.items():
                if name not in ("connection", "keep-alive"):
                    connection.putheader(name, value)
            connection.endheaders(request.body or None)
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            raise ConnectionDropped from None
        headers = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP_BY_HOP}
        return Response(answer.status, headers, body)


def describe(request: Request, number: int = 0, owner_of: Callable[[str], str] = lambda key_id: "") -> Seen:
    """Return what a script sees of a request."""
    call = read_call(request)
    if call.service:
        named = call.params.get("UserName") or call.params.get("RoleName")
        return Seen(number, call.name, named or owner_of(call.params.get("AccessKeyId") or call.key_id), True)
    path = urlsplit(request.target).path.removeprefix("/api/v3")
    if path in ("/api/graphql", "/graphql"):
        return Seen(number, f"{request.method} /graphql", _only_repository(request), False)
    parts = path.split("/")
    repository = parts[3] if parts[1:2] == ["repos"] and len(parts) > 3 else ""
    return Seen(number, f"{request.method} {path}", repository, False)


def _only_repository(request: Request) -> str:
    """The repository that a GraphQL request asks for by name, "" where it asks for several or for a page."""
    try:
        variables = json.loads(request.body)["variables"]
        names = [value for name, value in variables.items() if name != "org"]
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
    return str(names[0]) if len(names) == 1 else ""
