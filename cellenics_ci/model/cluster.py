"""What a cluster holds for Flux, as values: the Secret with the key, the GitRepository that uses it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cellenics_ci.model.secret import Secret

IDENTITY: Final = "identity"
IDENTITY_PUB: Final = "identity.pub"
KNOWN_HOSTS: Final = "known_hosts"
PASSWORD: Final = "password"  # noqa: S105 - the name of a Secret's entry
KEY_ENTRIES: Final = (IDENTITY, IDENTITY_PUB, KNOWN_HOSTS, PASSWORD)
"""What of a Secret's data belongs to its key pair (Flux, "GitRepositories", SSH authentication)."""
PREVIOUS: Final = "previous-"
"""Before the name of an entry: what it was before the rotation that is going on."""


@dataclass(frozen=True, slots=True)
class ClusterName:
    """Which objects of which cluster: the kubeconfig's context, its server's address, and their names there."""

    context: str
    server: str
    namespace: str
    secret: str
    source: str


@dataclass(frozen=True, slots=True)
class FluxSecret:
    """A Secret as it is. `owners` are the kinds of its ownerReferences; `version` is its resourceVersion."""

    version: str
    data: Mapping[str, Secret] = field(repr=False)
    annotations: Mapping[str, str] = field(default_factory=dict, repr=False)
    labels: Mapping[str, str] = field(default_factory=dict)
    owners: tuple[str, ...] = ()
    immutable: bool = False

    @property
    def has_previous(self) -> bool:
        """Whether an earlier pair is kept beside the one in use."""
        return PREVIOUS + IDENTITY in self.data


@dataclass(frozen=True, slots=True)
class SecretChange:
    """Entries and annotations to write, None for those to take away. What is not named stays."""

    data: Mapping[str, Secret | None] = field(default_factory=dict, repr=False)
    annotations: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GitSource:
    """A GitRepository as it is (source.toolkit.fluxcd.io/v1).

    `ready` is the Ready condition's status, None where there is none yet; `ready_for` the generation it speaks of.
    `fetch_failed` is the FetchFailed condition's message, "" where there is none. `handled` is
    `.status.lastHandledReconcileAt`, `revision` `.status.artifact.revision`.
    """

    url: str
    branch: str | None
    secret: str | None
    generation: int
    provider: str = "generic"
    suspended: bool = False
    ready: bool | None = None
    ready_for: int = 0
    message: str = ""
    fetch_failed: str = ""
    handled: str = ""
    revision: str = ""

    def succeeded(self, asked: str) -> bool:
        """Whether the reconcile asked for with that value is done, and well.

        `lastHandledReconcileAt` alone is set after failures too (Flux, "GitRepositories", triggering a reconcile).
        """
        current = self.ready is True and self.ready_for == self.generation
        return self.handled == asked and current and not self.fetch_failed


@dataclass(frozen=True, slots=True)
class Automation:
    """An ImageUpdateAutomation that works on a GitRepository. `ready` None: it has not said yet."""

    name: str
    namespace: str
    ready: bool | None = None
    message: str = ""
    suspended: bool = False
