"""What a cluster's Secret holds, understood: the pair in use, the one before it, and who is at work on it."""

from __future__ import annotations

from dataclasses import dataclass, field

from cellenics_ci.deploykeys.pairs import read_pair
from cellenics_ci.model.claims import Claim, read_claim
from cellenics_ci.model.cluster import IDENTITY, PASSWORD, PREVIOUS, FluxSecret
from cellenics_ci.model.deploy_keys import PublicKey, SshPair


@dataclass(frozen=True, slots=True)
class Held:
    """`current` and `previous` are None where there is no such pair, or none that can be opened (see `problems`).

    `has_identity` and `has_previous` say whether there is anything at all in its place.
    """

    exists: bool = False
    has_identity: bool = False
    has_previous: bool = False
    current: SshPair | None = field(default=None, repr=False)
    previous: SshPair | None = field(default=None, repr=False)
    claim: Claim | None = None
    broken_claim: bool = False
    problems: tuple[str, ...] = ()

    @property
    def public(self) -> PublicKey | None:
        """The public key of the pair in use."""
        return self.current.public if self.current else None

    @property
    def previous_public(self) -> PublicKey | None:
        """The public key of the pair before it."""
        return self.previous.public if self.previous else None

    @property
    def state(self) -> tuple[object, ...]:
        """What must not change between the plan and its execution."""
        run = self.claim.run if self.claim else None
        held = (self.public, self.previous_public, self.has_identity, self.has_previous)
        return (self.exists, *held, run, self.broken_claim)


def understand(secret: FluxSecret | None) -> Held:
    """Return what a Secret holds. What can't be read is named in `problems`."""
    if secret is None:
        return Held()
    problems: list[str] = []
    claim, broken = None, False
    try:
        claim = read_claim(secret.annotations)
    except ValueError:
        broken = True
    return Held(
        exists=True,
        has_identity=IDENTITY in secret.data,
        has_previous=secret.has_previous,
        current=_pair(secret, "", problems),
        previous=_pair(secret, PREVIOUS, problems),
        claim=claim,
        broken_claim=broken,
        problems=tuple(problems),
    )


def _pair(secret: FluxSecret, prefix: str, problems: list[str]) -> SshPair | None:
    private = secret.data.get(prefix + IDENTITY)
    if private is None:
        return None
    try:
        return read_pair(private, secret.data.get(prefix + PASSWORD))
    except ValueError as problem:
        problems.append(f"{prefix}{IDENTITY} of the Secret is {problem}")
        return None
