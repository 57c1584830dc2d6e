"""The words of Flux templates: kinds, the placeholder, and where documents keep what."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

PLACEHOLDER: Final = "FILLED_IN_BY_CI"
"""Stands in a template where the pipeline puts a value."""
STAGED_LATER: Final = "STAGING_SANDBOX_ID"
"""The sandbox id of a candidate: `cellenics stage` puts the real one in its place."""
TEMPLATE_NAMES: Final = (".flux.ci", ".flux.yaml", ".flux.yml")


class Kind(StrEnum):
    """The kinds of document that a template may hold."""

    NAMESPACE = "Namespace"
    GIT_REPOSITORY = "GitRepository"
    IMAGE_REPOSITORY = "ImageRepository"
    IMAGE_POLICY = "ImagePolicy"
    IMAGE_UPDATE = "ImageUpdateAutomation"
    HELM_RELEASE = "HelmRelease"
    OLD_HELM_RELEASE = "HelmRelease of helm.fluxcd.io"


_GROUPS: Final = {
    ("", "Namespace"): Kind.NAMESPACE,
    ("source.toolkit.fluxcd.io", "GitRepository"): Kind.GIT_REPOSITORY,
    ("image.toolkit.fluxcd.io", "ImageRepository"): Kind.IMAGE_REPOSITORY,
    ("image.toolkit.fluxcd.io", "ImagePolicy"): Kind.IMAGE_POLICY,
    ("image.toolkit.fluxcd.io", "ImageUpdateAutomation"): Kind.IMAGE_UPDATE,
    ("helm.toolkit.fluxcd.io", "HelmRelease"): Kind.HELM_RELEASE,
    # The Helm operator's, until 2022: two documents, and annotations where the image documents are now.
    ("helm.fluxcd.io", "HelmRelease"): Kind.OLD_HELM_RELEASE,
}


def kind_of(document: Any) -> Kind | None:
    """Return what a document is, in whatever version of its group; None for what is not known here."""
    if not isinstance(document, Mapping):
        return None
    group, slash, _ = str(document.get("apiVersion", "")).rpartition("/")
    return _GROUPS.get((group if slash else "", str(document.get("kind", ""))))


def part(whole: Any, *names: str) -> Any:
    """Return what is at a path of mappings, None where there is nothing."""
    for name in names:
        if not isinstance(whole, Mapping):
            return None
        whole = whole.get(name)
    return whole


def mapping(whole: Any, *names: str) -> Mapping[str, Any]:
    """Return the mapping at a path, an empty one where there is none."""
    found = part(whole, *names)
    return found if isinstance(found, Mapping) else {}
