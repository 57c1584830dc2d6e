"""Changes to objects as they come over the wire: merge patches, applies, and what of a Secret is checked."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

import yaml

from cellenics_ci.sandbox.cluster.answers import Refused, invalid
from cellenics_ci.sandbox.cluster.kinds import SECRET, Kind

MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"
_ENTRY = re.compile(r"[-._a-zA-Z0-9]{1,253}")


def merged(target: Any, patch: Any) -> Any:
    """Return what a JSON Merge Patch makes of a value (RFC 7386)."""
    if not isinstance(patch, dict):
        return patch
    made = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            made.pop(name, None)
        else:
            made[name] = merged(made.get(name), value)
    return made


def body_of(content_type: str, body: bytes) -> Any:
    """Return a request's body. Raises Refused for what can't be read."""
    try:
        parsed = yaml.safe_load(body) if "yaml" in content_type else json.loads(body)
    except (ValueError, yaml.YAMLError):
        raise Refused(400, "the object provided is unrecognized") from None
    if not isinstance(parsed, dict):
        raise Refused(400, "the object provided is no object")
    return parsed


def check_media_type(kind: Kind, content_type: str) -> None:
    """Refuse a kind of patch that this kind of object does not take."""
    taken = [MERGE, APPLY, *([] if kind.custom else [STRATEGIC])]
    if content_type.partition(";")[0].strip() not in taken:
        raise Refused(
            415,
            "the body of the request was in an unknown format - accepted media types include: " + ", ".join(taken),
        )


def checked(kind: Kind, whole: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any]:
    """Return an object as it may be stored. Raises Refused."""
    if kind is not SECRET:
        return whole
    text = whole.pop("stringData", None) or {}
    data = {**(whole.get("data") or {}), **{k: base64.b64encode(str(v).encode()).decode() for k, v in text.items()}}
    for name, value in data.items():
        if not _ENTRY.fullmatch(name):
            raise invalid(kind, whole, f"data[{name}]")
        try:
            base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError, TypeError):
            raise Refused(400, "Secret in version v1 cannot be handled: illegal base64 data") from None
    whole.setdefault("type", "Opaque")
    if before is not None:
        if before.get("type", "Opaque") != whole["type"]:
            raise invalid(kind, whole, "type")
        if before.get("immutable") and before.get("data") != data:
            raise invalid(kind, whole, "data: field is immutable when `immutable` is set")
    if data or "data" in whole:
        whole["data"] = data
    return whole
