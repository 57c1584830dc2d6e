"""What one cell of a listing says, and in which tone. Readable without colour: words and signs say the same."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cellenics_ci.audit.findings import Severity
from cellenics_ci.cli.views.audit_words import NONE, severity_text

BAR: Final = 8
"""Cells of a bar that stands for the oldest that a key may become."""
PENDING: Final = "…"
"""What has still to come, while the rest is read."""


class Tone(StrEnum):
    """How a text is meant. Widgets turn it into a style."""

    PLAIN = "plain"
    STRONG = "strong"
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    GOOD = "good"
    DIM = "dim"
    COMMAND = "command"


TONES: Final = {Severity.ERROR: Tone.ERROR, Severity.WARNING: Tone.WARNING, Severity.INFO: Tone.INFO}
SIGNS: Final = {Severity.ERROR: "✖", Severity.WARNING: "▲", Severity.INFO: "●"}


@dataclass(frozen=True, slots=True)
class Cell:
    """A text on one line, and its tone."""

    text: str
    tone: Tone = Tone.PLAIN


def severity_words(severity: Severity) -> str:
    """Return a severity's sign and word: `▲ warning`."""
    return f"{SIGNS[severity]} {severity.word}"


def severity_cell(worst: Severity | None) -> Cell:
    """Return the worst that was found."""
    if worst is None:
        return Cell(severity_text(None), Tone.DIM)
    return Cell(severity_words(worst), TONES[worst])


def told_cell(text: str, *, pending: bool = False) -> Cell:
    """Return a cell of plain words; what is not known, or not there, stands back."""
    if text == NONE and pending:
        return Cell(PENDING, Tone.DIM)
    return Cell(text, Tone.DIM if text == NONE else Tone.PLAIN)


def age_cell(age: float | None, text: str, *, limit: float, pending: bool = False) -> Cell:
    """Return an age as a bar and in words. Seconds; a full bar is the limit, `+` is beyond it."""
    if age is None:
        told = told_cell(text, pending=pending)
        return Cell(f"{'':{BAR}}  {told.text:>6}", told.tone)
    over = age > limit
    return Cell(f"{bar(age, limit):{BAR}}{'+' if over else ' '} {text:>6}", Tone.WARNING if over else Tone.PLAIN)


def bar(age: float, limit: float) -> str:
    """Return a bar of up to BAR cells, in halves of a cell; the limit fills it."""
    halves = 2 * BAR if age >= limit else int(age / limit * 2 * BAR)
    return "━" * (halves // 2) + "╸" * (halves % 2)
