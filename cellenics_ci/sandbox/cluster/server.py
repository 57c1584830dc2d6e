"""The embedded cluster as a whole: its API on a loopback port, and the source-controller behind it."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

import yaml

from cellenics_ci.sandbox.cluster.api import Api
from cellenics_ci.sandbox.cluster.controller import Fetch, SourceController
from cellenics_ci.sandbox.cluster.fetch import GitFetch
from cellenics_ci.sandbox.cluster.state import ClusterState
from cellenics_ci.sandbox.loopback import LoopbackServer


class ClusterServer:
    """Runs from `start()` to `stop()`, and as a context manager. `folder` is one of its own, for what git needs.

    `fetch` None: really by git, over SSH, with what the Secret holds.
    """

    def __init__(self, state: ClusterState, folder: Path, fetch: Fetch | None = None) -> None:
        self.state = state
        self.controller = SourceController(state, fetch or GitFetch(folder))
        self._server = LoopbackServer(Api(state).respond, state.clock)

    @property
    def url(self) -> str:
        """The API's address."""
        return self._server.url

    def start(self) -> None:
        """Begin to answer and to reconcile."""
        self._server.start()
        self.controller.start()

    def stop(self) -> None:
        """Stop both."""
        self.controller.stop()
        self._server.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def kubeconfig_text(clusters: dict[str, tuple[str, str]], current: str | None = None) -> str:
    """Return a kubeconfig: its contexts' names, each with the address of an API and a token."""
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": {"server": url}} for name, (url, _) in clusters.items()],
            "users": [{"name": name, "user": {"token": token}} for name, (_, token) in clusters.items()],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in clusters],
            **({"current-context": current} if current else {}),
        }
    )
