"""The servers' clock."""

from __future__ import annotations

from email.utils import formatdate

import pytest

from cellenics_ci.clients.clock import ServerClock


def test_the_offset_is_the_largest_seen() -> None:
    clock = ServerClock(lambda: 1000.7)
    assert clock.now() == 1000.7
    for ahead in (298, 300, 299):
        clock.observe(formatdate(1000 + ahead, usegmt=True))
    assert clock.offset == pytest.approx(299.3)
    assert clock.now() == pytest.approx(1300)


@pytest.mark.parametrize("header", [None, "", "yesterday"])
def test_a_header_that_says_nothing_changes_nothing(header: str | None) -> None:
    clock = ServerClock(lambda: 1000)
    clock.observe(header)
    assert clock.offset == 0
