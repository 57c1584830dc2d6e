"""Which rows are shown, and in which order."""

from __future__ import annotations

import pytest

from cellenics_ci.audit.findings import NINETY_DAYS, Severity
from cellenics_ci.cli.tui.columns import columns_of
from cellenics_ci.cli.tui.entries import Tab
from cellenics_ci.cli.tui.sifting import Sieve, Sorting, shown
from cellenics_ci.cli.views.audit_order import VALUES, in_order
from tests.cli.tui.organization import taken

TAKEN = taken()
COLUMNS = columns_of(Tab.REPOSITORIES, NINETY_DAYS)


def names(sieve: Sieve, sorting: Sorting | None = None, part: Tab = Tab.REPOSITORIES) -> list[str]:
    columns = columns_of(part, NINETY_DAYS)
    return [entry.name for entry in shown(TAKEN.entries[part], sieve, sorting or Sorting("repository"), columns)]


@pytest.mark.parametrize(
    ("sieve", "expected"),
    [
        (Sieve(), ["api", "lab", "missing", "releases", "ui", "worker"]),
        (Sieve(all=True), ["api", "handbook", "lab", "logo", "missing", "releases", "ui", "worker"]),
        (Sieve(text="WORK"), ["worker"]),
        (Sieve(text="drift staging"), ["api"]),
        (Sieve(text="drift nowhere"), []),
        (Sieve(text="key-two-active"), ["worker"]),
        (Sieve(rule="policy-drift"), ["api"]),
        (Sieve(rule="policy-drift", severity=Severity.ERROR), []),
        (Sieve(text="ECO"), ["worker"]),
    ],
)
def test_a_row_is_shown_where_it_has_all_that_is_asked_for(sieve: Sieve, expected: list[str]) -> None:
    assert names(sieve) == expected


def test_a_severity_lets_worse_ones_through() -> None:
    errors, warnings = (set(names(Sieve(severity=each))) for each in (Severity.ERROR, Severity.WARNING))
    assert errors < warnings
    assert all(
        (entry.row.worst or 0) >= Severity.ERROR for entry in TAKEN.entries[Tab.REPOSITORIES] if entry.name in errors
    )


def test_severities_follow_each_other_and_come_back_to_all() -> None:
    sieve = Sieve(text="x")
    found = [sieve := sieve.next_severity() for _ in range(4)]
    assert [each.severity for each in found] == [Severity.ERROR, Severity.WARNING, Severity.INFO, None]
    assert found[-1] == Sieve(text="x")


@pytest.mark.parametrize("column", VALUES)
def test_rows_have_the_order_that_the_table_has(column: str) -> None:
    everything = [row.name for row in in_order(TAKEN.listing, column).repositories]
    assert names(Sieve(all=True), Sorting(column)) == everything


@pytest.mark.parametrize("part", Tab)
def test_what_is_not_known_comes_last_whichever_way_rows_are_sorted(part: Tab) -> None:
    entries = TAKEN.entries[part]
    columns = columns_of(part, NINETY_DAYS)
    for column in columns:
        for reverse in (False, True):
            values = [
                column.value(each.row) for each in shown(entries, Sieve(all=True), Sorting(column.id, reverse), columns)
            ]
            known = [value for value in values if value is not None]
            assert values[: len(known)] == known
            assert known == sorted(known, reverse=column.descends != reverse)


def test_sorting_by_the_same_column_again_turns_it_round() -> None:
    once = Sorting("severity").by("age")
    assert (once, once.by("age"), once.by("age").by("age")) == (Sorting("age"), Sorting("age", True), Sorting("age"))


def test_the_column_after_the_last_one_is_the_first() -> None:
    assert Sorting(COLUMNS[-1].id, reverse=True).next(COLUMNS) == Sorting(COLUMNS[0].id)
