"""What is deployed: a row for each service, environment and sandbox, and what stands beside them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from cellenics_ci.model.flux import FluxObject, FluxView
from cellenics_ci.model.git import Change
from cellenics_ci.model.releases import Behind
from cellenics_ci.releases.manifest import Manifest

DEFAULT: Final = "default"
_PULL: Final = re.compile(r"refs-pull-(\d+)-merge")


@dataclass(frozen=True, slots=True)
class Deployment:
    """One service somewhere. `source` is the commit of its own repository, `flux` what the cluster says of it."""

    environment: str
    service: str
    path: str
    manifest: Manifest
    source: str | None = None
    changed: Change | None = None
    behind: Behind | None = None
    flux: FluxObject | None = None

    @property
    def sandbox(self) -> str:
        """The sandbox's id, `default` where the manifest names none."""
        return self.manifest.sandbox_id or DEFAULT


@dataclass(frozen=True, slots=True)
class Strange:
    """A file that is no manifest, or a broken one."""

    path: str
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A manifest that could be staged."""

    service: str
    ref_id: str
    path: str

    @property
    def pull_request(self) -> int | None:
        """The pull request it is of, None for a branch's."""
        found = _PULL.fullmatch(self.ref_id)
        return int(found[1]) if found else None


@dataclass(frozen=True, slots=True)
class Deployments:
    """Everything, in the order in which it is shown."""

    repository: str
    branch: str
    commit: str
    deployments: tuple[Deployment, ...]
    candidates: tuple[Candidate, ...] = ()
    strange: tuple[Strange, ...] = ()
    flux: FluxView | None = None
    notes: tuple[str, ...] = ()
