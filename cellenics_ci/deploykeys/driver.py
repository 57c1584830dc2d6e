"""Drives the protocols of a deploy key with the real world."""

from __future__ import annotations

import logging

from cellenics_ci.deploykeys.calls import Steps
from cellenics_ci.deploykeys.order import AGAIN, Order
from cellenics_ci.deploykeys.outcome import KeyOutcome
from cellenics_ci.deploykeys.ports import Ports
from cellenics_ci.run.driver import drive_until_stopped
from cellenics_ci.run.interruption import Interruption
from cellenics_ci.run.outcome import Status

logger = logging.getLogger(__name__)


def carry_out(order: Order, steps: Steps[KeyOutcome], ports: Ports, interruption: Interruption) -> KeyOutcome:
    """Carry a protocol out against GitHub, SSH and the cluster. Never raises: what nobody foresaw is an outcome too.

    A wish to stop is heard before each call, once; whoever tidies up because of it does not hear it again.
    """
    try:
        return drive_until_stopped(steps, ports, interruption)
    except Exception as problem:
        # No text of the exception: nobody knows what is in it.
        logger.debug("%s: %s", order.repo, type(problem).__name__, exc_info=True)
        return KeyOutcome(
            repository=order.repo,
            status=Status.NEEDS_ATTENTION,
            reason=f"something went wrong inside cellenics-ci ({type(problem).__name__})",
            next_step=AGAIN,
            cluster=order.cluster.context or None,
            old=order.old_fingerprint,
            read_only=order.read_only,
            cause="internal",
        )
