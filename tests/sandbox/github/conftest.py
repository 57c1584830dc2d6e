"""One embedded GitHub with a small organisation, and clients for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cellenics_ci.sandbox.github import GitHubServer, GitHubState, Repository
from tests.sandbox.github.client import Client, Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def state(clock: Clock) -> GitHubState:
    state = GitHubState(clock=clock)
    state.add_account("acme", members={"ada": "admin", "bob": "member"})
    state.add_token("ghp_admin", "ada", ["repo", "admin:org"])
    return state


@pytest.fixture
def repository(state: GitHubState) -> Repository:
    return state.add_repository("acme", "ui", {"README.md": b"# ui\n", ".ci.yaml": b"ci-policies: []\n"})


@pytest.fixture
def server(state: GitHubState, repository: Repository) -> Iterator[GitHubServer]:
    with GitHubServer(state) as server:
        yield server
        assert server.failures == []


@pytest.fixture
def client(server: GitHubServer) -> Client:
    return Client(server)


@pytest.fixture
def client_of(server: GitHubServer) -> Callable[..., Client]:
    """Make a client with another token; `settings` go to GitHubState.add_token."""

    def make(login: str = "ada", **settings: Any) -> Client:
        text = f"token-{len(server.state.tokens)}"
        server.state.add_token(text, login, **settings)
        return Client(server, text)

    return make
