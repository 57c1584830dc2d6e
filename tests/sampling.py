"""Cases of a test that are many and alike: some for every day, the rest for `make faults` (pytest --whole)."""

from __future__ import annotations

from typing import Any

import pytest


def whole(*values: Any, id: str | None = None) -> Any:
    """Return a case that only `make faults` tries."""
    return pytest.param(*values, id=id, marks=pytest.mark.whole)
