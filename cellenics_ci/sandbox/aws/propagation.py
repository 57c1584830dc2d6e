"""How slowly AWS makes a change to a key known to itself: a new one is refused for a while, an old one lingers."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from hashlib import sha256
from typing import Final


@dataclass(frozen=True, slots=True)
class Propagation:
    """Times in seconds. The default is none of it: every change counts at once, everywhere.

    A new key is refused for `refused`, plus up to `spread` more that differ by key, service and region. For
    `flickering` seconds after that every other call with it is refused still, so that single successes prove
    little. STS takes it `sts_lead` earlier than other services do. A key that was deleted or made inactive is
    still taken for `lingering`.
    """

    refused: float = 0.0
    spread: float = 0.0
    flickering: float = 0.0
    sts_lead: float = 0.0
    lingering: float = 0.0

    def scaled(self, factor: float) -> Propagation:
        """Return the same, so many times as slow."""
        times = (self.refused, self.spread, self.flickering, self.sts_lead, self.lingering)
        return Propagation(*(seconds * factor for seconds in times))

    def first_accepted_after(self, key_id: str, service: str, region: str) -> float:
        """Return how long after its creation a key is taken for the first time."""
        wait = self.refused + self.spread * _fraction(f"{key_id}/{service}/{region}")
        return max(0.0, wait - (self.sts_lead if service == "sts" else 0.0))


INSTANT: Final = Propagation()
LIFELIKE: Final = Propagation(refused=0.8, spread=0.7, flickering=0.5, sts_lead=0.3, lingering=1.0)
"""AWS in quick motion: a new key is taken by everybody two seconds after its creation at the latest."""


class Flicker:
    """Decides about single calls, and takes turns where AWS is undecided."""

    def __init__(self, propagation: Propagation) -> None:
        self.propagation = propagation
        self._turns = itertools.count()

    def accepts(self, key_id: str, service: str, region: str, age: float) -> bool:
        """Say whether a service takes a key that was created `age` seconds ago."""
        first = self.propagation.first_accepted_after(key_id, service, region)
        if age < first:
            return False
        return age >= first + self.propagation.flickering or next(self._turns) % 2 == 0


def _fraction(text: str) -> float:
    return sha256(text.encode()).digest()[0] / 255
