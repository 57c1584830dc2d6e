"""Flux's objects as they come from the API, as values. What is missing, or of another form, is as Flux's defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cellenics_ci.model.cluster import Automation, ClusterName, GitSource
from cellenics_ci.model.flux import FluxObject


def git_source(found: Mapping[str, Any]) -> GitSource:
    """Return a GitRepository (source.toolkit.fluxcd.io/v1)."""
    spec, status = _part(found, "spec"), _part(found, "status")
    conditions = _conditions(status)
    ready, fetch_failed = conditions.get("Ready", {}), conditions.get("FetchFailed", {})
    return GitSource(
        url=str(spec.get("url") or ""),
        branch=_text(_part(spec, "ref").get("branch")),
        secret=_text(_part(spec, "secretRef").get("name")),
        generation=int(_part(found, "metadata").get("generation") or 0),
        provider=str(spec.get("provider") or "generic"),
        suspended=spec.get("suspend") is True,
        ready=_truth(ready),
        ready_for=int(ready.get("observedGeneration") or 0),
        message=str(ready.get("message") or ""),
        fetch_failed=str(fetch_failed.get("message") or "fetch failed") if _truth(fetch_failed) else "",
        handled=str(status.get("lastHandledReconcileAt") or ""),
        revision=str(_part(status, "artifact").get("revision") or ""),
    )


def automation(found: Mapping[str, Any], name: ClusterName) -> Automation | None:
    """Return an ImageUpdateAutomation, None where it works on another source."""
    spec, status = _part(found, "spec"), _part(found, "status")
    source = _part(spec, "sourceRef")
    if source.get("name") != name.source or source.get("namespace", name.namespace) != name.namespace:
        return None
    ready = _conditions(status).get("Ready", {})
    metadata = _part(found, "metadata")
    return Automation(
        name=str(metadata.get("name")),
        namespace=str(metadata.get("namespace") or name.namespace),
        ready=_truth(ready),
        message=str(ready.get("message") or ""),
        suspended=spec.get("suspend") is True,
    )


def flux_object(found: Mapping[str, Any]) -> FluxObject:
    """Return the state of any object that Flux reconciles.

    A HelmRelease's revision is in its history since v2 (helm.toolkit.fluxcd.io/v2, Status.History).
    """
    status, metadata = _part(found, "status"), _part(found, "metadata")
    ready = _conditions(status).get("Ready", {})
    history = status.get("history")
    last = history[0] if isinstance(history, list) and history and isinstance(history[0], dict) else {}
    revision = status.get("lastAppliedRevision") or last.get("chartVersion") or status.get("lastAttemptedRevision")
    return FluxObject(
        name=str(metadata.get("name")),
        namespace=str(metadata.get("namespace")),
        ready=_truth(ready),
        message=str(ready.get("message") or ""),
        suspended=_part(found, "spec").get("suspend") is True,
        revision=str(revision or _part(status, "artifact").get("revision") or ""),
    )


def _part(whole: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = whole.get(name)
    return part if isinstance(part, dict) else {}


def _conditions(status: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    listed = status.get("conditions")
    return {str(entry.get("type")): entry for entry in listed or [] if isinstance(entry, dict)}


def _truth(condition: Mapping[str, Any]) -> bool | None:
    return {"True": True, "False": False}.get(str(condition.get("status")))


def _text(value: Any) -> str | None:
    return str(value) if value else None
