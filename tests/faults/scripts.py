"""Faults, and the scripts that decide which request meets which: the vocabulary of the faulty proxy."""

from __future__ import annotations

import fnmatch
import itertools
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from cellenics_ci.sandbox.aws.calls import Refusal, read_call
from cellenics_ci.sandbox.loopback import ConnectionDropped, Request, Response

When = Literal["before", "after"]
"""Before the server has seen the call (it has no effect), or after (it has, and the answer is still here)."""

SECONDARY_LIMIT: Final = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
NO_RIGHT: Final = "Resource not accessible by personal access token"


class Seen(NamedTuple):
    """One request as scripts see it. `about` is the user or role of an IAM call, the repository of a GitHub one."""

    number: int
    name: str
    about: str
    aws: bool


class Hold:
    """Stops calls on their way until the test says how they go on."""

    def __init__(self) -> None:
        self._reached = threading.Event()
        self._decided = threading.Event()
        self._abandoned = False

    def wait_until_reached(self, timeout: float = 30.0) -> None:
        """Wait for the call; raises TimeoutError after `timeout` seconds."""
        if not self._reached.wait(timeout):
            raise TimeoutError("no call came to be held")

    @property
    def reached(self) -> bool:
        """Whether a call has come."""
        return self._reached.is_set()

    def release(self) -> None:
        """Let the held call, and those that come later, go on."""
        self._decided.set()

    def abandon(self) -> None:
        """Drop the held call's connection: what has not reached the server never will."""
        self._abandoned = True
        self._decided.set()

    def pause(self) -> None:
        """Stand still in the proxy's thread; raises ConnectionDropped when abandoned."""
        self._reached.set()
        self._decided.wait()
        if self._abandoned:
            raise ConnectionDropped


@dataclass(frozen=True)
class Fault:
    """What a request meets: first `delay` and `doing` and `hold`, then the drop or the answer in place, if any."""

    when: When = "before"
    drop: bool = False
    answer: Callable[[Request], Response] | None = None
    delay: float = 0.0
    doing: Callable[[Seen], None] | None = None
    hold: Hold | None = None


Script = Callable[[Seen], Fault | None]

DROP_BEFORE: Final = Fault("before", drop=True)
"""The connection is closed and the server never saw the call."""
DROP_AFTER: Final = Fault("after", drop=True)
"""The call has had its effect, and the answer is lost."""


def server_error(status: int = 500, *, when: When = "before") -> Fault:
    """Answer 500, 502 or 503, with or without the effect."""
    return Fault(when, answer=lambda request: _error(request, status, "ServiceFailure", "Server Error"))


def forbidden(retry_after: int | None = 60) -> Fault:
    """Answer 403 as GitHub does at a secondary limit, with Retry-After in seconds; None: as for want of a right."""
    message = NO_RIGHT if retry_after is None else SECONDARY_LIMIT
    return Fault(answer=lambda request: _error(request, 403, "AccessDenied", message, retry_after))


def too_many_requests(retry_after: int | None = 60) -> Fault:
    """Answer 429 with Retry-After in seconds unless None."""
    return Fault(answer=lambda request: _error(request, 429, "Throttling", SECONDARY_LIMIT, retry_after))


def throttling() -> Fault:
    """Answer AWS's Throttling."""
    return Fault(answer=lambda request: _error(request, 400, "Throttling", "Rate exceeded"))


def slow(seconds: float, *, when: When = "after") -> Fault:
    """Let the call through, and wait before (or after) the server sees it."""
    return Fault(when, delay=seconds)


def acting(doing: Callable[[Seen], None], *, when: When = "before", drop: bool = True) -> Fault:
    """Do something when the call arrives, or when its answer is about to go back; then drop the connection."""
    return Fault(when, drop=drop, doing=doing)


def holding(hold: Hold, *, when: When = "before") -> Fault:
    """Stop the call until the test decides."""
    return Fault(when, hold=hold)


def at(number: int, fault: Fault) -> Script:
    """Return a script that meets the request of this ordinal."""
    return lambda seen: fault if seen.number == number else None


def on(pattern: str, fault: Fault, *, about: str = "*", times: int | None = None, skip: int = 0) -> Script:
    """Return a script for requests whose name fits a glob: not the first `skip`, then `times` of them, or all."""
    turns = itertools.count()
    guard = threading.Lock()

    def script(seen: Seen) -> Fault | None:
        if not (fnmatch.fnmatchcase(seen.name, pattern) and fnmatch.fnmatchcase(seen.about, about)):
            return None
        with guard:
            turn = next(turns) - skip
        return fault if turn >= 0 and (times is None or turn < times) else None

    return script


def first(*scripts: Script) -> Script:
    """Return a script that takes the first fault that any of these has; each of them is asked."""

    def script(seen: Seen) -> Fault | None:
        found = [fault for each in scripts if (fault := each(seen)) is not None]
        return found[0] if found else None

    return script


def no_faults(_: Seen) -> Fault | None:
    """Return nothing: a script that lets everything through."""
    return None


def _error(request: Request, status: int, code: str, message: str, retry_after: int | None = None) -> Response:
    call = read_call(request)
    if call.service:
        response = Refusal(code, message, status).response(call)
    else:
        text = json.dumps({"message": message, "documentation_url": "https://docs.github.com/rest"})
        response = Response(status, {"Content-Type": "application/json; charset=utf-8"}, text.encode())
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response
