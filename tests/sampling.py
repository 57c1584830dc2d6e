"""Cases of a test that are many and alike: a few for every day, the rest for `make faults` (pytest --whole)."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any, Final

import pytest

SEED: Final = 20261122


def whole(*values: Any, id: str | None = None) -> Any:
    """Return a case that only `make faults` tries."""
    return pytest.param(*values, id=id, marks=pytest.mark.whole)


def sampled(cases: Iterable[tuple[Any, ...]], share: float) -> list[Any]:
    """Return all cases, but for every day only a share of them, drawn with a fixed seed."""
    chance = random.Random(SEED)
    return [pytest.param(*case, marks=() if chance.random() < share else pytest.mark.whole) for case in cases]
