"""Moments and spans of time as people read and write them."""

from __future__ import annotations

import pytest

from cellenics_ci.model.moments import parse_span, span_text, utc_text


def test_a_moment_is_shown_in_utc_whatever_the_machines_zone() -> None:
    assert utc_text(1_795_383_000) == "2026-11-22 21:30 UTC"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3, "0 s"),
        (0, "0 s"),
        (45, "45 s"),
        (119, "119 s"),
        (120, "2 min"),
        (5400, "90 min"),
        (7200, "2 h"),
        (86_399, "23 h"),
        (86_400, "1 d"),
        (90 * 86_400 + 5, "90 d"),
    ],
)
def test_a_span_is_shown_in_its_largest_fitting_unit(seconds: float, text: str) -> None:
    assert span_text(seconds) == text


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("30s", 30), ("15m", 900), ("1h30m", 5400), (" 90D ", 90 * 86_400), ("2w", 14 * 86_400), ("1.5h", 5400)],
)
def test_a_span_is_read_as_people_write_it(text: str, seconds: float) -> None:
    assert parse_span(text) == seconds


@pytest.mark.parametrize("text", ["", "90", "d", "1h 30m", "-1d", "3 months", "1y", "1h30", "x30m", "1e3s", "nan"])
def test_what_is_no_span_is_refused_by_its_own_words(text: str) -> None:
    with pytest.raises(ValueError, match="is no span of time") as refused:
        parse_span(text)
    assert f"'{text}'" in str(refused.value)
