"""GitHub's rate limits: the hourly ones always, the secondary ones on demand or enforced."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from cellenics_ci.sandbox.github.http import DOCS, Problem, Request

HOUR: Final = 3600
MINUTE: Final = 60
ANONYMOUS_LIMIT: Final = 60
SECONDARY_DOCS: Final = f"{DOCS}/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"
PRIMARY_DOCS: Final = f"{DOCS}/rest/overview/rate-limits-for-the-rest-api"


@dataclass(slots=True)
class Window:
    """What one account has used of one resource in the hour that ends at `reset_at` (UTC epoch seconds)."""

    limit: int
    reset_at: int
    used: int = 0

    @property
    def remaining(self) -> int:
        """What is left of the hour's requests or points."""
        return max(0, self.limit - self.used)

    def headers(self, resource: str) -> dict[str, str]:
        """Return the headers that tell a client about this window."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Used": str(self.used),
            "X-RateLimit-Reset": str(self.reset_at),
            "X-RateLimit-Resource": resource,
        }

    def overview(self, resource: str) -> dict[str, int | str]:
        """Return the window as `/rate_limit` lists it."""
        left = {"limit": self.limit, "used": self.used, "remaining": self.remaining, "reset": self.reset_at}
        return left | {"resource": resource}


@dataclass(slots=True)
class Refusal:
    """Secondary limits that were ordered: how many requests, with which status, which ones."""

    times: int
    status: int
    retry_after: int | None
    matches: Callable[[Request], bool]


@dataclass
class Limits:
    """The limits of one server. All methods are called with the state's lock held.

    `limits` are the hourly ones by resource. With `enforced`, an account gets `points` a minute for REST (1 for a read,
    5 for a write), `graphql_points` for GraphQL (1 for a query), and the server `concurrent` requests at once (GitHub's
    documentation, "About secondary rate limits").
    """

    limits: dict[str, int] = field(default_factory=lambda: {"core": 5000, "graphql": 5000, "search": 30})
    enforced: bool = False
    points: int = 900
    graphql_points: int = 2000
    concurrent: int = 100
    windows: dict[tuple[str, str | None], Window] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    _spent: dict[tuple[str | None, bool], deque[tuple[float, int]]] = field(default_factory=dict)

    def refuse(
        self,
        times: int = 1,
        *,
        status: int = 403,
        retry_after: int | None = 60,
        matches: Callable[[Request], bool] = lambda request: True,
    ) -> None:
        """Answer the next `times` requests that match with a secondary limit; `retry_after` in seconds."""
        self.refusals.append(Refusal(times, status, retry_after, matches))

    def window(self, resource: str, login: str | None, now: float) -> Window:
        """Return the current window of an account (None: not signed in), a new one where the last has ended."""
        window = self.windows.get((resource, login))
        if window is None or now >= window.reset_at:
            limit = ANONYMOUS_LIMIT if login is None else self.limits[resource]
            window = self.windows[resource, login] = Window(limit, int(now) + HOUR)
        return window

    def exhaust(self, login: str, resource: str = "core", *, now: float) -> None:
        """Use up what is left of an account's hour."""
        window = self.window(resource, login, now)
        window.used = window.limit

    def check_secondary(self, request: Request, login: str | None, running: int, now: float) -> Problem | None:
        """Return the refusal that was ordered, or that the enforced limits call for; `running` requests at once."""
        for refusal in self.refusals:
            if refusal.matches(request):
                refusal.times -= 1
                if refusal.times <= 0:
                    self.refusals.remove(refusal)
                return secondary(refusal.status, refusal.retry_after)
        if not self.enforced:
            return None
        if running > self.concurrent:
            return secondary(403, MINUTE)
        graphql = request.path == "/graphql"
        reads = graphql or request.method in ("GET", "HEAD", "OPTIONS")
        return self._spend(login, 1 if reads else 5, now, graphql=graphql)

    def _spend(self, login: str | None, points: int, now: float, *, graphql: bool) -> Problem | None:
        limit = self.graphql_points if graphql else self.points
        spent = self._spent.setdefault((login, graphql), deque())
        while spent and spent[0][0] <= now - MINUTE:
            spent.popleft()
        if sum(cost for _, cost in spent) + points > limit:
            return secondary(403, max(1, math.ceil(spent[0][0] + MINUTE - now)) if spent else MINUTE)
        spent.append((now, points))
        return None


def secondary(status: int, retry_after: int | None) -> Problem:
    """Return GitHub's refusal for a secondary limit (403 or 429); `retry_after` in seconds, None to leave it out."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
    return Problem(status, message, SECONDARY_DOCS, headers=headers)


def primary(account_id: int | None) -> Problem:
    """Return GitHub's refusal for an hour that is used up."""
    whom = "this address" if account_id is None else f"user ID {account_id}"
    return Problem(403, f"API rate limit exceeded for {whom}.", PRIMARY_DOCS)
