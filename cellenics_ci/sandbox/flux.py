"""The clusters of a world: whoever has a deploy key with Flux's title is one, with a Secret, a GitRepository and Flux.

Flux titles its key NAMESPACE-BRANCH-SECRET-PATH; a cluster is called by the last part of that path.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from cellenics_ci.model.deploy_keys import PublicKey
from cellenics_ci.model.known_hosts import known_hosts_text
from cellenics_ci.sandbox.cluster import ClusterServer, ClusterState
from cellenics_ci.sandbox.cluster.kinds import GIT_REPOSITORY, HELM_RELEASE, IMAGE_UPDATE, KUSTOMIZATION, SECRET
from cellenics_ci.sandbox.cluster.server import kubeconfig_text
from cellenics_ci.sandbox.github import trees
from cellenics_ci.sandbox.github.records import DeployKey, Repository
from cellenics_ci.sandbox.github.state import GitHubState
from cellenics_ci.sandbox.ssh import SshServer
from cellenics_ci.sandbox.ssh.mirror import Mirror

FLUX: Final = "flux-system"
TOKEN: Final = "sandbox"  # noqa: S105 - opens nothing but the sandbox
_TITLE: Final = re.compile(rf"{FLUX}-(?P<branch>[^-]+)-{FLUX}-(?P<path>\./.*)")


@dataclass(frozen=True, slots=True)
class Cluster:
    """One embedded cluster, and what Flux reads there."""

    name: str
    state: ClusterState
    server: ClusterServer
    repository: Repository


class FluxSide:
    """All embedded clusters of a GitHub, and its SSH server. `folder` is one of its own."""

    def __init__(self, github: GitHubState, folder: Path, clock: Callable[[], float]) -> None:
        self._github, self._folder = github, folder
        self.ssh = SshServer(github, folder / "ssh")
        self._mirror = Mirror(github, self.ssh.repositories)
        self.clusters: dict[str, Cluster] = {}
        self._keys: dict[str, tuple[DeployKey, re.Match[str]]] = {}
        for repository in github.repositories.values():
            for key in repository.deploy_keys:
                found = _TITLE.fullmatch(key.title)
                if found is None:
                    continue
                name = _name(found["path"])
                # Whoever comes may all: kubectl sends no token to an address without TLS.
                state = ClusterState(clock=clock)
                server = ClusterServer(state, folder / "flux" / name)
                self.clusters[name] = Cluster(name, state, server, repository)
                self._keys[name] = key, found

    @property
    def kubeconfig(self) -> Path:
        """The file with a context for each cluster, there after the start; none of them is the current one."""
        return self._folder / "kubeconfig"

    def environment(self) -> dict[str, str]:
        """Return the variables that lead to the clusters and to the SSH server."""
        address = self.ssh.address("", "")
        return {
            "KUBECONFIG": str(self.kubeconfig),
            "CELLENICS_SSH_URL": f"ssh://{address.user}@{address.host}:{address.port}",
        }

    @property
    def git_folder(self) -> Path:
        """The folder with the bare repositories: whoever pushes to `ORG/REPO.git` in it has pushed to GitHub."""
        return self.ssh.repositories.folder

    def start(self) -> None:
        """Start everything, with a key of its own for each cluster. Raises OSError where that can't be."""
        for repository in self._github.repositories.values():
            tip = trees.head(repository)
            if tip is not None:
                self._mirror.publish(repository, tip)
        self._mirror.start()
        self.ssh.start()
        for cluster in self.clusters.values():
            self._seed(cluster)
        self._github.deploy_keys_changed()
        for cluster in self.clusters.values():
            cluster.server.start()
        text = kubeconfig_text({name: (each.server.url, TOKEN) for name, each in self.clusters.items()})
        self.kubeconfig.write_text(text)

    def stop(self) -> None:
        """Stop everything."""
        for cluster in self.clusters.values():
            cluster.server.stop()
        self.ssh.stop()
        self._mirror.stop()

    def _seed(self, cluster: Cluster) -> None:
        key, title = self._keys[cluster.name]
        # As Flux's own bootstrap makes it.
        private = ec.generate_private_key(ec.SECP384R1())
        public = private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
        key.key = public
        owner, name = cluster.repository.full_name.split("/")
        hosts = tuple(PublicKey.parse(each) for each in self._github.ssh_host_keys)
        data = {
            "identity": private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
            "identity.pub": public,
            "known_hosts": known_hosts_text(self.ssh.address(owner, name), hosts),
        }
        encoded = {entry: b64encode(text.encode()).decode() for entry, text in data.items()}
        source = {"kind": "GitRepository", "name": FLUX}
        spec = {
            "interval": "1m0s",
            "url": self.ssh.url(owner, name),
            "ref": {"branch": cluster.repository.default_branch},
            "secretRef": {"name": FLUX},
        }
        cluster.state.put(SECRET, FLUX, FLUX, data=encoded)
        cluster.state.put(GIT_REPOSITORY, FLUX, FLUX, spec=spec)
        applied = {"conditions": [{"type": "Ready", "status": "True", "message": "Applied revision"}]}
        cluster.state.put(KUSTOMIZATION, FLUX, FLUX, spec={"path": title["path"], "sourceRef": source}, status=applied)
        self._helm_releases(cluster)
        if not key.read_only:
            ready = {"conditions": [{"type": "Ready", "status": "True", "message": "no updates made"}]}
            cluster.state.put(IMAGE_UPDATE, FLUX, FLUX, spec={"sourceRef": source}, status=ready)

    def _helm_releases(self, cluster: Cluster) -> None:
        """Let the cluster have what its folder's manifests said when the world began; sandboxes are being tidied up."""
        said = {"type": "Ready", "status": "True", "message": "Helm install succeeded"}
        for path, entry in cluster.repository.files.items():
            if not path.startswith(f"{cluster.name}/") or not isinstance(entry, bytes):
                continue
            for document in yaml.safe_load_all(entry):
                if isinstance(document, dict) and document.get("kind") == HELM_RELEASE.kind:
                    metadata, spec = document["metadata"], document["spec"]
                    name, namespace = metadata["name"], metadata["namespace"]
                    if not namespace.endswith("-default"):
                        spec = {**spec, "suspend": True}
                    status = {"conditions": [said], "history": [{"chartVersion": "1.0.0", "status": "deployed"}]}
                    cluster.state.put(HELM_RELEASE, namespace, name, spec=spec, status=status)


def _name(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2].removeprefix("HMS-").lower()
