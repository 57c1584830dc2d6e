"""One case's surroundings for a deploy key: GitHub, its SSH server and two clusters behind faults, and a judge.

The judge looks at the servers' own state after every effect, before the answer goes back: what the cluster's Secret
holds, GitHub accepts, with the right that it had; and nobody else's key is touched.
"""

from __future__ import annotations

import base64
import os
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from cellenics_ci.deploykeys.pairs import generate, read_pair
from cellenics_ci.model.deploy_keys import Algorithm, PublicKey, SshAddress
from cellenics_ci.model.known_hosts import known_hosts_text
from cellenics_ci.model.secret import Secret
from cellenics_ci.sandbox.clock import Clock
from cellenics_ci.sandbox.cluster.kinds import GIT_REPOSITORY, SECRET
from cellenics_ci.sandbox.cluster.server import kubeconfig_text
from cellenics_ci.sandbox.flux import FLUX
from cellenics_ci.sandbox.github.records import DeployKey
from cellenics_ci.sandbox.running import Sandbox
from cellenics_ci.sandbox.ssh.access import admissions
from cellenics_ci.sandbox.world import World
from cellenics_ci.sandbox.worldfile import read_world
from tests.conftest import hermetic
from tests.faults.canaries import assert_none_seen, texts_below
from tests.faults.proxy import Fault, FaultyProxy, Seen
from tests.faults.ssh_gate import Detour, SshGate

CONTEXT: Final = "staging"
TITLE: Final = "flux-system-master-flux-system-./deployments/HMS-staging"
MARKS: Final = ("PRIVATE KEY", "b3BlbnNzaC1rZXktdjEA", "LS0tLS1CRUdJTi")
"""What every private key begins with: as PEM, in OpenSSH's own format, and once more in base64."""
_WORLD: Final = f"""
organization: acme
operator: {{login: ada}}
repositories:
  releases:
    age: 900d
    files: {{README.md: "# releases"}}
    deploy-keys:
      - {{title: flux-system-master-flux-system-./deployments/HMS-production, age: 330d}}
      - {{title: {TITLE}, age: 330d, read-only: false}}
      - {{title: mirror, age: 20d, added-by: grace}}
"""


@lru_cache(maxsize=1)
def _world() -> World:
    return read_world(_WORLD, "tests/faults/cluster_stage.py")


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """A call site: the `turn`-th call of this name to GitHub, to the cluster, or over SSH."""

    side: str
    name: str
    turn: int

    def __str__(self) -> str:
        return f"{self.name} #{self.turn} ({self.side})"


Wanted = Callable[[Spot], Fault | Detour | None]


class ClusterStage:
    """A context: the servers run from entry to exit. `wanted` decides what a call site meets."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.wanted: Wanted = lambda spot: None
        self.spots: list[Spot] = []
        self.violations: list[str] = []
        self._guard = threading.Lock()
        self._turns: Counter[tuple[str, str]] = Counter()
        self._stack = ExitStack()
        self._seen: set[str] = set()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            servers, runs = (
                Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=f"cellenics-{name}-")))
                for name in ("servers", "runs")
            )
            self.folder = runs
            self.sandbox = stack.enter_context(Sandbox(_world(), clock=self.clock, folder=servers))
            assert self.sandbox.flux is not None, "git is missing"
            self.flux = self.sandbox.flux
            self.cluster = self.flux.clusters[CONTEXT]
            self.repository = self.cluster.repository
            self._begin()
            self.gate = stack.enter_context(SshGate(self.flux.ssh.address("", "").port, self._over_ssh))
            self.github = stack.enter_context(FaultyProxy(self.sandbox.github.url, self._to_github))
            self.kube = stack.enter_context(FaultyProxy(self.cluster.server.url, self._to_cluster))
            self._lead_through_the_gate()
            (runs / "kubeconfig").write_text(kubeconfig_text({CONTEXT: (self.kube.url, "sandbox")}, CONTEXT))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _begin(self) -> None:
        """Note what is there, beside it a namesake of the cluster's key, and watch from now on."""
        state = self.sandbox.github.state
        mine = next(key for key in self.repository.deploy_keys if key.title == TITLE)
        other = generate(Algorithm.ED25519).public.text
        namesake = DeployKey(state.next_id(), other, TITLE, False, state.now(), "grace")
        self.repository.deploy_keys.append(namesake)
        self._others = {key.id: key.key for key in self.repository.deploy_keys if key is not mine}
        self.first = mine.key
        self.rights = {mine.read_only}
        state.after_request.append(self._look)
        self.cluster.state.after_request.append(self._look)

    def _lead_through_the_gate(self) -> None:
        address = self.flux.ssh.address("acme", "releases")
        state, url = self.cluster.state, f"ssh://{address.user}@{address.host}:{self.gate.port}/acme/releases"
        self.ssh_url = url.removesuffix("/acme/releases")
        hosts = known_hosts_text(SshAddress.parse(url), map(PublicKey.parse, self.sandbox.github.state.ssh_host_keys))
        secret, source = self.secret(), state.get(GIT_REPOSITORY, FLUX, FLUX)
        assert source is not None
        secret["data"]["known_hosts"] = base64.b64encode(hosts.encode()).decode()
        state.write(SECRET, FLUX, secret, status=False)
        source["spec"]["url"] = url
        state.write(GIT_REPOSITORY, FLUX, source, status=False)

    def environment(self, *, settle: float = 0.0, direct: bool = False) -> dict[str, str]:
        """Return the whole environment of a run, with a folder of its own for files. There is nothing to settle."""
        for name in ("home", "tmp"):
            (self.folder / name).mkdir(exist_ok=True)
        inside = {name: value for name, value in self.sandbox.environment().items() if not name.startswith("AWS_")}
        own = {
            "GITHUB_API_URL": self.sandbox.github.url if direct else self.github.url,
            "KUBECONFIG": str(self.folder / "kubeconfig"),
            "CELLENICS_SSH_URL": self.ssh_url,
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary.md"),
            "TMPDIR": str(self.folder / "tmp"),
        }
        return hermetic(os.environ, self.folder / "home") | inside | own

    def begin(self, wanted: Wanted = lambda spot: None) -> None:
        """Begin to count call sites anew, and let them meet other faults."""
        with self._guard:
            self.wanted, self.spots = wanted, []
            self._turns.clear()

    def impostor(self) -> int:
        """Return the port of an SSH server that lets the same keys in, and shows host keys that are not GitHub's."""
        from cellenics_ci.sandbox.ssh.library import LibraryServer

        key = ed25519.Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
        server = LibraryServer(self.sandbox.github.state, self.flux.ssh.repositories, (key,))
        server.start()
        self._stack.callback(server.stop)
        return server.port

    # What the servers hold

    def secret(self) -> dict[str, Any]:
        """Return the cluster's Secret."""
        found = self.cluster.state.get(SECRET, FLUX, FLUX)
        assert found is not None, "the cluster's Secret is gone"
        return found

    def held(self) -> str:
        """Return the public key of what the Secret holds."""
        return read_pair(Secret(base64.b64decode(self.secret()["data"]["identity"]).decode())).public.text

    def mine(self) -> list[DeployKey]:
        """Return all deploy keys that are nobody else's."""
        return [key for key in self.repository.deploy_keys if key.id not in self._others]

    # The judge

    def assert_innocent(self) -> None:
        """Raise what was seen to be wrong at any instant until now."""
        assert not self.violations, "; ".join(self.violations)
        assert not self.sandbox.github.failures, self.sandbox.github.failures

    def assert_converged(self) -> None:
        """One deploy key of this cluster is left, it is the one that the Secret holds, and nothing else is."""
        self.assert_innocent()
        secret = self.secret()
        assert [key.key for key in self.mine()] == [self.held()], f"{len(self.mine())} keys of this cluster are left"
        assert set(secret["data"]) == {"identity", "identity.pub", "known_hosts"}, set(secret["data"])
        notes = [name for name in secret["metadata"].get("annotations") or {} if name.startswith("cellenics-ci/")]
        assert not notes, notes

    def assert_unseen(self, shown: dict[str, str]) -> None:
        """Raise where a private key was seen: in what was shown, or in a file that a run has left."""
        files = {name: text for name, text in texts_below(self.folder).items() if name != "kubeconfig"}
        assert self._seen, "there are no canaries"
        assert_none_seen(self._seen | set(MARKS), shown | files)

    def _look(self, *_: object) -> None:
        github, cluster = self.sandbox.github.state, self.cluster.state
        with github.lock, cluster.lock:
            secret = cluster.get(SECRET, FLUX, FLUX)
            accepted = {each.public: each.read_only for each in admissions(github)}
            others = {key.id: key.key for key in self.repository.deploy_keys if key.id in self._others}
        if others != self._others:
            self.violations.append("somebody else's deploy key is gone")
        data = (secret or {}).get("data") or {}
        for name in ("identity", "previous-identity"):
            if name in data:
                text = base64.b64decode(data[name]).decode()
                self._seen |= {line for line in text.splitlines() if "-----" not in line} | {data[name]}
        if "identity" not in data:
            self.violations.append("the cluster's Secret holds no key")
            return
        public = read_pair(Secret(base64.b64decode(data["identity"]).decode())).public.text
        if accepted.get(public) not in self.rights:
            self.violations.append(f"GitHub does not accept what the cluster holds as it did: {accepted.get(public)}")

    # What calls meet

    def _to_github(self, seen: Seen) -> Fault | None:
        name = "/".join("ID" if part.isdigit() else part for part in seen.name.split("/"))
        return _fault(self._met("github", name))

    def _to_cluster(self, seen: Seen) -> Fault | None:
        verb, _, path = seen.name.partition(" ")
        parts = path.split("/")
        tail = parts[parts.index("namespaces") + 2 :] if "namespaces" in parts else parts[-1:]
        return _fault(self._met("cluster", f"{verb} {tail[0]}"))

    def _over_ssh(self, seen: Seen) -> Fault | Detour | None:
        return self._met("ssh", seen.name)

    def _met(self, side: str, name: str) -> Fault | Detour | None:
        with self._guard:
            self._turns[side, name] += 1
            spot = Spot(side, name, self._turns[side, name])
            self.spots.append(spot)
            wanted = self.wanted
        return wanted(spot)


def _fault(met: Fault | Detour | None) -> Fault | None:
    assert not isinstance(met, Detour), "a detour is for SSH"
    return met
