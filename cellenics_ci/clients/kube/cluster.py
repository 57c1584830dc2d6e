"""The Secret and the GitRepository of one cluster, read and changed through lightkube."""

from __future__ import annotations

import binascii
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, TypeVar

import httpx2
from lightkube import Client
from lightkube.config.kubeconfig import SingleConfig
from lightkube.core.exceptions import ConfigError
from lightkube.generic_resource import create_namespaced_resource
from lightkube.models.core_v1 import Secret as SecretModel
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Secret as SecretResource
from lightkube.types import PatchType

from cellenics_ci.clients.answers import understood
from cellenics_ci.clients.kube.config import find_config
from cellenics_ci.clients.kube.errors import failure_of
from cellenics_ci.clients.kube.reading import automation, git_source
from cellenics_ci.clients.kube.role import required_role
from cellenics_ci.clients.quiet import keep_sdks_quiet
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.cluster import Automation, ClusterName, FluxSecret, GitSource, SecretChange
from cellenics_ci.model.secret import Secret

T = TypeVar("T")

TIMEOUT_SECONDS: Final = 20.0
FIELD_MANAGER: Final = "cellenics-ci"
RECONCILE: Final = "reconcile.fluxcd.io/requestedAt"
_PAUSES: Final = (0.5, 1.5)
_SOURCE = create_namespaced_resource("source.toolkit.fluxcd.io", "v1", "GitRepository", "gitrepositories")
_KUSTOMIZATION = create_namespaced_resource("kustomize.toolkit.fluxcd.io", "v1", "Kustomization", "kustomizations")
_AUTOMATION_VERSIONS: Final = ("v1", "v1beta2", "v1beta1")


def connect(
    context: str | None,
    *,
    namespace: str,
    secret: str,
    source: str,
    environ: Mapping[str, str],
    wait: Callable[[float], None] = time.sleep,
) -> KubeCluster:
    """Return the cluster of a context (None: the current one); nothing is sent yet. Raises UsageProblem.

    `wait` (seconds) is used between the tries of a read, and may raise Interrupted.
    """
    keep_sdks_quiet()
    config = find_config(context, environ)
    name = ClusterName(config.context_name, config.cluster.server, namespace, secret, source)
    return KubeCluster(name, config, wait)


class KubeCluster:
    """One cluster. Shared by threads. Every method raises CallFailed only (and what `wait` raises)."""

    def __init__(self, name: ClusterName, config: SingleConfig, wait: Callable[[float], None]) -> None:
        self.name = name
        self.role = required_role(namespace=name.namespace, secret=name.secret, source=name.source)
        self._exec = config.user.exec.command if config.user and config.user.exec else None
        self._wait = wait
        self._config = config
        self._client: Client | None = None

    @understood
    def read_secret(self) -> FluxSecret | None:
        """Return the Secret, None where there is none."""
        found = self.read(
            f"get secret {self.name.secret}",
            lambda client: client.get(SecretResource, self.name.secret, namespace=self.name.namespace),
        )
        return None if found is None else _flux_secret(found)

    @understood
    def create_secret(self, change: SecretChange) -> FluxSecret:
        """Create the Secret (Opaque). EXISTS where there is one. Sent once."""
        model = SecretResource(
            metadata=ObjectMeta(
                name=self.name.secret,
                namespace=self.name.namespace,
                annotations={key: value for key, value in change.annotations.items() if value is not None},
            ),
            type="Opaque",
            data={key: value for key, value in _encoded(change).items() if value is not None},
        )
        try:
            return _flux_secret(self._once(f"create secret {self.name.secret}", lambda client: client.create(model)))
        except CallFailed as failed:
            if failed.kind is Failure.CONFLICT:
                raise CallFailed(Failure.EXISTS, f"There is a Secret {self.name.secret} already.") from None
            raise

    @understood
    def patch_secret(self, change: SecretChange, version: str) -> FluxSecret:
        """Change the Secret if its resourceVersion is still `version`; CONFLICT where it is not. Sent once."""
        patch: dict[str, Any] = {"metadata": {"resourceVersion": version}}
        if change.annotations:
            patch["metadata"]["annotations"] = dict(change.annotations)
        if change.data:
            patch["data"] = _encoded(change)
        return _flux_secret(
            self._once(
                f"patch secret {self.name.secret}",
                lambda client: client.patch(
                    SecretResource,
                    self.name.secret,
                    patch,
                    namespace=self.name.namespace,
                    patch_type=PatchType.MERGE,
                ),
            )
        )

    @understood
    def read_source(self) -> GitSource | None:
        """Return the GitRepository, None where there is none."""
        found = self.read(
            f"get gitrepository {self.name.source}",
            lambda client: client.get(_SOURCE, self.name.source, namespace=self.name.namespace),
        )
        return None if found is None else git_source(found)

    @understood
    def ask_reconcile(self, value: str) -> None:
        """Write `value` as the GitRepository's `reconcile.fluxcd.io/requestedAt`. Idempotent."""
        patch = {"metadata": {"annotations": {RECONCILE: value}}}
        self._once(
            f"patch gitrepository {self.name.source}",
            # A custom resource knows no strategic merge: the default would be answered with 415.
            lambda client: client.patch(
                _SOURCE, self.name.source, patch, namespace=self.name.namespace, patch_type=PatchType.MERGE
            ),
        )

    @understood
    def automations(self) -> tuple[Automation, ...] | None:
        """Return the namespace's ImageUpdateAutomations on this GitRepository, None where we may not know."""
        for version in _AUTOMATION_VERSIONS:
            try:
                found = self.read("list imageupdateautomations", partial(self._list_automations, version))
            except CallFailed as failed:
                if failed.kind is Failure.DENIED:
                    return None
                raise
            if found is not None:
                every = (automation(entry, self.name) for entry in found)
                return tuple(each for each in every if each is not None)
        return None

    def _list_automations(self, version: str, client: Client) -> list[Any]:
        kind = create_namespaced_resource(
            "image.toolkit.fluxcd.io", version, "ImageUpdateAutomation", "imageupdateautomations"
        )
        return list(client.list(kind, namespace=self.name.namespace))

    @understood
    def kustomization_path(self) -> str | None:
        """Return the path that the Kustomization of the GitRepository's name applies, None where we may not know."""
        found = self.read(
            f"get kustomization {self.name.source}",
            lambda client: client.get(_KUSTOMIZATION, self.name.source, namespace=self.name.namespace),
        )
        spec = found.get("spec") if found is not None else None
        return str(spec["path"]) if isinstance(spec, dict) and spec.get("path") else None

    def read(self, what: str, call: Callable[[Client], T]) -> T | None:
        """Read, again where no answer comes; None where it is not there. `what` is the request in kubectl's words."""
        for pause in (*_PAUSES, None):
            try:
                return self._once(what, call)
            except CallFailed as failed:
                if failed.kind is Failure.NOT_FOUND:
                    return None
                if pause is None or failed.kind not in (Failure.UNKNOWN, Failure.THROTTLED):
                    raise
                self._wait(pause)
        raise AssertionError("the last try ends above")

    def _once(self, what: str, call: Callable[[Client], T]) -> T:
        try:
            return call(self._connected())
        except (httpx2.HTTPError, ConfigError, OSError, ValueError, KeyError) as error:
            failure = failure_of(error, what, role=self.role, exec_plugin=self._exec)
        # Outside the handler: the exception, which may hold the answer, is not kept as this one's context.
        raise failure

    def _connected(self) -> Client:
        if self._client is None:
            timeout = httpx2.Timeout(TIMEOUT_SECONDS)
            self._client = Client(self._config, timeout=timeout, field_manager=FIELD_MANAGER)
        return self._client


def _encoded(change: SecretChange) -> dict[str, str | None]:
    return {
        name: None if value is None else b64encode(value.reveal().encode(errors="surrogateescape")).decode()
        for name, value in change.data.items()
    }


def _flux_secret(found: SecretModel) -> FluxSecret:
    meta = found.metadata
    assert meta is not None and meta.resourceVersion, "an API server always tells these"
    data: dict[str, Secret] = {}
    for name, value in (found.data or {}).items():
        try:
            data[name] = Secret(b64decode(value or "", validate=True).decode(errors="surrogateescape"))
        except binascii.Error:
            # Nobody can have written this through the API; what can't be read is as good as not there.
            continue
    return FluxSecret(
        version=meta.resourceVersion,
        data=data,
        annotations=meta.annotations or {},
        labels=meta.labels or {},
        owners=tuple(owner.kind for owner in meta.ownerReferences or []),
        immutable=bool(found.immutable),
    )
