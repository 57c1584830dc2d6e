"""An organisation at a GitHub that is not ours: what it holds, and the manners of the server that tells of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import nacl.public

POLICY = """\
ci-policies:
  - PolicyName: "ecr"
    PolicyDocument:
      Version: 2012-10-17
      Statement:
        - Effect: Allow
          Action: ["ecr:GetAuthorizationToken"]
          Resource: "*"
"""
WORKFLOW = """\
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: aws-actions/configure-aws-credentials@v4
        with:
          aws-access-key-id: ${{ secrets.AWS_ACCESS_KEY_ID }}
          aws-secret-access-key: ${{ secrets.AWS_SECRET_ACCESS_KEY }}
"""


@dataclass
class Box:
    """The secrets of one scope: a key pair to seal for, and what was really decrypted."""

    private: nacl.public.PrivateKey = field(default_factory=nacl.public.PrivateKey.generate)
    values: dict[str, str] = field(default_factory=dict)
    created: dict[str, datetime] = field(default_factory=dict)
    updated: dict[str, datetime] = field(default_factory=dict)

    @property
    def key_id(self) -> str:
        return str(int.from_bytes(bytes(self.private.public_key)[:7], "big"))

    @property
    def pair(self) -> tuple[str | None, str | None]:
        return self.values.get("AWS_ACCESS_KEY_ID"), self.values.get("AWS_SECRET_ACCESS_KEY")

    def put(self, name: str, value: str, moment: datetime | None = None) -> bool:
        """Keep a value; return whether its name is new."""
        moment = moment or datetime.now(UTC)
        new = name not in self.values
        self.values[name] = value
        self.created.setdefault(name, moment)
        self.updated[name] = moment
        return new


@dataclass
class Repo:
    name: str
    number: int
    files: dict[str, str | bytes | None] = field(default_factory=dict)
    """Text, bytes, or None for a folder of that name."""
    archived: bool = False
    fork: bool = False
    empty: bool = False
    admin: bool = True
    actions: Box = field(default_factory=Box)
    dependabot: Box = field(default_factory=Box)
    environments: dict[str, Box] = field(default_factory=dict)
    runs: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Manners:
    """How a server behaves where GitHub's own, its Enterprise editions and its imitations differ."""

    graphql: str = "schema"
    """`schema`, `loose` (whatever is asked, unknown fields null), `none`."""
    prefix: str = ""
    lowercase: bool = False
    chunked: bool = False
    http10: bool = False
    dated: bool = True
    limits: bool = True
    fractions: bool = False
    total_count: bool = True
    dependabot: bool = True
    environments: bool = True
    organization_secrets: bool = True
    runs: bool = True
    scopes: str | None = "repo, read:org, workflow"
    org_endpoint: bool = True
    user: bool = True
    put_status: tuple[int, int] = (201, 204)


@dataclass
class Organisation:
    login: str = "acme-labs"
    number: int = 4711
    repos: dict[str, Repo] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=lambda: {"tok-admin-0123456789abcdef": "anna"})
    people: set[str] = field(default_factory=lambda: {"anna", "just-a-person"})
    secrets: set[str] = field(default_factory=set)
    log: list[tuple[str, str, int]] = field(default_factory=list)
    queries: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    fault: Callable[[str, str], Any] | None = None
    """Asked at each request: None, ("status", code, headers, body), "drop" or "lose" (done, but unanswered)."""

    def add(self, name: str, ci: str | bytes | None = POLICY, *, path: str = ".ci.yaml", **more: Any) -> Repo:
        files: dict[str, str | bytes | None] = {"README.md": "# " + name}
        if ci is not None:
            files[path] = ci
            files[".github/workflows/ci.yaml"] = WORKFLOW
        files.update(more.pop("files", {}))
        repo = Repo(name, 1000 + len(self.repos), files, **more)
        if repo.empty:
            repo.files.clear()
        self.repos[name] = repo
        return repo
