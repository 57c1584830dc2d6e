"""The JSON of deployments. Its form is `deployments.schema.json`; a change that breaks readers is a new number."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from cellenics_ci.cli.views.json_text import Json
from cellenics_ci.model.flux import FluxObject
from cellenics_ci.releases.deployed import Deployment, Deployments

SCHEMA: Final = 1
COMMAND: Final = "deployments"


def deployments_document(found: Deployments) -> Json:
    """Return everything as a JSON document."""
    view = found.flux
    return {
        "schema": SCHEMA,
        "command": COMMAND,
        "repository": found.repository,
        "branch": found.branch,
        "commit": found.commit,
        "deployments": [_deployment(each) for each in found.deployments],
        "candidates": [
            {"service": each.service, "ref_id": each.ref_id, "pull_request": each.pull_request, "path": each.path}
            for each in found.candidates
        ],
        "strange": [{"path": each.path, "problems": list(each.problems)} for each in found.strange],
        "cluster": None
        if view is None
        else {
            "context": view.context,
            "source": None if view.source is None else _flux(view.source),
            "kustomizations": [{"path": path, **_flux(each)} for path, each in sorted(view.kustomizations.items())],
        },
        "notes": list(found.notes),
    }


def _deployment(each: Deployment) -> Json:
    manifest, changed, behind = each.manifest, each.changed, each.behind
    return {
        "service": each.service,
        "environment": each.environment,
        "sandbox_id": each.sandbox,
        "namespace": manifest.namespace,
        "path": each.path,
        "chart": manifest.chart,
        "chart_source": manifest.chart_source,
        "chart_ref": manifest.chart_ref,
        "images": [{"values": where, "tag": tag} for where, tag in manifest.tags],
        "version": manifest.version or None,
        "source_commit": each.source,
        "pull_request": manifest.pull_request,
        "changed": None
        if changed is None
        else {"at": _iso(changed.at), "by": changed.by, "commit": changed.commit, "message": changed.message},
        "behind": None if behind is None else {"commits": behind.commits, "reason": behind.reason},
        "problems": list(manifest.problems),
        "flux": None if each.flux is None else _flux(each.flux),
    }


def _flux(state: FluxObject) -> Json:
    return {
        "name": state.name,
        "namespace": state.namespace,
        "ready": state.ready,
        "suspended": state.suspended,
        "revision": state.revision or None,
        "message": state.message,
    }


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
