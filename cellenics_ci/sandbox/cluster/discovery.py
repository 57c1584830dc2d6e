"""What the embedded cluster says it knows, in the form that kubectl asks for."""

from __future__ import annotations

from typing import Any, Final

from cellenics_ci.sandbox.cluster.kinds import KINDS, Kind

_VERBS: Final = ["create", "delete", "get", "list", "patch", "update", "watch"]
_VERSION: Final = {
    "major": "1",
    "minor": "32",
    "gitVersion": "v1.32.0-cellenics-sandbox",
    "platform": "linux/amd64",
}


def discover(path: str) -> dict[str, Any] | None:
    """Return the document at a discovery path, None for any other path."""
    if path in ("/version", "/version/"):
        return _VERSION
    if path in ("/api", "/api/"):
        return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
    if path in ("/apis", "/apis/"):
        groups = dict.fromkeys((kind.group, kind.version) for kind in KINDS if kind.group)
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(*each) for each in groups]}
    if path == "/openapi/v3":
        roots = dict.fromkeys(kind.root for kind in KINDS)
        return {"paths": {root[1:]: {"serverRelativeURL": f"/openapi/v3{root}"} for root in roots}}
    if path.startswith("/openapi/v3/"):
        return _openapi(path.removeprefix("/openapi/v3"))
    kinds = [kind for kind in KINDS if kind.root == path.rstrip("/")]
    if not kinds:
        return None
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": kinds[0].api_version,
        "resources": [_resource(kind) for kind in kinds],
    }


def _openapi(root: str) -> dict[str, Any]:
    """The little that kubectl looks for before it applies: that the server itself checks fields."""
    paths = {
        f"{kind.root}/namespaces/{{namespace}}/{kind.plural}/{{name}}": {
            "patch": {
                "parameters": [{"name": "fieldValidation", "in": "query", "schema": {"type": "string"}}],
                "responses": {"200": {"description": "OK"}},
                "x-kubernetes-group-version-kind": {
                    "group": kind.group,
                    "version": kind.version,
                    "kind": kind.kind,
                },
            }
        }
        for kind in KINDS
        if kind.root == root
    }
    return {"openapi": "3.0.0", "info": {"title": "sandbox", "version": "v1"}, "paths": paths}


def _group(group: str, version: str) -> dict[str, Any]:
    this = {"groupVersion": f"{group}/{version}", "version": version}
    return {"name": group, "versions": [this], "preferredVersion": this}


def _resource(kind: Kind) -> dict[str, Any]:
    return {
        "name": kind.plural,
        "singularName": kind.kind.lower(),
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": _VERBS,
        "shortNames": list(kind.short),
    }
