"""Drives the protocol with the real world: each call is performed, its answer or failure sent back in."""

from __future__ import annotations

import logging
from typing import Any, Final

from cellenics_ci.errors import Interrupted
from cellenics_ci.model.names import KEY_ID_SECRET, KEY_SECRET_SECRET
from cellenics_ci.rotation.calls import SayDelivered, Wait, WriteSecret
from cellenics_ci.rotation.order import Order
from cellenics_ci.rotation.ports import Ports
from cellenics_ci.rotation.protocol import rotate
from cellenics_ci.run.calls import Call, drive
from cellenics_ci.run.host import Runner
from cellenics_ci.run.interruption import Interruption
from cellenics_ci.run.outcome import Outcome, Status

logger = logging.getLogger(__name__)
_PAIR: Final = (KEY_ID_SECRET, KEY_SECRET_SECRET)


def carry_out(order: Order, runner: Runner, ports: Ports, interruption: Interruption) -> Outcome:
    """Carry one order out against AWS and GitHub. Never raises: what nobody foresaw is an outcome too.

    A wish to stop is heard once, wherever a call waits; from the first half of a pair until the whole is noted live,
    only where the protocol itself waits and allows it.
    """
    stopping = delivering = False

    def perform(call: Call[Ports, Any]) -> Any:
        nonlocal stopping, delivering
        if isinstance(call, WriteSecret | SayDelivered):
            delivering = isinstance(call, WriteSecret) and call.value.name in _PAIR
        # A wait says itself whether it may be cut short.
        held = isinstance(call, WriteSecret) or (delivering and not isinstance(call, Wait))
        if stopping or held:
            # Whatever a server makes a call wait for, a wish to stop must not fall between the two halves of a pair,
            # nor before it is noted that both are there; and who tidies up must not hear it a second time.
            with interruption.shielded():
                return call.perform(ports)
        try:
            return call.perform(ports)
        except Interrupted:
            stopping = True
            raise

    try:
        return drive(rotate(order, runner), perform)
    except Exception as problem:
        # No text of the exception: nobody knows what is in it.
        logger.debug("%s: %s", order.repo, type(problem).__name__, exc_info=True)
        reason = f"something went wrong inside cellenics-ci ({type(problem).__name__})"
        step = "run the same command again: it finds out what was begun, and finishes it"
        return Outcome(order.repo, Status.NEEDS_ATTENTION, reason, step, cause="internal")
