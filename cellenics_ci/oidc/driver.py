"""Drives an adoption's protocol with the real world."""

from __future__ import annotations

import logging

from cellenics_ci.oidc.order import Order, ProviderOrder
from cellenics_ci.oidc.ports import Ports
from cellenics_ci.oidc.protocol import AGAIN, adopt, provide
from cellenics_ci.run.driver import drive_until_stopped
from cellenics_ci.run.interruption import Interruption
from cellenics_ci.run.outcome import Outcome, Status

logger = logging.getLogger(__name__)


def establish(order: ProviderOrder, ports: Ports, interruption: Interruption) -> str:
    """Have the account take GitHub's tokens. Returns why it does not, "" where it does."""
    return drive_until_stopped(provide(order), ports, interruption) if order else ""


def carry_out(order: Order, ports: Ports, interruption: Interruption) -> Outcome:
    """Carry one order out against AWS and GitHub. Never raises: what nobody foresaw is an outcome too."""
    try:
        return drive_until_stopped(adopt(order), ports, interruption)
    except Exception as problem:
        # No text of the exception: nobody knows what is in it.
        logger.debug("%s: %s", order.repo, type(problem).__name__, exc_info=True)
        reason = f"something went wrong inside cellenics-ci ({type(problem).__name__})"
        return Outcome(order.repo, Status.NEEDS_ATTENTION, reason, AGAIN, cause="internal")
