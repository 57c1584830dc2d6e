"""How the rotation of a deploy key ended, in people's words."""

from __future__ import annotations

from dataclasses import dataclass

from cellenics_ci.model.deploy_keys import Fingerprint
from cellenics_ci.model.names import RepoName
from cellenics_ci.run.outcome import Status


@dataclass(frozen=True, slots=True)
class KeyOutcome:
    """The end of one rotation. `cluster` is the kubeconfig's context, None where no cluster was asked.

    `cause` is a short code for what failed, "" where nothing did, also when the outcome is good all the same.
    """

    repository: RepoName
    status: Status
    reason: str = ""
    next_step: str = ""
    cluster: str | None = None
    old: Fingerprint | None = None
    new: Fingerprint | None = None
    read_only: bool | None = None
    notes: tuple[str, ...] = ()
    interrupted: bool = False
    cause: str = ""
    works: bool = False
    """Of what needs attention: whether the cluster works with the new key all the same, and only something is left."""

    @property
    def exit_code(self) -> int:
        """0 exactly if rotated, 3 where a cluster may be without a key that works, 130 interrupted, else 1."""
        if self.status is Status.ROTATED:
            return 0
        if self.status is Status.NEEDS_ATTENTION and not self.works:
            return 3
        return 130 if self.interrupted else 1
