"""An embedded cluster with Flux's objects, and a kubeconfig for it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cellenics_ci.clients.kube.cluster import KubeCluster, connect
from cellenics_ci.sandbox.cluster import ClusterServer, ClusterState
from cellenics_ci.sandbox.cluster.kinds import GIT_REPOSITORY, SECRET
from cellenics_ci.sandbox.cluster.server import kubeconfig_text

PRIVATE = "-----BEGIN OPENSSH PRIVATE KEY-----\nCANARYcanaryCANARY\n-----END OPENSSH PRIVATE KEY-----\n"
NAMES = {"namespace": "flux-system", "secret": "flux-system", "source": "flux-system"}
URL = "ssh://git@github.com/acme/releases"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.fixture
def state() -> ClusterState:
    state = ClusterState(tokens={"admin": None})
    state.put(SECRET, "flux-system", "flux-system", data={"identity": encoded(PRIVATE), "known_hosts": encoded("x")})
    spec = {"url": URL, "interval": "1m", "ref": {"branch": "master"}, "secretRef": {"name": "flux-system"}}
    state.put(GIT_REPOSITORY, "flux-system", "flux-system", spec=spec)
    return state


@pytest.fixture
def server(state: ClusterState, tmp_path: Path) -> Iterator[ClusterServer]:
    with ClusterServer(state, tmp_path / "git", fetch=lambda url, branch, identity, hosts: "a" * 40) as server:
        yield server


@pytest.fixture
def kubeconfig(server: ClusterServer, tmp_path: Path) -> Path:
    path = tmp_path / "kubeconfig"
    path.write_text(kubeconfig_text({"staging": (server.url, "admin"), "nobody": (server.url, "guest")}, "staging"))
    return path


@pytest.fixture
def cluster(kubeconfig: Path) -> KubeCluster:
    return connect(None, environ={"KUBECONFIG": str(kubeconfig)}, wait=lambda seconds: None, **NAMES)


@pytest.fixture
def other(kubeconfig: Path) -> Callable[[str], KubeCluster]:
    def made(context: str) -> KubeCluster:
        return connect(context, environ={"KUBECONFIG": str(kubeconfig)}, wait=lambda seconds: None, **NAMES)

    return made
