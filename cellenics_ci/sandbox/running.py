"""The sandbox as a whole: its servers, seeded from one world, living by one clock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from cellenics_ci.sandbox.aws import INSTANT, CloudServer, Propagation
from cellenics_ci.sandbox.clock import Clock
from cellenics_ci.sandbox.flux import FluxSide
from cellenics_ci.sandbox.github import GitHubServer, GitHubState
from cellenics_ci.sandbox.seed import Seeder
from cellenics_ci.sandbox.seed_account import OIDC_ISSUER
from cellenics_ci.sandbox.services import VARIABLE as SERVICES
from cellenics_ci.sandbox.services import check_out
from cellenics_ci.sandbox.ssh.repositories import Repositories
from cellenics_ci.sandbox.world import World


class Sandbox:
    """An organisation that answers. As a context manager it runs from entry to exit.

    `aws` and `github` are the servers, for whoever wants to look or to interfere; `keys` the pairs of the world's
    keys by their names in the world file. `folder`, an empty one, is for git and SSH; without it there are no clusters.
    """

    def __init__(
        self,
        world: World,
        *,
        propagation: Propagation = INSTANT,
        clock: Callable[[], float] | None = None,
        folder: Path | None = None,
    ) -> None:
        self.world = world
        self.clock: Callable[[], float] = clock or Clock()
        self.aws = CloudServer(clock=self.clock, propagation=propagation, account=world.account)
        self.github = GitHubServer(GitHubState(clock=self.clock))
        self._seeder = Seeder(world, self.aws.account, self.github.state)
        self._seeder.seed()
        self.keys = self._seeder.account.keys
        self._services = folder / "services" if folder is not None else None
        if self._services is not None:
            check_out(world, self._seeder, self.aws.account, self._services)
        self.flux: FluxSide | None = None
        if folder is not None and Repositories.available():
            self.flux = FluxSide(self.github.state, folder, self.clock)
        self._seeder.lose_deploy_keys()

    def environment(self) -> dict[str, str]:
        """Return the variables that lead to the servers, with the operator's token and the administrator's key."""
        token = self._seeder.operator_token.reveal()
        flux = self.flux.environment() if self.flux else {}
        services = {SERVICES: str(self._services)} if self._services else {}
        return (
            self.aws.environment()
            | flux
            | services
            | {
                "AWS_DEFAULT_REGION": self.world.region,
                "GITHUB_API_URL": self.github.url,
                "GITHUB_API_TOKEN": token,
                # gh would find a real token in the keyring otherwise, even with its configuration hidden.
                "GH_TOKEN": token,
                "GITHUB_TOKEN": token,
                "GITHUB_CELLENICS_ORG": self.world.organization,
                "CELLENICS_OIDC_ISSUER": OIDC_ISSUER,
            }
        )

    def __enter__(self) -> Self:
        self.aws.start()
        self.github.start()
        if self.flux is not None:
            self.flux.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.flux is not None:
            self.flux.stop()
        self.github.stop()
        self.aws.stop()
