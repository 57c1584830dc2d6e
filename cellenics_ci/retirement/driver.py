"""Drives the protocol with the real world: each call is performed, its answer or failure sent back in."""

from __future__ import annotations

import logging

from cellenics_ci.retirement.order import Order
from cellenics_ci.retirement.ports import Ports
from cellenics_ci.retirement.protocol import AGAIN, retire
from cellenics_ci.run.driver import drive_until_stopped
from cellenics_ci.run.host import Runner
from cellenics_ci.run.interruption import Interruption
from cellenics_ci.run.outcome import Outcome, Status

logger = logging.getLogger(__name__)


def carry_out(order: Order, runner: Runner, ports: Ports, interruption: Interruption) -> Outcome:
    """Carry one order out against AWS and GitHub. Never raises: what nobody foresaw is an outcome too.

    A wish to stop is heard before each call, once: after it the lock is given back, undisturbed.
    """
    try:
        return drive_until_stopped(retire(order, runner), ports, interruption)
    except Exception as problem:
        # No text of the exception: nobody knows what is in it.
        logger.debug("%s: %s", order.repo, type(problem).__name__, exc_info=True)
        reason = f"something went wrong inside cellenics-ci ({type(problem).__name__})"
        return Outcome(order.repo, Status.UNFINISHED, reason, AGAIN, cause="internal")
