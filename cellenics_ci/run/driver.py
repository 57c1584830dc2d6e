"""Drives a protocol with the real world, and hears wishes to stop where it may be left."""

from __future__ import annotations

from typing import Any, TypeVar

from cellenics_ci.errors import Interrupted
from cellenics_ci.run.calls import Call, Steps, drive
from cellenics_ci.run.interruption import Interruption

P = TypeVar("P")
T = TypeVar("T")


def drive_until_stopped(steps: Steps[P, T], ports: P, interruption: Interruption) -> T:
    """Run a protocol to its end against `ports`.

    A wish to stop is heard before each call, once; whoever tidies up because of it does not hear it again.
    """
    stopping = False

    def perform(call: Call[P, Any]) -> Any:
        nonlocal stopping
        if stopping:
            with interruption.shielded():
                return call.perform(ports)
        try:
            if interruption.asked and not call.local:
                raise Interrupted
            return call.perform(ports)
        except Interrupted:
            stopping = True
            raise

    return drive(steps, perform)
