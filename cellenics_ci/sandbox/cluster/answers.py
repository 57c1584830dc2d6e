"""The embedded cluster's answers: objects as JSON, and refusals in an API server's words."""

from __future__ import annotations

import json
from typing import Any

from cellenics_ci.sandbox.cluster.kinds import Kind
from cellenics_ci.sandbox.loopback import Response

_REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    409: "Conflict",
    415: "UnsupportedMediaType",
    422: "Invalid",
}


class Refused(Exception):
    """A request that is answered with a Status."""

    def __init__(self, status: int, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.response = answer(
            status,
            {
                "kind": "Status",
                "apiVersion": "v1",
                "metadata": {},
                "status": "Failure",
                "message": message,
                "reason": reason or _REASONS.get(status, "InternalError"),
                "code": status,
            },
        )


def answer(status: int, body: Any) -> Response:
    """Return a JSON answer."""
    return Response(status, {"Content-Type": "application/json"}, json.dumps(body).encode())


def not_found(kind: Kind, name: str) -> Refused:
    """There is no such object."""
    return Refused(404, f'{_full(kind)} "{name}" not found')


def exists(kind: Kind, name: str) -> Refused:
    """There is one already."""
    return Refused(409, f'{_full(kind)} "{name}" already exists', "AlreadyExists")


def conflict(kind: Kind, name: str) -> Refused:
    """The object was written since."""
    return Refused(
        409,
        f'Operation cannot be fulfilled on {_full(kind)} "{name}": the object has been modified; '
        "please apply your changes to the latest version and try again",
    )


def forbidden(verb: str, kind: Kind, namespace: str, name: str | None) -> Refused:
    """The token may not."""
    what = f'{_full(kind)} "{name}"' if name else _full(kind)
    return Refused(
        403,
        f'{what} is forbidden: User "sandbox" cannot {verb} resource "{kind.plural}" in API group "{kind.group}"'
        f' in the namespace "{namespace}"',
    )


def invalid(kind: Kind, whole: Any, why: str) -> Refused:
    """The object breaks a rule. As a real server does, this quotes it whole, a Secret's private key and all."""
    name = whole.get("metadata", {}).get("name", "")
    return Refused(422, f'{kind.kind} "{name}" is invalid: {why}: Invalid value: {json.dumps(whole)}')


def _full(kind: Kind) -> str:
    return f"{kind.plural}.{kind.group}" if kind.group else kind.plural
