"""What is wrong with a `.ci.yaml`: problems with their place, sentence and remedy, and their collection."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

Severity: TypeAlias = Literal["problem", "warning"]

MAX_REPORTED: Final = 50
"""Findings listed per file and severity: past that a person fixes the first ones and reads again."""

_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding in a file: where it is, a sentence about it, and what to do. `line` counts from 1."""

    file: str
    line: int
    sentence: str
    remedy: str = ""
    severity: Severity = "problem"

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: {self.sentence}"
        return f"{where}; {self.remedy}" if self.remedy else where


@dataclass(slots=True)
class Report:
    """Collects the findings of one file, so that all of them can be told at once."""

    file: str
    _problems: list[Problem] = field(default_factory=list)
    _warnings: list[Problem] = field(default_factory=list)

    def problem(self, line: int, sentence: str, remedy: str = "") -> None:
        """Note something that has to be changed before the file can be used."""
        self._problems.append(Problem(self.file, line, sentence, remedy))

    def warning(self, line: int, sentence: str, remedy: str = "") -> None:
        """Note something that a person should look at, though the file can be used."""
        self._warnings.append(Problem(self.file, line, sentence, remedy, "warning"))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems in the order of their lines."""
        return _in_order(self._problems)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The warnings in the order of their lines."""
        return _in_order(self._warnings)


def shown(text: str) -> str:
    """Return a piece of a file as it can safely be put into a message: quoted, short, nothing unprintable.

    Files come from many hands; a terminal must not obey what stands in them.
    """
    cut = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    return "`" + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in cut) + "`"


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """Return "did you mean `X`?" for the known name nearest to the one given, or "" where none is near."""
    by_lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(given.lower()[:_SHOWN], by_lower, n=1, cutoff=0.7)
    return f"did you mean `{by_lower[near[0]]}`?" if near else ""


def _in_order(found: list[Problem]) -> tuple[Problem, ...]:
    # An alias makes the same lines be read several times: say it once.
    unique = sorted(dict.fromkeys(found), key=lambda problem: problem.line)
    if len(unique) <= MAX_REPORTED:
        return tuple(unique)
    last = unique[MAX_REPORTED - 1]
    rest = len(unique) - MAX_REPORTED + 1
    more = Problem(last.file, last.line, f"and {rest} more from this line on", severity=last.severity)
    return (*unique[: MAX_REPORTED - 1], more)
