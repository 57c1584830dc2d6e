"""The embedded cluster's objects, who may do what with them, and the ways to seed, change and watch them."""

from __future__ import annotations

import copy
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cellenics_ci.sandbox.cluster.kinds import KINDS, NAMESPACE, Kind
from cellenics_ci.sandbox.loopback import Request, Response

Json = dict[str, Any]
BeforeRequest = Callable[[Request], Response | None]
AfterRequest = Callable[[Request, Response], Response | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a token may do: verbs on resources of a group; `names` () means all of them."""

    verbs: tuple[str, ...]
    resources: tuple[str, ...]
    group: str = ""
    names: tuple[str, ...] = ()

    def allows(self, verb: str, kind: Kind, name: str | None) -> bool:
        """Whether this rule is enough for it."""
        named = not self.names or (name is not None and name in self.names)
        return verb in self.verbs and kind.plural in self.resources and kind.group == self.group and named


class Conflict(Exception):
    """The object is not as the writer thinks it is."""


@dataclass
class ClusterState:
    """Objects behind one lock. `tokens` have rules, None meaning everything; without any, whoever comes may all.

    `before_request` may answer in a request's place, `after_request` replace the answer, and either may raise
    ConnectionDropped; they run outside the lock. `on_change` is told of every change, outside the lock too.
    """

    clock: Callable[[], float] = time.time
    tokens: dict[str, tuple[Rule, ...] | None] = field(default_factory=dict, repr=False)
    before_request: list[BeforeRequest] = field(default_factory=list)
    after_request: list[AfterRequest] = field(default_factory=list)
    on_change: list[Callable[[], None]] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _objects: dict[tuple[str, str, str], Json] = field(default_factory=dict, repr=False)
    _version: int = 1000

    def get(self, kind: Kind, namespace: str, name: str) -> Json | None:
        """Return a copy of an object."""
        with self.lock:
            found = self._objects.get((kind.plural, namespace if kind.namespaced else "", name))
            return copy.deepcopy(found)

    def list(self, kind: Kind, namespace: str | None = None) -> list[Json]:
        """Return copies of all objects of a kind, of one namespace or of all."""
        with self.lock:
            found = [
                each
                for (plural, place, _), each in sorted(self._objects.items())
                if plural == kind.plural and namespace in (None, place)
            ]
            return copy.deepcopy(found)

    def put(self, kind: Kind, namespace: str, name: str, **parts: Any) -> Json:
        """Seed an object, or replace it: `spec`, `data`, `status`, `labels`, `annotations`."""
        metadata: Json = {"name": name, "namespace": namespace}
        metadata |= {key: parts.pop(key) for key in ("labels", "annotations") if key in parts}
        whole: Json = {"metadata": metadata, **parts}
        with self.lock:
            if self.get(NAMESPACE, "", namespace) is None and kind is not NAMESPACE:
                self.write(NAMESPACE, "", {"metadata": {"name": namespace}}, status=False)
        return self.write(kind, namespace, whole, status="status" in parts)

    def write(self, kind: Kind, namespace: str, whole: Mapping[str, Any], *, status: bool) -> Json:
        """Write an object as given, with all that a server adds. Raises Conflict for an old `resourceVersion`.

        `status` says whether its status is written too; the generation counts changes of the spec only.
        """
        made: Json = copy.deepcopy(dict(whole))
        metadata = made.setdefault("metadata", {})
        key = (kind.plural, namespace if kind.namespaced else "", metadata["name"])
        with self.lock:
            before = self._objects.get(key)
            if before is not None and metadata.get("resourceVersion") not in (
                None,
                before["metadata"]["resourceVersion"],
            ):
                raise Conflict
            made.update(apiVersion=kind.api_version, kind=kind.kind)
            old = before["metadata"] if before else {}
            metadata["uid"] = old.get("uid") or str(uuid.uuid4())
            metadata["creationTimestamp"] = old.get("creationTimestamp") or self.now()
            if kind.namespaced:
                metadata["namespace"] = namespace
            if kind.custom:
                same = before is not None and before.get("spec") == made.get("spec")
                metadata["generation"] = old.get("generation", 0) + (0 if same else 1)
                if not status:
                    made.pop("status", None)
                    if before and "status" in before:
                        made["status"] = copy.deepcopy(before["status"])
            for part in ("labels", "annotations"):
                if not metadata.get(part):
                    metadata.pop(part, None)
            self._version += 1
            metadata["resourceVersion"] = str(self._version)
            self._objects[key] = made
            result = copy.deepcopy(made)
        self._tell()
        return result

    def delete(self, kind: Kind, namespace: str, name: str) -> Json | None:
        """Delete an object and return what it was, None where there was none."""
        with self.lock:
            gone = self._objects.pop((kind.plural, namespace if kind.namespaced else "", name), None)
        self._tell()
        return gone

    def may(self, token: str | None, verb: str, kind: Kind, name: str | None) -> bool | None:
        """Whether a token may do something; None for one that nobody knows."""
        if not self.tokens:
            return True
        if token not in self.tokens:
            return None
        rules = self.tokens[token]
        return rules is None or any(rule.allows(verb, kind, name) for rule in rules)

    def now(self) -> str:
        """The time as Kubernetes writes it."""
        return datetime.fromtimestamp(self.clock(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _tell(self) -> None:
        for listener in list(self.on_change):
            listener()


def kind_of(plural: str, group: str, version: str) -> Kind | None:
    """Return the kind that a path names."""
    return next((k for k in KINDS if (k.plural, k.group, k.version) == (plural, group, version)), None)
