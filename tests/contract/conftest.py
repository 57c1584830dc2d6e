"""A server with one of everything."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cellenics_ci.sandbox.github import GitHubServer
from tests.contract.world import World, make_world


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def server(world: World) -> Iterator[GitHubServer]:
    with GitHubServer(world.state) as server:
        yield server
        assert server.failures == []
