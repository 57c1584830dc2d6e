"""What a rotation of a deploy key needs of GitHub, SSH and the cluster, as small interfaces.

Every method raises CallFailed, and nothing else, when the remote side refuses or does not answer.
Times are UTC epoch seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from cellenics_ci.model.cluster import Automation, FluxSecret, GitSource, SecretChange
from cellenics_ci.model.deploy_keys import DeployKey, Proof, PublicKey, SshAddress
from cellenics_ci.model.secret import Secret
from cellenics_ci.run.host import Host


class KeyRegister(Protocol):
    """The deploy keys of one repository."""

    def list_keys(self) -> tuple[DeployKey, ...]:
        """Return all of them."""

    def add_key(self, public: PublicKey, *, title: str, read_only: bool) -> DeployKey:
        """Register a key. INVALID where GitHub refuses it, also if it is registered already. Sent once."""

    def delete_key(self, key_id: int) -> None:
        """Delete a key; an absent one is no error."""


class KeyProver(Protocol):
    """A key tried over SSH, from memory."""

    def prove(self, private: Secret, address: SshAddress, *, host_keys: tuple[PublicKey, ...], branch: str) -> Proof:
        """Return what the key can do there.

        UNKNOWN where the server can't be reached or breaks off, DENIED where it shows a host key that is not among
        `host_keys`, INVALID where `private` can't be read. A key that the server refuses is an answer, no failure.
        """


class Cluster(Protocol):
    """The Secret and the GitRepository of one cluster."""

    def read_secret(self) -> FluxSecret | None:
        """Return the Secret, None where there is none."""

    def create_secret(self, change: SecretChange) -> FluxSecret:
        """Create the Secret (Opaque). EXISTS where there is one. Sent once."""

    def patch_secret(self, change: SecretChange, version: str) -> FluxSecret:
        """Change the Secret if its resourceVersion is still `version`; CONFLICT where it is not. Sent once."""

    def read_source(self) -> GitSource | None:
        """Return the GitRepository, None where there is none."""

    def ask_reconcile(self, value: str) -> None:
        """Write `value` as the GitRepository's `reconcile.fluxcd.io/requestedAt`. Idempotent."""

    def automations(self) -> tuple[Automation, ...] | None:
        """Return the namespace's ImageUpdateAutomations on this GitRepository, None where we may not know."""


@dataclass(frozen=True, slots=True)
class Ports:
    """All that the rotation of a deploy key touches."""

    keys: KeyRegister
    prover: KeyProver
    cluster: Cluster
    host: Host
