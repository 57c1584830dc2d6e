"""What ensuring container repositories needs of the world; clients fulfil it, and so do the worlds of the tests."""

from __future__ import annotations

from typing import Protocol

from cellenics_ci.model.names import Region
from cellenics_ci.model.registries import ContainerRepository, ImageSettings, TagRule


class ContainerRegistry(Protocol):
    """ECR in any region of one account. Every method raises CallFailed, and Interrupted while it waits."""

    def find(self, name: str, region: Region) -> ContainerRepository | None:
        """Return a repository with its settings, None where there is none."""

    def create(self, name: str, region: Region, settings: ImageSettings) -> ContainerRepository:
        """Create a repository, yet without a lifecycle policy. EXISTS where it is there. Sent once."""

    def set_tags(self, name: str, region: Region, tags: TagRule) -> None:
        """Set whether tags may be moved."""

    def set_scan_on_push(self, name: str, region: Region, wanted: bool) -> None:
        """Set whether an image is scanned when it is pushed."""

    def set_lifecycle(self, name: str, region: Region, policy: str | None) -> None:
        """Set the lifecycle policy; None takes it away, and an absent one is no error."""

    def wait(self, seconds: float) -> None:
        """Let time pass. Raises Interrupted as soon as somebody asked to stop."""
