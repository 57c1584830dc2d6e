"""An embedded GitHub with its SSH server: sshd and the one from a library alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import pytest

from cellenics_ci.deploykeys.pairs import generate
from cellenics_ci.model.deploy_keys import Algorithm, PublicKey, SshAddress, SshPair
from cellenics_ci.sandbox.github.records import DeployKey, Repository
from cellenics_ci.sandbox.github.state import GitHubState
from cellenics_ci.sandbox.ssh import SshServer
from cellenics_ci.sandbox.ssh.server import Kind
from tests.needs import needs


@dataclass
class Place:
    """One server with the repositories acme/releases and acme/other, and ways to let keys in."""

    state: GitHubState
    server: SshServer
    releases: Repository
    other: Repository

    def register(self, pair: SshPair, *, read_only: bool = True, where: Repository | None = None) -> DeployKey:
        key = DeployKey(self.state.next_id(), pair.public.text, "flux", read_only, self.state.now(), "octo")
        (where or self.releases).deploy_keys.append(key)
        self.state.deploy_keys_changed()
        return key

    @property
    def address(self) -> SshAddress:
        return self.server.address("acme", "releases")

    @property
    def host_keys(self) -> tuple[PublicKey, ...]:
        return tuple(PublicKey.parse(key) for key in self.state.ssh_host_keys)


@pytest.fixture(params=["sshd", "library"], scope="session")
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    needs("git")
    if request.param == "sshd":
        needs("sshd")
    state = GitHubState()
    state.add_account("acme")
    releases, other = (state.add_repository("acme", name) for name in ("releases", "other"))
    server = SshServer(state, tmp_path_factory.mktemp(request.param), cast(Kind, request.param))
    for name in ("releases", "other"):
        server.repositories.add(f"acme/{name}", "master")
    with server:
        yield Place(state, server, releases, other)


@pytest.fixture(scope="session")
def pair() -> SshPair:
    return generate(Algorithm.ED25519)


@pytest.fixture(autouse=True)
def nobody_registered(place: Place) -> None:
    for repository in (place.releases, place.other):
        repository.deploy_keys.clear()
    place.state.deploy_keys_changed()
