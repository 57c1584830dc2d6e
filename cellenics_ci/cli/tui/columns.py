"""The columns of each tab, and which of them fit a width: the least important ones go first. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from rich.cells import cell_len

from cellenics_ci.audit.findings import Finding
from cellenics_ci.audit.listing import DeployKeyRow, Drift, OrphanRow, RepositoryRow
from cellenics_ci.cli.tui.cells import Cell, Tone, age_cell, severity_cell, told_cell
from cellenics_ci.cli.tui.entries import Entry, Tab
from cellenics_ci.cli.views.audit_order import VALUES
from cellenics_ci.cli.views.audit_words import (
    NONE,
    age_text,
    deploy_keys_text,
    rights_text,
    scopes_text,
    status_text,
    used_text,
)
from cellenics_ci.model.moments import span_text

GAP: Final = 1
"""Cells between columns."""
AGE_WIDTH: Final = 16
Value: TypeAlias = float | str | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `id` is its name for sorting, `show` makes its cells, `value` what rows are sorted by.

    `least` is the width that it needs, `most` what it grows to where there is room. Columns of a lower `rank` go
    first where there is none; 0 always stays. `descends`: the largest value comes first. `ends`: what is too long is
    cut in its middle, as its end says most.
    """

    id: str
    title: str
    show: Callable[[Any], Cell]
    value: Callable[[Any], Value]
    least: int
    most: int = 0
    rank: int = 0
    descends: bool = True
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """A column with the width that it got."""

    column: Column
    width: int


def columns_of(tab: Tab, limit: float) -> tuple[Column, ...]:
    """Return a tab's columns. `limit`: how old keys may become, in seconds."""
    match tab:
        case Tab.REPOSITORIES:
            return _repositories(limit)
        case Tab.DEPLOY_KEYS:
            return _deploy_keys(limit)
        case Tab.ORPHANS:
            return _orphans(limit)
        case Tab.ORGANIZATION:
            return _others()


def placed(columns: Sequence[Column], entries: Sequence[Entry], width: int) -> tuple[Placed, ...]:
    """Return the columns that fit a width, with theirs. `entries` tell how much room is of use."""
    kept = list(columns)
    while len(kept) > 1 and _needed(kept) > width:
        kept.remove(max(kept, key=lambda column: column.rank))
    widths = {column.id: column.least for column in kept}
    spare = width - _needed(kept)
    for column in sorted((each for each in kept if each.most), key=lambda each: each.rank):
        longest = max((cell_len(column.show(entry.row).text) for entry in entries), default=0)
        more = max(0, min(spare, min(column.most, longest) - column.least))
        widths[column.id] += more
        spare -= more
    return tuple(Placed(column, widths[column.id]) for column in kept)


def _needed(columns: Sequence[Column]) -> int:
    return sum(column.least + GAP for column in columns)


def _repositories(limit: float) -> tuple[Column, ...]:
    def age(row: RepositoryRow) -> Cell:
        return age_cell(row.key_age, age_text(row), limit=limit, pending=row.pending)

    return (
        Column("severity", "Worst", lambda row: severity_cell(row.worst), VALUES["severity"], 9),
        Column("repository", "Repository", _name, lambda row: row.name.lower(), 13, 32, 0, descends=False),
        Column("rights", "AWS by", lambda row: told_cell(rights_text(row)), VALUES["rights"], 6, rank=4),
        Column("age", "Key age", age, VALUES["age"], AGE_WIDTH, rank=1),
        Column("used", "Used", lambda row: told_cell(used_text(row), pending=row.pending), VALUES["used"], 6, rank=3),
        Column("drift", "Policies", _policies, VALUES["drift"], 11, rank=2),
        Column("scopes", "Pair in", lambda row: told_cell(scopes_text(row)), VALUES["scopes"], 10, 28, 5),
        Column("deploy-keys", "Deploy", lambda row: told_cell(deploy_keys_text(row)), VALUES["deploy-keys"], 6, rank=6),
        _rules(7),
    )


def _deploy_keys(limit: float) -> tuple[Column, ...]:
    def age(row: DeployKeyRow) -> Cell:
        return age_cell(row.age, _span(row.age, "?"), limit=limit)

    return (
        Column("severity", "Worst", lambda row: severity_cell(row.worst), lambda row: row.worst or 0, 9),
        Column(
            "repository",
            "Repository",
            lambda row: Cell(row.repository),
            lambda row: row.repository.lower(),
            10,
            24,
            2,
            descends=False,
        ),
        Column(
            "title",
            "Title",
            lambda row: Cell(row.title, Tone.STRONG),
            lambda row: row.title.lower(),
            14,
            60,
            0,
            descends=False,
            ends=True,
        ),
        Column("age", "Age", age, lambda row: row.age, AGE_WIDTH, rank=1),
        Column(
            "used", "Used", lambda row: told_cell(_span(row.used_ago, "never")), lambda row: row.used_ago, 6, rank=3
        ),
        Column("right", "Right", _right, lambda row: not row.read_only, 10, rank=4),
        Column("by", "Added by", lambda row: told_cell(row.added_by or "?"), _added_by, 8, 20, 5, descends=False),
        _rules(6),
    )


def _orphans(limit: float) -> tuple[Column, ...]:
    def age(row: OrphanRow) -> Cell:
        return age_cell(row.key_age, _span(row.key_age, NONE), limit=limit)

    return (
        Column("severity", "Worst", lambda row: severity_cell(row.worst), lambda row: row.worst or 0, 9),
        Column(
            "user",
            "IAM user",
            lambda row: Cell(row.user, Tone.STRONG),
            lambda row: row.user.lower(),
            16,
            48,
            0,
            descends=False,
        ),
        Column("age", "Key age", age, lambda row: row.key_age, AGE_WIDTH, rank=1),
        Column("used", "Used", _orphan_used, lambda row: row.used_ago, 6, rank=3),
        Column(
            "reason",
            "Why nobody needs it",
            lambda row: Cell(row.reason),
            lambda row: row.reason,
            20,
            70,
            2,
            descends=False,
        ),
        _rules(6),
    )


def _others() -> tuple[Column, ...]:
    return (
        Column("severity", "Worst", lambda row: severity_cell(row.worst), lambda row: row.worst or 0, 9),
        Column(
            "subject",
            "About",
            lambda row: Cell(row.subject, Tone.STRONG),
            lambda row: row.subject.lower(),
            16,
            40,
            0,
            descends=False,
        ),
        Column("kind", "Kind", lambda row: Cell(row.kind), lambda row: row.kind, 12, rank=1, descends=False),
        Column(
            "sentence",
            "What",
            lambda row: Cell(row.findings[0].sentence),
            lambda row: row.findings[0].sentence,
            20,
            120,
            2,
            descends=False,
        ),
    )


def _rules(rank: int) -> Column:
    return Column("rules", "Found", _found, lambda row: len(row.findings), 12, 80, rank)


def _found(row: Any) -> Cell:
    findings: tuple[Finding, ...] = row.findings
    return Cell(", ".join(dict.fromkeys(finding.rule for finding in findings)), Tone.DIM)


def _name(row: RepositoryRow) -> Cell:
    return Cell(row.name, Tone.STRONG)


def _policies(row: RepositoryRow) -> Cell:
    told = told_cell(status_text(row))
    return Cell(told.text, Tone.WARNING) if row.drift in (Drift.DRIFTED, Drift.NO_USER) else told


def _right(row: DeployKeyRow) -> Cell:
    if not row.enabled:
        return Cell("disabled", Tone.WARNING)
    return Cell("read-only" if row.read_only else "read-write")


def _added_by(row: DeployKeyRow) -> Value:
    return row.added_by.lower() if row.added_by else None


def _orphan_used(row: OrphanRow) -> Cell:
    return told_cell(_span(row.used_ago, "never" if row.keys else NONE))


def _span(seconds: float | None, otherwise: str) -> str:
    return otherwise if seconds is None else span_text(seconds)
