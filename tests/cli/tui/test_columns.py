"""Cells, and which columns fit."""

from __future__ import annotations

import pytest

from cellenics_ci.audit.findings import DAY, NINETY_DAYS
from cellenics_ci.cli.tui.cells import BAR, Cell, Tone, age_cell, bar, severity_cell
from cellenics_ci.cli.tui.columns import GAP, columns_of, placed
from cellenics_ci.cli.tui.entries import Tab
from tests.cli.tui.organization import taken

TAKEN = taken()


@pytest.mark.parametrize("part", Tab)
@pytest.mark.parametrize("width", [20, 60, 79, 119, 200])
def test_columns_never_need_more_than_there_is(part: Tab, width: int) -> None:
    found = placed(columns_of(part, NINETY_DAYS), TAKEN.entries[part], width)
    assert found
    assert len(found) == 1 or sum(each.width + GAP for each in found) <= width


def test_what_matters_least_goes_first() -> None:
    columns, entries = columns_of(Tab.REPOSITORIES, NINETY_DAYS), TAKEN.entries[Tab.REPOSITORIES]

    def at(width: int) -> list[str]:
        return [each.column.id for each in placed(columns, entries, width)]

    assert at(200) == ["severity", "repository", "rights", "age", "used", "drift", "scopes", "deploy-keys", "rules"]
    assert at(79) == ["severity", "repository", "rights", "age", "used", "drift", "scopes"]
    assert at(55) == ["severity", "repository", "age", "drift"]
    assert at(25) == ["severity", "repository"]


def test_a_column_grows_to_what_is_in_it_and_no_further() -> None:
    columns, entries = columns_of(Tab.DEPLOY_KEYS, NINETY_DAYS), TAKEN.entries[Tab.DEPLOY_KEYS]
    widths = {each.column.id: each.width for each in placed(columns, entries, 300)}
    assert widths["title"] == len("flux-system-master-flux-system-./staging")
    assert widths["repository"] == 10


@pytest.mark.parametrize("part", Tab)
def test_every_row_has_a_cell_in_every_column(part: Tab) -> None:
    assert TAKEN.entries[part]
    for column in columns_of(part, NINETY_DAYS):
        assert all(column.show(entry.row).text.strip() for entry in TAKEN.entries[part] if entry.row.findings)


@pytest.mark.parametrize(
    ("age", "halves"),
    [(0, 0), (NINETY_DAYS / 2, BAR), (NINETY_DAYS * 0.999, 2 * BAR - 1), (NINETY_DAYS, 2 * BAR), (1e9, 2 * BAR)],
)
def test_a_bar_is_full_at_the_limit(age: float, halves: int) -> None:
    assert bar(age, NINETY_DAYS) == "━" * (halves // 2) + "╸" * (halves % 2)


def test_a_bar_stands_a_limit_of_nothing() -> None:
    assert bar(0, 0) == "━" * BAR


def test_an_age_beyond_the_limit_is_marked_without_colour_too() -> None:
    over = age_cell(100 * DAY, "100 d", limit=NINETY_DAYS)
    assert over == Cell("━━━━━━━━+  100 d", Tone.WARNING)
    assert age_cell(90 * DAY, "90 d", limit=NINETY_DAYS).text == "━━━━━━━━    90 d"


def test_what_has_still_to_come_is_no_dash() -> None:
    assert age_cell(None, "-", limit=1, pending=True).text.strip() == "…"
    assert age_cell(None, "-", limit=1).text.strip() == "-"
    assert age_cell(None, "?", limit=1, pending=True).text.strip() == "?"


def test_severities_are_words_with_signs_of_their_own() -> None:
    texts = {severity_cell(entry.row.worst).text for entry in TAKEN.entries[Tab.REPOSITORIES]}
    assert {"✖ error", "▲ warning", "-"} <= texts
