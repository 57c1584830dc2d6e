"""A clock that a test moves and a plain HTTP client for the embedded GitHub."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

import requests
from nacl.public import PublicKey, SealedBox

from cellenics_ci.sandbox.github import GitHubServer

START = 1_800_000_000


@dataclass
class Clock:
    """A clock that only a test moves."""

    at: float = START

    def __call__(self) -> float:
        return self.at


@dataclass
class Client:
    """Plain HTTP with a token ("" for none); `path` is relative to the API."""

    server: GitHubServer
    token: str = "ghp_admin"
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return self.session.request(method, self.server.url + path, json=body, headers=headers, timeout=30)

    def get(self, path: str, **headers: str) -> Any:
        """Return the JSON of a GET that must succeed."""
        answer = self("GET", path, **headers)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.json()

    def put_secret(self, place: str, name: str, value: str) -> int:
        """Seal and write a secret; returns the status."""
        key = self.get(f"{place}/public-key")
        return self("PUT", f"{place}/{name}", sealed(key, value)).status_code

    def graphql(self, query: str, **variables: Any) -> Any:
        """Return the JSON of a GraphQL query that must be answered with 200."""
        answer = self("POST", "/graphql", {"query": query, "variables": variables})
        assert answer.status_code == 200
        return answer.json()


def sealed(key: dict[str, str], value: str) -> dict[str, str]:
    """Return the body of a secret's PUT for a public key as the API told it."""
    box = SealedBox(PublicKey(base64.b64decode(key["key"])))
    return {"key_id": key["key_id"], "encrypted_value": base64.b64encode(box.encrypt(value.encode())).decode()}
