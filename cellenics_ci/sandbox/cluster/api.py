"""The embedded cluster's API: paths to kinds, verbs to what is done, as far as kubectl, lightkube and Flux ask."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from cellenics_ci.sandbox.cluster.answers import Refused, answer, conflict, exists, forbidden, not_found
from cellenics_ci.sandbox.cluster.discovery import discover
from cellenics_ci.sandbox.cluster.kinds import KINDS, Kind
from cellenics_ci.sandbox.cluster.patches import APPLY, body_of, check_media_type, checked, merged
from cellenics_ci.sandbox.cluster.state import ClusterState, Conflict, kind_of
from cellenics_ci.sandbox.loopback import Request, Response

_PATH: Final = re.compile(
    r"/(api|apis/(?P<group>[^/]+))/(?P<version>[^/]+)"
    r"(/namespaces/(?P<namespace>[^/]+))?/(?P<plural>[^/]+)(/(?P<name>[^/]+))?(/(?P<sub>status))?"
)
_REVIEW: Final = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_VERBS: Final = {"POST": "create", "PATCH": "patch", "PUT": "update", "DELETE": "delete"}


@dataclass(frozen=True, slots=True)
class _Target:
    """What a path names."""

    kind: Kind
    namespace: str | None
    name: str | None
    status: bool


class Api:
    """Answers requests from a state."""

    def __init__(self, state: ClusterState) -> None:
        self.state = state

    def respond(self, request: Request) -> Response:
        """Return the answer to a request. The hooks may raise ConnectionDropped."""
        for hook in self.state.before_request:
            if (instead := hook(request)) is not None:
                return instead
        try:
            response = self._respond(request)
        except Refused as refused:
            response = refused.response
        for after in self.state.after_request:
            response = after(request, response) or response
        return response

    def _respond(self, request: Request) -> Response:
        parts = urlsplit(request.target)
        token = request.headers.get("authorization", "").removeprefix("Bearer ") or None
        if self.state.tokens and token not in self.state.tokens:
            raise Refused(401, "Unauthorized")
        if request.method == "GET" and (found := discover(parts.path)) is not None:
            return answer(200, found)
        if parts.path == _REVIEW and request.method == "POST":
            return self._review(request, token)
        target = _target(parts.path)
        query = dict(parse_qsl(parts.query))
        verb = _VERBS.get(request.method) or ("get" if target.name else "list")
        if not self.state.may(token, verb, target.kind, target.name):
            raise forbidden(verb, target.kind, target.namespace or "", target.name)
        with self.state.lock:
            return self._do(verb, target, query, request)

    def _do(self, verb: str, target: _Target, query: Mapping[str, str], request: Request) -> Response:
        kind, namespace = target.kind, target.namespace or ""
        if verb == "list":
            return self._list(target, query)
        if verb == "create":
            return self._create(target, request)
        name = target.name
        if name is None:
            raise Refused(405, "the server does not allow this method on the requested resource")
        before = self.state.get(kind, namespace, name)
        if verb == "patch" and before is None and request.headers.get("content-type", "").startswith(APPLY):
            return self._apply_new(target, request)
        if before is None:
            raise not_found(kind, name)
        if verb == "get":
            return answer(200, before)
        if verb == "delete":
            self.state.delete(kind, namespace, name)
            return answer(200, {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"})
        content = request.headers.get("content-type", "application/json")
        body = body_of(content, request.body)
        if verb == "patch":
            check_media_type(kind, content)
            whole = merged(before, body)
            whole["metadata"]["resourceVersion"] = (body.get("metadata") or {}).get(
                "resourceVersion", before["metadata"]["resourceVersion"]
            )
        else:
            whole = body
        return answer(200, self._stored(target, checked(kind, whole, before)))

    def _list(self, target: _Target, query: Mapping[str, str]) -> Response:
        if query.get("watch") in ("1", "true"):
            # Nothing ever happens on a watch; whoever watches lists again.
            return Response(200, {"Content-Type": "application/json"}, b"")
        kind = target.kind
        found = self.state.list(kind, target.namespace)
        wanted = dict(part.split("=", 1) for part in query.get("fieldSelector", "").split(",") if "=" in part)
        if "metadata.name" in wanted:
            found = [each for each in found if each["metadata"]["name"] == wanted["metadata.name"]]
        return answer(
            200,
            {
                "kind": f"{kind.kind}List",
                "apiVersion": kind.api_version,
                "metadata": {"resourceVersion": "1"},
                "items": found,
            },
        )

    def _create(self, target: _Target, request: Request) -> Response:
        kind, namespace = target.kind, target.namespace or ""
        whole = body_of(request.headers.get("content-type", ""), request.body)
        name = (whole.get("metadata") or {}).get("name")
        if not name:
            raise Refused(422, f"{kind.kind} is invalid: metadata.name: Required value")
        if self.state.get(kind, namespace, name) is not None:
            raise exists(kind, name)
        return answer(201, self._stored(target, checked(kind, whole, None)))

    def _apply_new(self, target: _Target, request: Request) -> Response:
        whole = body_of(request.headers["content-type"], request.body)
        return answer(201, self._stored(target, checked(target.kind, whole, None)))

    def _stored(self, target: _Target, whole: dict[str, Any]) -> dict[str, Any]:
        try:
            return self.state.write(target.kind, target.namespace or "", whole, status=target.status)
        except Conflict:
            raise conflict(target.kind, whole["metadata"]["name"]) from None

    def _review(self, request: Request, token: str | None) -> Response:
        body = body_of("application/json", request.body)
        asked = body.get("spec", {}).get("resourceAttributes", {})
        kind = next((k for k in KINDS if (k.plural, k.group) == (asked.get("resource"), asked.get("group", ""))), None)
        allowed = kind is not None and bool(self.state.may(token, asked.get("verb", ""), kind, asked.get("name")))
        return answer(201, {**body, "status": {"allowed": allowed}})


def _target(path: str) -> _Target:
    found = _PATH.fullmatch(path)
    if found is None:
        raise Refused(404, "the server could not find the requested resource")
    group, plural, namespace, name = found["group"] or "", found["plural"], found["namespace"], found["name"]
    kind = kind_of(plural, group, found["version"])
    if (kind is None and plural == "namespaces") or (namespace and plural == namespace):
        kind = kind_of("namespaces", "", "v1")
    if kind is None:
        raise Refused(404, "the server could not find the requested resource")
    return _Target(kind, namespace, name, found["sub"] == "status")
