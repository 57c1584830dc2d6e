"""The embedded AWS and GitHub, each in a process of its own, each request answered after a delay."""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Final

from benchmarks.organization import ORGANIZATION, TOKEN, Size, world

LATENCY: Final = 0.05
"""Seconds by which each answer is late, for as many requests at a time as there are."""
_spawn: Final = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Served:
    """What a server did since it was last asked: requests by name, seconds of its processor."""

    requests: Counter[str]
    cpu: float


class _Server:
    """A server's process, from the side that measures."""

    def __init__(self, kind: str, size: Size, latency: float) -> None:
        self._pipe, theirs = _spawn.Pipe()
        self._process = _spawn.Process(target=_serve, args=(kind, size, latency, theirs), daemon=True)
        self._process.start()

    def environment(self) -> Mapping[str, str]:
        """Return the variables that lead to the server, once it listens."""
        found: Mapping[str, str] = self._ask("environment")
        return found

    def take(self) -> Served:
        """Return what it did since the last time."""
        requests, cpu = self._ask("take")
        return Served(requests, cpu)

    def stop(self) -> None:
        """End the process."""
        self._pipe.send("stop")
        self._process.join(10)

    def _ask(self, what: str) -> Any:
        self._pipe.send(what)
        return self._pipe.recv()


@dataclass(frozen=True, slots=True)
class Servers:
    """Both servers, of one organisation."""

    aws: _Server
    github: _Server
    environment: Mapping[str, str]

    def take(self) -> tuple[Served, Served]:
        """Return what AWS and GitHub did since the last time."""
        return self.aws.take(), self.github.take()


@contextmanager
def servers(size: Size, latency: float = LATENCY) -> Iterator[Servers]:
    """Run both servers for an organisation."""
    aws, github = _Server("aws", size, latency), _Server("github", size, latency)
    try:
        yield Servers(aws, github, {**aws.environment(), **github.environment()})
    finally:
        aws.stop()
        github.stop()


def _serve(kind: str, size: Size, latency: float, pipe: Connection) -> None:
    """Run one of the servers until told to stop. In the process of its own."""
    from cellenics_ci.sandbox.environment import without_configuration

    with without_configuration():
        from cellenics_ci.sandbox.running import Sandbox

        sandbox = Sandbox(world(size))
    # Both are seeded, since secrets refer to keys; only one answers.
    if kind == "aws":
        sandbox.aws.before_call.append(lambda call: time.sleep(latency))
        sandbox.aws.start()
        environment = sandbox.aws.environment()
    else:
        sandbox.github.state.before_request.append(lambda request: time.sleep(latency))
        sandbox.github.start()
        environment = {
            "GITHUB_API_URL": sandbox.github.url,
            "GITHUB_API_TOKEN": TOKEN,
            "GITHUB_CELLENICS_ORG": ORGANIZATION,
        }
    seen, cpu = 0, time.process_time()
    while (wish := pipe.recv()) != "stop":
        if wish == "environment":
            pipe.send(environment)
            continue
        names = _names(sandbox, kind)
        pipe.send((Counter(names[seen:]), time.process_time() - cpu))
        seen, cpu = len(names), time.process_time()


def _names(sandbox: Any, kind: str) -> list[str]:
    if kind == "aws":
        return [call.name for call in list(sandbox.aws.calls)]
    return [request_name(each.method, each.path) for each in list(sandbox.github.requests)]


def request_name(method: str, path: str) -> str:
    """Return a request to GitHub by its kind: without organisation, repository, and the names in it."""
    parts = path.strip("/").split("/")
    if parts[0] == "repos":
        parts[1:3] = ["R"]
    elif parts[0] == "orgs":
        parts[1:2] = ["O"]
    if "secrets" in parts and parts[-1] not in ("secrets", "public-key", "organization-secrets"):
        parts[-1] = "NAME"
    return f"{method} /{'/'.join(parts)}"
