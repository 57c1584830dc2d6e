"""What GitHub's refusals mean, by status and headers, as a CallFailed that carries no body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from cellenics_ci.errors import CallFailed, Failure

_AGAIN: Final = "Check the connection and https://www.githubstatus.com, then run the command again."
_SSO_URL = re.compile(r"url=(https?://[^\s;,]+)")
_SECONDARY_LIMIT: Final = ("secondary rate limit", "abuse detection")
_KINDS: Final[dict[int, Failure]] = {
    401: Failure.UNAUTHENTICATED,
    403: Failure.DENIED,
    404: Failure.NOT_FOUND,
    409: Failure.INVALID,
    410: Failure.NOT_FOUND,
    422: Failure.INVALID,
    451: Failure.DENIED,
}
_REMEDIES: Final[dict[Failure, str]] = {
    Failure.UNAUTHENTICATED: "The token is wrong, expired or revoked: make a new one, or run `gh auth login`.",
    Failure.DENIED: "Give the token the rights that docs/security-model.md lists, or use one of an admin.",
    Failure.NOT_FOUND: "GitHub also says this where the token may not see it: check the name and the token's rights.",
    Failure.UNKNOWN: _AGAIN,
}


def refused(status: int, headers: Mapping[str, str], what: str) -> CallFailed:
    """Return what a status above 299 means. `what` is the request in the words of the reference (`GET /orgs/x`)."""
    if status == 403 and "x-github-sso" in headers:
        return _sso(headers["x-github-sso"], what)
    if status >= 500:
        return CallFailed(Failure.UNKNOWN, f"GitHub could not answer {what}: {status}.", remedy=_AGAIN)
    if 300 <= status < 400:
        return CallFailed(
            Failure.NOT_FOUND,
            f"GitHub says that {what} has moved.",
            remedy="Was the repository renamed? Run the command again.",
        )
    kind = _KINDS.get(status, Failure.INVALID)
    return CallFailed(kind, f"GitHub refused {what}: {status}.", remedy=_REMEDIES.get(kind, ""))


def no_answer(error: BaseException, what: str) -> CallFailed:
    """Return the failure of a request that got no answer, or one that can't be read."""
    return CallFailed(Failure.UNKNOWN, f"GitHub did not answer {what} ({type(error).__name__}).", remedy=_AGAIN)


def not_ready(what: str) -> CallFailed:
    """Return the failure of a read that GitHub accepted and has not answered (202)."""
    return CallFailed(Failure.UNKNOWN, f"GitHub has no answer to {what} yet.", remedy="Run the command again later.")


def throttled(what: str, seconds: float) -> CallFailed:
    """Return the failure of a request that GitHub keeps refusing for its rate limits."""
    return CallFailed(
        Failure.THROTTLED,
        f"GitHub's rate limit keeps {what} waiting for {seconds:.0f} s.",
        remedy="Run the command again after that time, with fewer repositories at once.",
    )


def limited_for(status: int, headers: Mapping[str, str], body: Any, now: float) -> float | None:
    """Return for how many seconds GitHub wants no request, None where the answer is no rate limit's.

    Retry-After first, then `x-ratelimit-reset` where nothing remains, else a minute (REST reference, "Best practices").
    `now` is GitHub's time in UTC epoch seconds.
    """
    if status not in (403, 429) and not (status == 200 and _graphql_limited(body)):
        return None
    if (seconds := _number(headers.get("retry-after"))) is not None:
        return seconds
    if headers.get("x-ratelimit-remaining") == "0":
        reset = _number(headers.get("x-ratelimit-reset"))
        return max(1.0, reset - now) if reset is not None else 60.0
    if status in (429, 200):
        return 60.0
    return 60.0 if _secondary_limit(body) else None


def _secondary_limit(body: Any) -> bool:
    """Say whether a refusal without any header is a secondary limit's: by its link, or else by what it says."""
    if not isinstance(body, dict):
        return False
    return "rate-limit" in str(body.get("documentation_url")) or _says_so(body.get("message"))


def _graphql_limited(body: Any) -> bool:
    errors = body.get("errors") if isinstance(body, dict) else None
    return isinstance(errors, list) and any(
        isinstance(error, dict)
        and (error.get("type") in ("RATE_LIMITED", "RATE_LIMIT") or _says_so(error.get("message")))
        for error in errors
    )


def _says_so(message: Any) -> bool:
    """Say whether a message speaks of a secondary limit.

    The one place that goes by words: nothing else tells it from a missing right, and the references promise only "an
    error message that indicates" it ("Rate limits for the REST API"; for GraphQL likewise, with status 200 or 403).
    """
    lowered = str(message).lower()
    return any(words in lowered for words in _SECONDARY_LIMIT)


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else max(0.0, float(text))
    except ValueError:
        return None


def _sso(header: str, what: str) -> CallFailed:
    found = _SSO_URL.search(header)
    where = found.group(1) if found else "https://github.com/settings/tokens"
    return CallFailed(
        Failure.DENIED,
        # The address is in the sentence itself: a repository's reason is often shown without a remedy.
        f"GitHub refused {what}: the organisation wants this token authorised for single sign-on, at {where}",
        remedy="Open that address, authorise the token, then run the command again.",
    )
