"""What is wrong with a `.ci.yaml`: problems with their place, sentence and remedy, and their collection."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

Severity: TypeAlias = Literal["problem", "warning"]

MAX_REPORTED: Final = 100
"""Findings told of one file and severity: past that a person mends the first ones and reads again."""

MAX_ENUMERATED: Final = 8
"""Faults of one text that are told by their names."""

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


def a_line_each(problems: Iterable[Problem]) -> str:
    """Return problems as a reason of as many lines."""
    # Within a problem there is no end of a line, whatever the file holds: lines are what views count.
    return "\n".join(" ".join(str(problem).splitlines()) for problem in problems)


class Enough(Exception):
    """A file has so many problems that it is not read any further. Its Report tells the first MAX_REPORTED."""


@dataclass(slots=True)
class Report:
    """Collects the findings of one file, so that all of them can be told at once."""

    file: str
    # Dicts for their order: what an alias repeats is found several times, and told once.
    _problems: dict[Problem, None] = field(default_factory=dict)
    _warnings: dict[Problem, None] = field(default_factory=dict)

    def problem(self, line: int, sentence: str, remedy: str = "") -> None:
        """Note something that has to be changed before the file can be used. Raises Enough."""
        if len(self._problems) >= MAX_REPORTED:
            raise Enough
        self._problems[Problem(self.file, line, sentence, remedy)] = None

    def warning(self, line: int, sentence: str, remedy: str = "") -> None:
        """Note something that a person should look at, though the file can be used."""
        if self.wants_warnings:
            self._warnings[Problem(self.file, line, sentence, remedy, "warning")] = None

    @property
    def wants_warnings(self) -> bool:
        """Whether there is room for more warnings: a look for near names need not be taken in vain."""
        return len(self._warnings) < MAX_REPORTED

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems in the order of their lines."""
        return tuple(sorted(self._problems, key=lambda problem: problem.line))

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The warnings in the order of their lines."""
        return tuple(sorted(self._warnings, key=lambda problem: problem.line))


def shown(text: str) -> str:
    """Return a piece of a file as it can safely be put into a message: quoted, short, nothing unprintable.

    Files come from many hands; a terminal must not obey what stands in them.
    """
    cut = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    return "`" + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in cut) + "`"


def enumerated(items: Iterable[str]) -> str:
    """Return "a", "a and b", "a, b and c" for distinct items; past MAX_ENUMERATED how many more there are."""
    distinct = list(dict.fromkeys(items))
    if len(distinct) > MAX_ENUMERATED:
        rest = len(distinct) - MAX_ENUMERATED
        distinct[MAX_ENUMERATED:] = [f"{rest:,} more"]
    *before, last = distinct
    return f"{', '.join(before)} and {last}" if before else last


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """Return "did you mean `X`?" for the known name nearest to the one given, or "" where none is near."""
    by_lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(given.lower()[:_SHOWN], by_lower, n=1, cutoff=0.7)
    return f"did you mean `{by_lower[near[0]]}`?" if near else ""
