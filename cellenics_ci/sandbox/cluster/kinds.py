"""The kinds of object that the embedded cluster knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind, in one version of its group; "" is the core group."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool = True
    short: tuple[str, ...] = ()

    @property
    def api_version(self) -> str:
        """As a manifest has it."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def root(self) -> str:
        """Where its group is served, without a slash at the end."""
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"

    @property
    def custom(self) -> bool:
        """Whether it is a custom resource: those know no strategic merge patch, and have a status of their own."""
        return bool(self.group)


NAMESPACE: Final = Kind("", "v1", "Namespace", "namespaces", namespaced=False, short=("ns",))
SECRET: Final = Kind("", "v1", "Secret", "secrets")
GIT_REPOSITORY: Final = Kind("source.toolkit.fluxcd.io", "v1", "GitRepository", "gitrepositories", short=("gitrepo",))
KUSTOMIZATION: Final = Kind("kustomize.toolkit.fluxcd.io", "v1", "Kustomization", "kustomizations", short=("ks",))
IMAGE_UPDATE: Final = Kind(
    "image.toolkit.fluxcd.io", "v1", "ImageUpdateAutomation", "imageupdateautomations", short=("iua",)
)
HELM_RELEASE: Final = Kind("helm.toolkit.fluxcd.io", "v2", "HelmRelease", "helmreleases", short=("hr",))
KINDS: Final = (NAMESPACE, SECRET, GIT_REPOSITORY, KUSTOMIZATION, IMAGE_UPDATE, HELM_RELEASE)
