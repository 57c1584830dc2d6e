"""Layer (h): adoptions in memory, with one kind of fault at every call, and with a second one in the next run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final

from tests.oidc.harness import KINDS, STARTS, assert_repaired, number_of_calls, read_once

_SECOND: Final = ("after", "crash-after")
"""What the next run meets: its call has happened, and it does not know, or can do nothing about it any more."""


@dataclass(frozen=True, slots=True)
class AdoptionCase:
    """A kind of fault at every call of a run, from a start; with `second`, that one at every call of the next run."""

    start: str
    first: str
    second: str = ""

    def __str__(self) -> str:
        then = f", then {self.second}" if self.second else ""
        return f"an adoption: {self.first}{then} at every call, {self.start}"

    def run(self) -> Counter[str]:
        """Try them all; returns what was counted."""
        with read_once():
            calls = range(1, number_of_calls(self.start) + 1)
            faults = [(at, self.first) for at in calls]
            if not self.second:
                for fault in faults:
                    assert_repaired(self.start, [fault])
                return Counter(cases=len(faults))
            pairs = list(product(faults, [(at, self.second) for at in calls]))
            for pair in pairs:
                assert_repaired(self.start, pair)
            return Counter(cases=len(pairs), pairs=len(pairs))


def adoption_cases() -> Iterator[AdoptionCase]:
    """Yield every kind of fault over all starts, alone and with a second one after it."""
    for start, first in product(STARTS, KINDS):
        for second in ("", *_SECOND):
            yield AdoptionCase(start, first, second)
