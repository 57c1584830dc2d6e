"""What GitHub holds or answers, as values: sealed secrets, workflow runs."""

from __future__ import annotations

from dataclasses import dataclass

from cellenics_ci.model.scopes import Scope


@dataclass(frozen=True, slots=True)
class SealedValue:
    """One secret's value, sealed for one scope's public key: safe to hold and send, useless to read."""

    scope: Scope
    name: str
    encrypted_value: str
    key_id: str


@dataclass(frozen=True, slots=True)
class WorkflowRun:
    """A workflow run that has not ended. `created_at` is the first attempt's, in UTC epoch seconds."""

    id: int
    name: str
    status: str
    created_at: float
    url: str


@dataclass(frozen=True, slots=True)
class OlderRuns:
    """The runs that were created before a moment: those that have not ended, and when the last of the others did.

    `last_end` is UTC epoch seconds, None where no ended run was seen (only the newest 100 runs are looked at).
    """

    unfinished: tuple[WorkflowRun, ...]
    last_end: float | None
