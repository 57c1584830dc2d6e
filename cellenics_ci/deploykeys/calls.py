"""The calls that the protocol of a deploy key asks for. Each is a value; whoever drives the protocol performs it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from cellenics_ci.deploykeys.pairs import generate
from cellenics_ci.deploykeys.ports import Ports
from cellenics_ci.model.cluster import Automation, FluxSecret, GitSource, SecretChange
from cellenics_ci.model.deploy_keys import Algorithm, DeployKey, Proof, PublicKey, SshAddress, SshPair
from cellenics_ci.model.secret import Secret
from cellenics_ci.run import calls
from cellenics_ci.run.host_calls import Now, OwnerGone, Tell, Wait

__all__ = [
    "AddKey",
    "AskReconcile",
    "Call",
    "CreateSecret",
    "DeleteKey",
    "ListKeys",
    "MakePair",
    "Now",
    "OwnerGone",
    "PatchSecret",
    "Prove",
    "ReadAutomations",
    "ReadSecret",
    "ReadSource",
    "Steps",
    "Tell",
    "Wait",
]

T = TypeVar("T")

Call: TypeAlias = calls.Call[Ports, T]
Steps: TypeAlias = calls.Steps[Ports, T]


@dataclass(frozen=True, slots=True)
class MakePair(Call[SshPair]):
    """Make a new key pair, in memory."""

    algorithm: Algorithm
    local = True

    def perform(self, ports: Ports) -> SshPair:
        return generate(self.algorithm)


@dataclass(frozen=True, slots=True)
class ListKeys(Call[tuple[DeployKey, ...]]):
    """List the repository's deploy keys."""

    def perform(self, ports: Ports) -> tuple[DeployKey, ...]:
        return ports.keys.list_keys()


@dataclass(frozen=True, slots=True)
class AddKey(Call[DeployKey]):
    """Register a deploy key; its right is always said."""

    public: PublicKey
    title: str
    read_only: bool
    changes = True

    def perform(self, ports: Ports) -> DeployKey:
        return ports.keys.add_key(self.public, title=self.title, read_only=self.read_only)


@dataclass(frozen=True, slots=True)
class DeleteKey(Call[None]):
    """Delete a deploy key."""

    key_id: int
    changes = True

    def perform(self, ports: Ports) -> None:
        ports.keys.delete_key(self.key_id)


@dataclass(frozen=True, slots=True)
class Prove(Call[Proof]):
    """Try a key over SSH."""

    private: Secret = field(repr=False)
    address: SshAddress
    host_keys: tuple[PublicKey, ...]
    branch: str

    def perform(self, ports: Ports) -> Proof:
        return ports.prover.prove(self.private, self.address, host_keys=self.host_keys, branch=self.branch)


@dataclass(frozen=True, slots=True)
class ReadSecret(Call[FluxSecret | None]):
    """Read the cluster's Secret."""

    def perform(self, ports: Ports) -> FluxSecret | None:
        return ports.cluster.read_secret()


@dataclass(frozen=True, slots=True)
class CreateSecret(Call[FluxSecret]):
    """Create the cluster's Secret."""

    change: SecretChange
    changes = True

    def perform(self, ports: Ports) -> FluxSecret:
        return ports.cluster.create_secret(self.change)


@dataclass(frozen=True, slots=True)
class PatchSecret(Call[FluxSecret]):
    """Change the cluster's Secret, unless somebody else did."""

    change: SecretChange
    version: str
    changes = True

    def perform(self, ports: Ports) -> FluxSecret:
        return ports.cluster.patch_secret(self.change, self.version)


@dataclass(frozen=True, slots=True)
class ReadSource(Call[GitSource | None]):
    """Read the GitRepository with its status."""

    def perform(self, ports: Ports) -> GitSource | None:
        return ports.cluster.read_source()


@dataclass(frozen=True, slots=True)
class AskReconcile(Call[None]):
    """Ask Flux to fetch now."""

    value: str
    changes = True

    def perform(self, ports: Ports) -> None:
        ports.cluster.ask_reconcile(self.value)


@dataclass(frozen=True, slots=True)
class ReadAutomations(Call[tuple[Automation, ...] | None]):
    """Read the ImageUpdateAutomations that work on the GitRepository."""

    def perform(self, ports: Ports) -> tuple[Automation, ...] | None:
        return ports.cluster.automations()
