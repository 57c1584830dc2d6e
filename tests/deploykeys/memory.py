"""A GitHub repository, its SSH server, a cluster and Flux, in memory: what the protocol of a deploy key works on."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from typing import Any

from cellenics_ci.deploykeys.held import Held, understand
from cellenics_ci.deploykeys.pairs import generate, read_pair
from cellenics_ci.deploykeys.ports import Ports
from cellenics_ci.deploykeys.survey import ClusterSide, GitHubSide, KeySurvey
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.cluster import (
    IDENTITY,
    IDENTITY_PUB,
    KNOWN_HOSTS,
    PREVIOUS,
    Automation,
    ClusterName,
    FluxSecret,
    GitSource,
    SecretChange,
)
from cellenics_ci.model.deploy_keys import Algorithm, DeployKey, Proof, PublicKey, SshAddress, SshPair
from cellenics_ci.model.names import OrgName, RepoName
from cellenics_ci.model.secret import Secret
from cellenics_ci.run.host import Owner

REPO = RepoName("releases")
ORG = OrgName("acme")
URL = "ssh://git@github.com/acme/releases"
NAME = ClusterName("staging", "https://cluster", "flux-system", "flux-system", "flux-system")
TITLE = "flux-system-master-flux-system-./deployments/staging"
HOST_KEY = generate(Algorithm.ED25519).public
START = 1_800_000_000.0


def pair() -> SshPair:
    return generate(Algorithm.ED25519)


def entries(of: SshPair, prefix: str = "") -> dict[str, Secret]:
    return {
        prefix + IDENTITY: of.private,
        prefix + IDENTITY_PUB: Secret(f"{of.public.text}\n"),
        prefix + KNOWN_HOSTS: Secret("github.com ssh-ed25519 AAAA\n"),
    }


@dataclass
class World:
    """Everything by public key. `weather` may change the world between two calls. Times in seconds."""

    clock: float = START
    keys: list[DeployKey] = field(default_factory=list)
    ever: set[PublicKey] = field(default_factory=set)
    """Every key of this cluster that was ever registered."""
    made: set[PublicKey] = field(default_factory=set)
    """Those that runs have registered."""
    secret: FluxSecret | None = None
    source: GitSource | None = None
    requested: str = ""
    flux_dead: bool = False
    flux_says: str = ""
    unreachable: set[str] = field(default_factory=set)
    dead: set[str] = field(default_factory=set)
    told: list[str] = field(default_factory=list)
    _ids: int = 100
    _versions: int = 1
    _understood: tuple[FluxSecret | None, Held] | None = None

    def copy(self) -> World:
        return copy.copy(self)._own()

    def _own(self) -> World:
        for name in ("keys", "ever", "made", "unreachable", "dead", "told"):
            setattr(self, name, copy.copy(getattr(self, name)))
        return self

    # Seeding and looking

    def register(self, public: PublicKey, *, read_only: bool = True, title: str = TITLE) -> DeployKey:
        self._ids += 1
        key = DeployKey(self._ids, title, public, read_only, created_at=self.clock)
        self.keys.append(key)
        return key

    def put(self, data: dict[str, Secret], **annotations: str) -> None:
        self._versions += 1
        self.secret = FluxSecret(str(self._versions), data, annotations)

    def held(self) -> Held:
        if self._understood is None or self._understood[0] is not self.secret:
            self._understood = (self.secret, understand(self.secret))
        return self._understood[1]

    def listed(self, public: PublicKey | None) -> DeployKey | None:
        return next((key for key in self.keys if key.public == public), None)

    def works(self) -> bool:
        key = self.listed(self.held().public)
        return key is not None and key.enabled

    def revoke(self, public: PublicKey | None) -> None:
        self.keys = [key for key in self.keys if key.public != public]

    # KeyRegister

    def list_keys(self) -> tuple[DeployKey, ...]:
        return tuple(self.keys)

    def add_key(self, public: PublicKey, *, title: str, read_only: bool) -> DeployKey:
        if self.listed(public):
            raise CallFailed(Failure.INVALID, "GitHub refused POST keys: 422.")
        self.ever.add(public)
        self.made.add(public)
        return self.register(public, read_only=read_only, title=title)

    def delete_key(self, key_id: int) -> None:
        self.keys = [key for key in self.keys if key.id != key_id]

    # KeyProver

    def prove(self, private: Secret, address: SshAddress, *, host_keys: Any, branch: str) -> Proof:
        assert host_keys == (HOST_KEY,)
        key = self.listed(read_pair(private).public)
        if key is None or not key.enabled:
            return Proof(accepted=False)
        return Proof(True, True, branch == "master", writes=not key.read_only)

    # Cluster

    def read_secret(self) -> FluxSecret | None:
        return self.secret

    def create_secret(self, change: SecretChange) -> FluxSecret:
        if self.secret is not None:
            raise CallFailed(Failure.EXISTS, "there is one")
        self.put({})
        return self.patch_secret(change, str(self._versions))

    def patch_secret(self, change: SecretChange, version: str) -> FluxSecret:
        if self.secret is None:
            raise CallFailed(Failure.NOT_FOUND, "there is none")
        if self.secret.version != version:
            raise CallFailed(Failure.CONFLICT, "the object has been modified")
        data = _merged(self.secret.data, change.data)
        self._versions += 1
        annotations = _merged(self.secret.annotations, change.annotations)
        self.secret = replace(self.secret, version=str(self._versions), data=data, annotations=annotations)
        return self.secret

    def read_source(self) -> GitSource | None:
        self._reconcile()
        return self.source

    def ask_reconcile(self, value: str) -> None:
        self.requested = value

    def automations(self) -> tuple[Automation, ...] | None:
        return (Automation("bot", "flux-system", True),)

    def _reconcile(self) -> None:
        source = self.source
        if source is None or source.suspended or self.flux_dead or source.handled == self.requested:
            return
        good = self.works() and not self.flux_says
        words = "stored artifact" if good else self.flux_says or "ssh: handshake failed: unable to authenticate"
        self.source = replace(
            source,
            handled=self.requested,
            ready=good,
            ready_for=source.generation,
            message=words,
            fetch_failed="" if good else words,
        )

    # Host

    def now(self) -> float:
        return self.clock

    def wait(self, seconds: float, *, interruptible: bool) -> None:
        self.clock += seconds

    def owner_gone(self, lock: Owner) -> bool:
        return lock.process in self.dead

    def tell(self, repo: RepoName, step: str) -> None:
        self.told.append(step)

    def delivered(self, repo: RepoName) -> None:
        raise AssertionError("a word of another protocol")

    def ports(self) -> Ports:
        return Ports(keys=self, prover=self, cluster=self, host=self)

    def survey(self) -> KeySurvey:
        held = self.held()
        address = SshAddress.parse(URL)
        proof = (
            self.prove(held.current.private, address, host_keys=(HOST_KEY,), branch="master") if held.current else None
        )
        github = GitHubSide(
            ORG, REPO, "octo", False, "master", tuple(self.keys), (HOST_KEY,), frozenset({"github.com"})
        )
        side = ClusterSide(NAME, self.secret, self.source, self.automations(), "./x", held, proof)
        return KeySurvey(github, side, self.clock)


def _merged(before: Any, change: Any) -> dict[str, Any]:
    merged = {**before, **change}
    return {name: value for name, value in merged.items() if value is not None}


def fresh_source() -> GitSource:
    return GitSource(URL, "master", "flux-system", 1, ready=True, ready_for=1, message="stored artifact")


def with_key(*, read_only: bool = True) -> World:
    """A cluster as it is day by day, beside another cluster's key and a person's, of the same title."""
    world = World(source=fresh_source())
    world.register(pair().public, title="somebody's")
    world.register(pair().public)
    mine = pair()
    world.ever.add(mine.public)
    world.register(mine.public, read_only=read_only)
    world.put(entries(mine))
    return world


def strangers(world: World) -> set[PublicKey]:
    return {key.public for key in world.keys} - world.ever


def previous(of: SshPair) -> dict[str, Secret]:
    return entries(of, PREVIOUS)
