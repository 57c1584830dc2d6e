"""What Flux says in a cluster of the releases: its HelmReleases, Kustomizations, and the source they come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from lightkube import Client
from lightkube.generic_resource import create_namespaced_resource

from cellenics_ci.clients.answers import understood
from cellenics_ci.clients.kube.cluster import KubeCluster
from cellenics_ci.clients.kube.reading import flux_object
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.flux import FluxObject, FluxView

_HELM_RELEASES: Final = ("v2", "v2beta2", "v2beta1")
_KUSTOMIZATIONS: Final = ("v1", "v1beta2")
_SOURCE = create_namespaced_resource("source.toolkit.fluxcd.io", "v1", "GitRepository", "gitrepositories")


class DeployedReleases:
    """One cluster, read only. Raises CallFailed only."""

    def __init__(self, cluster: KubeCluster) -> None:
        self._cluster = cluster

    @understood
    def view(self) -> FluxView:
        """Return what Flux says, of all namespaces."""
        releases = self._all("helm.toolkit.fluxcd.io", _HELM_RELEASES, "HelmRelease", "helmreleases")
        kustomizations = self._all("kustomize.toolkit.fluxcd.io", _KUSTOMIZATIONS, "Kustomization", "kustomizations")
        source = self._cluster.read(
            f"get gitrepository {self._cluster.name.source}",
            lambda client: client.get(_SOURCE, self._cluster.name.source, namespace=self._cluster.name.namespace),
        )
        found = [flux_object(each) for each in releases]
        return FluxView(
            context=self._cluster.name.context,
            releases={(each.namespace, each.name): each for each in found},
            kustomizations=dict(map(_by_path, kustomizations)),
            source=None if source is None else flux_object(source),
        )

    def _all(self, group: str, versions: tuple[str, ...], kind: str, plural: str) -> list[Mapping[str, Any]]:
        """List a kind in all namespaces, in the newest version that the cluster knows."""
        for version in versions:
            listing: Callable[[Client], list[Any]] = partial(_list, group, version, kind, plural)
            found = self._cluster.read(f"list {plural}", listing)
            if found is not None:
                return found
        raise CallFailed(
            Failure.NOT_FOUND,
            f"The cluster {self._cluster.name.context} knows no {kind} of Flux.",
            remedy="Is Flux installed there? `flux check` tells.",
        )


def _list(group: str, version: str, kind: str, plural: str, client: Client) -> list[Any]:
    return list(client.list(create_namespaced_resource(group, version, kind, plural), namespace="*"))


def _by_path(found: Mapping[str, Any]) -> tuple[str, FluxObject]:
    spec = found.get("spec")
    path = str(spec.get("path") or "") if isinstance(spec, dict) else ""
    return path.removeprefix("./"), flux_object(found)
