"""What a rotation of a deploy key is decided on, read side by side and frozen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from cellenics_ci.deploykeys.held import Held, understand
from cellenics_ci.deploykeys.ports import KeyProver
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.cluster import Automation, ClusterName, FluxSecret, GitSource
from cellenics_ci.model.deploy_keys import DeployKey, Proof, PublicKey, SshAddress
from cellenics_ci.model.names import OrgName, RepoName
from cellenics_ci.run.together import in_background

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class GitHubSide:
    """The repository on GitHub. `keys_allowed` None: GitHub does not tell. `ssh_hosts`: where GitHub answers SSH.

    `personal`: the token belongs to a person, with whom the deploy keys that it makes are deleted.
    """

    org: OrgName
    repo: RepoName
    login: str
    personal: bool
    branch: str
    keys: tuple[DeployKey, ...]
    host_keys: tuple[PublicKey, ...]
    ssh_hosts: frozenset[str]
    keys_allowed: bool | None = None
    archived: bool = False


@dataclass(frozen=True, slots=True)
class ClusterSide:
    """The cluster. `automations` None: it does not tell; `path` is the Kustomization's, None likewise."""

    name: ClusterName
    secret: FluxSecret | None
    source: GitSource | None
    automations: tuple[Automation, ...] | None = None
    path: str | None = None
    held: Held = field(default=Held(), repr=False)
    proof: Proof | None = None
    """What the Secret's pair could do when it was tried, None where that is not known (see `proof_failed`)."""
    proof_failed: str = ""


@dataclass(frozen=True, slots=True)
class KeySurvey:
    """Both sides at one moment (UTC epoch seconds); `cluster` None where there is none to ask."""

    github: GitHubSide
    cluster: ClusterSide | None
    now: float


class GitHubReader(Protocol):
    """What is read of GitHub. Raises CallFailed."""

    def read(self) -> GitHubSide:
        """Return the repository's side."""


class ClusterReader(Protocol):
    """What is read of the cluster. Every method raises CallFailed."""

    @property
    def name(self) -> ClusterName:
        """Which cluster and objects these are."""

    def read_secret(self) -> FluxSecret | None:
        """Return the Secret, None where there is none."""

    def read_source(self) -> GitSource | None:
        """Return the GitRepository, None where there is none."""

    def automations(self) -> tuple[Automation, ...] | None:
        """Return the ImageUpdateAutomations on the GitRepository, None where we may not know."""

    def kustomization_path(self) -> str | None:
        """Return the path that Flux applies of the repository, None where we may not know."""


def take_survey(
    github: GitHubReader, cluster: ClusterReader | None, prover: KeyProver, now: Callable[[], float]
) -> KeySurvey:
    """Read both sides, then try the key that the cluster holds. Raises CallFailed."""
    reading = in_background(github.read)
    if cluster is None:
        return KeySurvey(reading.result(), None, now())
    secret, source = in_background(cluster.read_secret), in_background(cluster.read_source)
    automations = in_background(_or_unknown, cluster.automations)
    path = in_background(_or_unknown, cluster.kustomization_path)
    side = ClusterSide(
        name=cluster.name,
        secret=secret.result(),
        source=source.result(),
        automations=automations.result(),
        path=path.result(),
        held=understand(secret.result()),
    )
    found = reading.result()
    proof, failed = _tried(prover, found, side)
    side = ClusterSide(
        side.name, side.secret, side.source, side.automations, side.path, side.held, proof, proof_failed=failed
    )
    return KeySurvey(found, side, now())


def _or_unknown(read: Callable[[], T | None]) -> T | None:
    """What is only told for information may be missing: the least Role does not have it."""
    try:
        return read()
    except CallFailed as failed:
        if failed.kind in (Failure.UNAUTHENTICATED, Failure.UNKNOWN):
            raise
        return None


def _tried(prover: KeyProver, github: GitHubSide, side: ClusterSide) -> tuple[Proof | None, str]:
    if side.held.current is None or side.source is None or not github.host_keys:
        return None, ""
    try:
        address = SshAddress.parse(side.source.url)
    except ValueError:
        return None, ""
    branch = side.source.branch or github.branch
    try:
        proof = prover.prove(side.held.current.private, address, host_keys=github.host_keys, branch=branch)
    except CallFailed as failed:
        return None, failed.sentence
    return proof, ""
