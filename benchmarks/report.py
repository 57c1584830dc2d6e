"""What was measured, as tables: against a target where there is one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_WIDTHS: Final = (66, 10, 12)


@dataclass(frozen=True, slots=True)
class Row:
    """A figure. `target` is the most that is wanted, None for a figure that is only context."""

    what: str
    measured: float
    unit: str = ""
    target: float | None = None

    @property
    def verdict(self) -> str:
        """Say whether the target is met, "" where there is none."""
        if self.target is None:
            return ""
        return "ok" if self.measured <= self.target else "OVER"


def show(title: str, rows: Sequence[Row]) -> None:
    """Print a table of figures."""
    what, target, measured = _WIDTHS
    print(f"\n{title}\n{'':{what}}{'target':>{target}}{'measured':>{measured}}", flush=True)
    for row in rows:
        wanted = "" if row.target is None else f"{_number(row.target)}{row.unit}"
        print(f"  {row.what:{what - 2}}{wanted:>{target}}{_number(row.measured) + row.unit:>{measured}}  {row.verdict}")


def show_counts(title: str, columns: Mapping[str, Counter[str]], per: int) -> None:
    """Print how often each call was made, divided by `per`, a column for each run."""
    print(f"\n{title}")
    names = sorted({name for counts in columns.values() for name in counts})
    print(f"{'':{_WIDTHS[0]}}" + "".join(f"{name:>10}" for name in columns))
    for name in names:
        figures = "".join(f"{counts[name] / per:>10.2f}" for counts in columns.values())
        print(f"  {name:{_WIDTHS[0] - 2}}{figures}")


def _number(value: float) -> str:
    return f"{value:.0f}" if value == int(value) or value >= 100 else f"{value:.2f}"
