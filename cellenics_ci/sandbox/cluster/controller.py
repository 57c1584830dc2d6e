"""Flux's source-controller, as far as a deploy key's rotation sees it.

It fetches when the spec changed or when a reconcile was asked for, and says how that went in the status:
`lastHandledReconcileAt` after failures too. A suspended GitRepository is never looked at.
"""

from __future__ import annotations

import base64
import copy
import threading
from collections.abc import Callable
from typing import Any, TypeAlias

from cellenics_ci.sandbox.cluster.kinds import GIT_REPOSITORY, SECRET
from cellenics_ci.sandbox.cluster.state import ClusterState, Conflict

REQUESTED = "reconcile.fluxcd.io/requestedAt"

Fetch: TypeAlias = Callable[[str, str, bytes, bytes], str]
"""Takes a URL, a branch, a private key and known_hosts; returns a commit's id. Raises FetchFailed."""


class FetchFailed(Exception):
    """What Flux would say of it."""


class SourceController:
    """Works in a thread of its own from `start()` to `stop()`. `paused` stops it from doing anything."""

    def __init__(self, state: ClusterState, fetch: Fetch) -> None:
        self.paused = False
        self._state, self._fetch = state, fetch
        self._woken = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to reconcile."""
        self._state.on_change.append(self._woken.set)
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()
        self._woken.set()

    def stop(self) -> None:
        """Stop; what is being fetched is waited for."""
        if self._thread is None:
            return
        self._state.on_change.remove(self._woken.set)
        self._stopping = True
        self._woken.set()
        self._thread.join()
        self._thread = None

    def _work(self) -> None:
        while True:
            self._woken.wait()
            self._woken.clear()
            if self._stopping:
                return
            for source in self._state.list(GIT_REPOSITORY):
                if not self.paused and _due(source):
                    self._reconcile(source)

    def _reconcile(self, source: dict[str, Any]) -> None:
        spec, metadata = source["spec"], source["metadata"]
        try:
            commit = self._fetched(spec, metadata["namespace"])
        except FetchFailed as failed:
            status = self._status(source, str(failed), None)
        else:
            branch = _branch(spec)
            status = self._status(source, "", f"{branch}@sha1:{commit}")
        for _ in range(5):
            fresh = self._state.get(GIT_REPOSITORY, metadata["namespace"], metadata["name"])
            if fresh is None:
                return
            try:
                self._state.write(GIT_REPOSITORY, metadata["namespace"], {**fresh, "status": status}, status=True)
                return
            except Conflict:
                continue

    def _fetched(self, spec: dict[str, Any], namespace: str) -> str:
        name = (spec.get("secretRef") or {}).get("name")
        secret = self._state.get(SECRET, namespace, name) if name else None
        if secret is None:
            raise FetchFailed(f"failed to get secret '{namespace}/{name}': secrets \"{name}\" not found")
        data = {key: base64.b64decode(value) for key, value in (secret.get("data") or {}).items()}
        for needed in ("identity", "known_hosts"):
            if needed not in data:
                raise FetchFailed(
                    f"invalid '{namespace}/{name}' secret data: required fields 'identity' and 'known_hosts'"
                )
        return self._fetch(spec["url"], _branch(spec), data["identity"], data["known_hosts"])

    def _status(self, source: dict[str, Any], failed: str, revision: str | None) -> dict[str, Any]:
        before = copy.deepcopy(source.get("status") or {})
        generation = source["metadata"]["generation"]
        now = self._state.now()

        def condition(kind: str, status: str, reason: str, message: str) -> dict[str, Any]:
            return {
                "type": kind,
                "status": status,
                "reason": reason,
                "message": message,
                "observedGeneration": generation,
                "lastTransitionTime": now,
            }

        if failed:
            conditions = [
                condition("Ready", "False", "GitOperationFailed", failed),
                condition("FetchFailed", "True", "GitOperationFailed", failed),
            ]
        else:
            stored = f"stored artifact for revision '{revision}'"
            conditions = [
                condition("Ready", "True", "Succeeded", stored),
                condition("ArtifactInStorage", "True", "Succeeded", stored),
            ]
            before["artifact"] = {"revision": revision, "lastUpdateTime": now}
            before["observedGeneration"] = generation
        asked = (source["metadata"].get("annotations") or {}).get(REQUESTED)
        if asked:
            before["lastHandledReconcileAt"] = asked
        return {**before, "conditions": conditions}


def _due(source: dict[str, Any]) -> bool:
    if source["spec"].get("suspend"):
        return False
    status = source.get("status") or {}
    asked = (source["metadata"].get("annotations") or {}).get(REQUESTED)
    seen = [each.get("observedGeneration") for each in status.get("conditions") or []]
    return (asked or "") != status.get("lastHandledReconcileAt", "") or source["metadata"]["generation"] not in seen


def _branch(spec: dict[str, Any]) -> str:
    return str((spec.get("ref") or {}).get("branch") or "master")
