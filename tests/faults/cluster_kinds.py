"""What can happen to a call of a deploy key's rotation, by side: GitHub, the cluster, SSH."""

from __future__ import annotations

from typing import Final

from cellenics_ci.sandbox.cluster.answers import Refused, invalid
from cellenics_ci.sandbox.cluster.kinds import SECRET
from cellenics_ci.sandbox.flux import FLUX
from cellenics_ci.sandbox.loopback import Request, Response
from tests.faults.cluster_stage import ClusterStage, Spot
from tests.faults.http_cases import GITHUB_FAULTS
from tests.faults.proxy import DROP_AFTER, DROP_BEFORE, Fault, server_error
from tests.faults.ssh_gate import Detour

_LOCAL: Final = {"drop before": DROP_BEFORE, "drop after": DROP_AFTER}
CLUSTER_FAULTS: Final = (*_LOCAL, "500", "502 after", "401", "403", "404", "409", "415", "422", "429")
SSH_FAULTS: Final = (*_LOCAL, "no SSH", "impostor")
_KEYS: Final = "/repos/acme/releases/keys"
SPOTS: Final = (
    *(Spot("github", f"GET {path}", 1) for path in ("/user", "/meta", "/orgs/acme", "/repos/acme/releases")),
    *(Spot("github", f"GET {_KEYS}", turn) for turn in (1, 2)),
    Spot("github", f"POST {_KEYS}", 1),
    Spot("github", f"DELETE {_KEYS}/ID", 1),
    *(Spot("cluster", "GET secrets", turn) for turn in (1, 2, 3)),
    *(Spot("cluster", "GET gitrepositories", turn) for turn in (1, 2, 3)),
    *(Spot("cluster", f"GET {plural}", 1) for plural in ("kustomizations", "imageupdateautomations")),
    *(Spot("cluster", "PATCH secrets", turn) for turn in (1, 2, 3, 4)),
    *(Spot("cluster", "PATCH gitrepositories", turn) for turn in (1, 2)),
    *(Spot("ssh", "ssh", turn) for turn in (1, 2, 3, 4)),
)
"""Call sites that every undisturbed run has."""
FOR_GOOD: Final = ("drop before", "denied", "403", "422", "impostor")
"""Faults that are tried for good, too: from one call on, every call of that name meets them."""
KINDS: Final = {"github": tuple(GITHUB_FAULTS), "cluster": CLUSTER_FAULTS, "ssh": SSH_FAULTS}


def fault_of(stage: ClusterStage, side: str, kind: str) -> Fault | Detour:
    """Return what a kind of fault is on a side of a stage."""
    if side == "github":
        return GITHUB_FAULTS[kind]
    return _to_cluster(stage, kind) if side == "cluster" else _over_ssh(stage, kind)


def _to_cluster(stage: ClusterStage, kind: str) -> Fault:
    if kind in _LOCAL:
        return _LOCAL[kind]
    if kind in ("500", "502 after"):
        return server_error(int(kind[:3]), when="after" if kind.endswith("after") else "before")

    def answer(request: Request) -> Response:
        secret = stage.cluster.state.get(SECRET, FLUX, FLUX)
        if kind == "422":
            # As a real server does, this quotes the Secret.
            return invalid(SECRET, secret, "data").response
        return Refused(int(kind), f"no: {secret}").response

    return Fault(answer=answer)


def _over_ssh(stage: ClusterStage, kind: str) -> Fault | Detour:
    if kind in _LOCAL:
        return _LOCAL[kind]
    return Detour(stage.impostor() if kind == "impostor" else int(stage.sandbox.github.url.rpartition(":")[2]))
