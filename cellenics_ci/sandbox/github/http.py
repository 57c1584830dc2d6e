"""A request and an answer as the embedded GitHub's own code sees them, and GitHub's form of errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

DOCS: Final = "https://docs.github.com"
JSON_TYPE: Final = "application/json; charset=utf-8"
ENTERPRISE_PREFIX: Final = "/api/v3"


class ConnectionDropped(Exception):
    """Raised by a hook: the connection is closed without an answer."""


@dataclass(frozen=True)
class Request:
    """One request. `target` is the path and query as sent, still percent-encoded; header names in small letters."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)

    @cached_property
    def path(self) -> str:
        """The path without query and without the prefix of GitHub Enterprise Server, still percent-encoded."""
        path = urlsplit(self.target).path
        if path in ("/api/graphql", ENTERPRISE_PREFIX):
            return "/graphql" if path == "/api/graphql" else "/"
        return path.removeprefix(ENTERPRISE_PREFIX) if path.startswith(f"{ENTERPRISE_PREFIX}/") else path

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """The path's parts, decoded one by one: an encoded slash stays inside its part."""
        return tuple(unquote(part) for part in self.path.strip("/").split("/"))

    @cached_property
    def query(self) -> dict[str, str]:
        """The query's parameters; the last one wins."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @cached_property
    def base_url(self) -> str:
        """The address under which the client reaches this API, to build links with."""
        prefix = ENTERPRISE_PREFIX if self.target.startswith("/api/") else ""
        return f"http://{self.headers.get('host', '127.0.0.1')}{prefix}"

    def json(self) -> dict[str, Any]:
        """Return the body's JSON object; raises Problem as GitHub does for anything else."""
        try:
            value = json.loads(self.body or b"{}")
        except ValueError:
            raise Problem(400, "Problems parsing JSON", f"{DOCS}/rest") from None
        if not isinstance(value, dict):
            raise Problem(400, "Body should be a JSON object", f"{DOCS}/rest")
        return value


@dataclass
class Response:
    """One answer. `body` is text to send as it is, or a value to send as JSON; None sends nothing."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """Return the body's bytes and set the content type that goes with them."""
        if self.body is None:
            return b""
        if isinstance(self.body, bytes):
            return self.body
        self.headers.setdefault("Content-Type", JSON_TYPE)
        return json.dumps(self.body, separators=(",", ":")).encode()


class Problem(Exception):
    """An answer that is an error, in the form GitHub gives it."""

    def __init__(
        self,
        status: int,
        message: str,
        documentation_url: str = f"{DOCS}/rest",
        *,
        errors: list[dict[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.documentation_url = documentation_url
        self.errors = errors
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """Return the answer."""
        body: dict[str, Any] = {"message": self.message}
        if self.errors is not None:
            body["errors"] = self.errors
        body |= {"documentation_url": self.documentation_url, "status": str(self.status)}
        return Response(self.status, body, dict(self.headers))


def not_found() -> Problem:
    """Return GitHub's answer for what is not there, or must not be seen."""
    return Problem(404, "Not Found")


def invalid(message: str, documentation_url: str = f"{DOCS}/rest") -> Problem:
    """Return GitHub's answer for a body that it refuses with a message alone."""
    return Problem(422, message, documentation_url)


def validation_failed(resource: str, field_name: str, message: str, documentation_url: str) -> Problem:
    """Return GitHub's answer for a body that it refuses with a list of errors."""
    errors = [{"resource": resource, "code": "custom", "field": field_name, "message": message}]
    return Problem(422, "Validation Failed", documentation_url, errors=errors)


@lru_cache(maxsize=4096)
def iso(at: float | None) -> str | None:
    """Return UTC epoch seconds as GitHub writes dates: whole seconds and a Z."""
    return None if at is None else datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
