"""What Flux says of the objects that it applies, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class FluxObject:
    """One object's state. `ready` None: it has not said yet. `revision` is what was applied, "" for nothing."""

    name: str
    namespace: str
    ready: bool | None = None
    message: str = ""
    suspended: bool = False
    revision: str = ""


@dataclass(frozen=True, slots=True)
class FluxView:
    """A cluster as deployments are looked at: its HelmReleases by namespace and name, and what applies the folders.

    `folders` are the paths that its Kustomizations apply, without `./`; `source` is the GitRepository of the
    releases repository.
    """

    context: str
    releases: Mapping[tuple[str, str], FluxObject] = field(default_factory=dict)
    kustomizations: Mapping[str, FluxObject] = field(default_factory=dict)
    source: FluxObject | None = None
