"""Wildcards: what one pattern covers of another."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellenics_ci.privileges.patterns import all_covered, covers


@pytest.mark.parametrize(
    ("pattern", "other", "expected"),
    [
        ("*", "", True),
        ("*", "a*?b", True),
        ("a*", "a", True),
        ("a*", "a*", True),
        ("a?", "a*", False),
        ("a*", "a?", True),
        ("a?", "a?", True),
        ("a", "a*", False),
        ("a*c", "abc", True),
        ("a*c", "ab", False),
        ("a*b*c", "aXbYc", True),
        ("aa*aa", "aaa", False),
        ("*a", "b", False),
        ("?", "", False),
        ("a**b", "axb", True),
        ("*" * 50 + "b", "a" * 2000, False),
        ("x*" * 500 + "y", "x" * 2000, False),
    ],
)
def test_tells_what_a_pattern_covers(pattern: str, other: str, expected: bool) -> None:
    assert covers(pattern, other) is expected


def test_refuses_to_look_at_very_long_patterns() -> None:
    assert covers("*" + "a" * 3000, "a" * 4000) is False


@given(st.text("ab*?", max_size=6), st.text("ab", max_size=6))
def test_agrees_with_a_regular_expression_on_plain_texts(pattern: str, text: str) -> None:
    expression = "".join({"*": ".*", "?": "."}.get(c, c) for c in pattern)
    assert covers(pattern, text) is bool(re.fullmatch(expression, text))


@given(st.text("ab*?", max_size=5), st.text("ab*?", max_size=5), st.text("ab", max_size=5))
def test_what_a_covered_pattern_matches_is_matched_by_the_covering_one(pattern: str, other: str, text: str) -> None:
    if covers(pattern, other) and covers(other, text):
        assert covers(pattern, text)


def test_each_of_several_has_to_be_covered() -> None:
    assert all_covered(["s3:get", "ecr:put"], frozenset({"s3:*", "ecr:put"}))
    assert not all_covered(["s3:get", "ecr:put"], frozenset({"s3:*"}))
    assert all_covered([], frozenset())
