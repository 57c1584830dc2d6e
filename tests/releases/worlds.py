"""The embedded GitHub with a releases repository, and pushes to it whose time passes without anybody waiting."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from cellenics_ci.clients.github.comparing import Comparing
from cellenics_ci.clients.github.git_data import GitData
from cellenics_ci.clients.github.transport import Transport
from cellenics_ci.errors import Interrupted
from cellenics_ci.model.git import Author
from cellenics_ci.model.names import OrgName, RepoName
from cellenics_ci.releases.decide import Manifested
from cellenics_ci.releases.push import Ports, Pushing
from tests.releases.making import SHA, TAG, manifest, released, source

ACME = OrgName("acme")


@dataclass
class Pace:
    """Time that passes only by waiting; it ends `stop_at` seconds in with the wish to stop."""

    at: float = 0.0
    stop_at: float | None = None
    waits: list[float] = field(default_factory=list)
    dice: random.Random = field(default_factory=lambda: random.Random(7))
    between: Callable[[], None] = lambda: None

    def now(self) -> float:
        return self.at

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.at += seconds
        if self.stop_at is not None and self.at >= self.stop_at:
            raise Interrupted
        self.between()

    def jitter(self) -> float:
        return 0.5 + self.dice.random() / 2


@cache
def _filled(tag: str, commit: str, environment: str) -> Manifested:
    release = released(environment, origin=source(commit=commit), tag=tag)
    return Manifested(
        release.path, manifest(release), release.source.repository, release.source.commit, release.message
    )


def wanted(name: str = "shop", tag: str = TAG, commit: str = SHA, environment: str = "develop") -> Manifested:
    """Return a service's filled manifest."""
    made = _filled(tag, commit, environment)
    texts = (made.path, made.text, made.repository, made.commit, made.message)
    return Manifested(*(text.replace("shop", name) for text in texts))


def pushing(
    transport: Transport,
    what: Manifested | None = None,
    pace: Pace | None = None,
    *,
    author: Author | None = None,
    allow_older: bool = False,
    tell: Callable[[str], None] = lambda text: None,
    repo: str = "releases",
) -> Pushing:
    """Return a push that has not begun."""
    ports = Ports(GitData(transport, ACME, RepoName(repo)), Comparing(transport), pace or Pace())
    return Pushing(ports, what or wanted(), author=author, allow_older=allow_older, tell=tell)
