"""IAM's own kinds of delay, waited for: refusals for the moment, and users and roles too new to be known everywhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Final

from cellenics_ci.clients.aws.session import AwsSession
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.names import RoleName, UserName

_PAUSES: Final = (0.5, 1.0, 2.0, 4.0)
"""Seconds between attempts. IAM is eventually consistent (IAM User Guide, "Troubleshoot IAM"): mostly within a few."""
_NEW_FOR: Final = 60.0


class PatientIam:
    """Calls to IAM that wait where IAM asks to. One for all users and roles, shared by threads."""

    def __init__(self, session: AwsSession) -> None:
        self.session = session
        self._created: dict[str, float] = {}
        self._lock = threading.Lock()

    def created(self, name: UserName | RoleName) -> None:
        """Note that a user or role has just been created: for a minute, "no such entity" may not be true."""
        with self._lock:
            self._created[name] = time.monotonic()

    def call(self, action: str, name: str, request: Callable[[], Any]) -> Any:
        """Send a request that may be repeated; CallFailed when it still fails after some seconds."""
        for pause in _PAUSES:
            try:
                return self.session.call(action, name, request)
            except CallFailed as failed:
                too_new = failed.kind is Failure.NOT_FOUND and self._is_new(name)
                if failed.kind is not Failure.THROTTLED and not too_new:
                    raise
            self.session.wait(pause)
        return self.session.call(action, name, request)

    def _is_new(self, name: str) -> bool:
        with self._lock:
            return time.monotonic() - self._created.get(name, float("-inf")) < _NEW_FOR
