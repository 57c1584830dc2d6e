"""The embedded GitHub with a small organisation, and a transport to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cellenics_ci.clients.github.auth import CurrentToken
from cellenics_ci.clients.github.budget import Budget
from cellenics_ci.clients.github.transport import Transport
from cellenics_ci.model.names import OrgName
from cellenics_ci.model.secret import Secret
from cellenics_ci.sandbox.github import GitHubServer, GitHubState

ACME = OrgName("acme")
DECLARATION = b"ci-policies: []\n"


@pytest.fixture
def state() -> GitHubState:
    state = GitHubState()
    state.add_account("acme", members={"ada": "admin"})
    state.add_token("ghp_admin", "ada", ["repo", "admin:org"])
    return state


@pytest.fixture
def server(state: GitHubState) -> Iterator[GitHubServer]:
    with GitHubServer(state) as server:
        yield server
        assert server.failures == []


@pytest.fixture
def transport(server: GitHubServer) -> Transport:
    return transport_to(server.url)


def transport_to(url: str, token: str = "ghp_admin", budget: Budget | None = None) -> Transport:
    return Transport(
        CurrentToken(lambda: Secret(token)),
        base_url=url,
        budget=budget,
        wait=lambda _: None,
        wait_through=lambda _: None,
    )
