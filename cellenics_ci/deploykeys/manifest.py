"""The Secret as a manifest, for whoever has no access to the cluster from here: `kubectl apply`, or SOPS and git."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import yaml

from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.cluster import Automation, FluxSecret, GitSource, SecretChange
from cellenics_ci.model.secret import Secret


class _Blocks(yaml.SafeDumper):
    """Writes what has several lines as a block, as people write keys."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Blocks.add_representer(str, _text)


def manifest_text(namespace: str, name: str, change: SecretChange) -> Secret:
    """Return a Secret's manifest with these entries and annotations."""
    metadata: dict[str, Any] = {"name": name, "namespace": namespace}
    annotations = {key: value for key, value in change.annotations.items() if value is not None}
    if annotations:
        metadata["annotations"] = annotations
    document = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "type": "Opaque",
        "stringData": {key: value.reveal() for key, value in change.data.items() if value is not None},
    }
    return Secret(yaml.dump(document, Dumper=_Blocks, sort_keys=False, allow_unicode=True, width=4096))


class ManifestOnly:
    """Stands where the cluster would: its one write is the manifest.

    `write` takes the text and raises OSError where it can't be written.
    """

    def __init__(self, namespace: str, secret: str, write: Callable[[Secret], None]) -> None:
        self._namespace, self._secret, self._write = namespace, secret, write

    def create_secret(self, change: SecretChange) -> FluxSecret:
        """Write the manifest. INVALID where it can't be written."""
        try:
            self._write(manifest_text(self._namespace, self._secret, change))
        except OSError as error:
            raise CallFailed(
                Failure.INVALID,
                f"The manifest could not be written: {error.strerror or type(error).__name__}.",
                remedy="Make room, or name another file.",
            ) from None
        return FluxSecret("", {})

    def read_secret(self) -> FluxSecret | None:
        """There is none to be seen from here."""
        return None

    def read_source(self) -> GitSource | None:
        """There is none to be seen from here."""
        return None

    def automations(self) -> tuple[Automation, ...] | None:
        """Nobody knows from here."""
        return None

    def patch_secret(self, change: SecretChange, version: str) -> FluxSecret:
        """There is nothing to change."""
        self._refuse()

    def ask_reconcile(self, value: str) -> None:
        """There is nobody to ask."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise CallFailed(Failure.NOT_FOUND, "No cluster was named.")
