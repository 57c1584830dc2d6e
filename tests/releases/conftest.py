"""One embedded GitHub with a releases repository, and a transport to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cellenics_ci.clients.github.transport import Transport
from cellenics_ci.sandbox.github import GitHubServer, GitHubState, Repository
from tests.clients.github.conftest import transport_to


@pytest.fixture
def state() -> GitHubState:
    state = GitHubState()
    state.add_account("acme", members={"ada": "admin"})
    state.add_token("ghp_admin", "ada", ["repo", "admin:org"])
    return state


@pytest.fixture
def releases(state: GitHubState) -> Repository:
    return state.add_repository("acme", "releases", {"README.md": b"# releases\n", "production/api.yaml": b"a: 1\n"})


@pytest.fixture
def server(state: GitHubState, releases: Repository) -> Iterator[GitHubServer]:
    with GitHubServer(state) as server:
        yield server
        assert server.failures == []


@pytest.fixture
def transport(server: GitHubServer) -> Transport:
    return transport_to(server.url)
