"""GitHub's filter patterns: what they match, and what IAM is told."""

from __future__ import annotations

import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellenics_ci.workflows.patterns import iam_pattern, is_plain, matches


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("master", "master", True),
        ("master", "master2", False),
        ("feature/*", "feature/a", True),
        ("feature/*", "feature/a/b", False),
        ("feature/**", "feature/a/b", True),
        ("**", "a/b", True),
        ("*", "a/b", False),
        ("v1.*", "v1x0", False),
        ("v[12].[0-9]+", "v1.23", True),
        ("v[12].[0-9]+", "v3.0", False),
        ("v1?", "v", True),
        ("a.b", "axb", False),
        ("[", "x", False),
    ],
)
def test_a_pattern_matches_as_github_does(pattern: str, name: str, expected: bool) -> None:
    assert matches(pattern, name) is expected


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        ("master", "master"),
        ("release/**", "release/*"),
        ("release/*", "release/*"),
        ("v[12].[0-9]+", "v?.*"),
        ("v1.0?", "v1.*"),
        ("**/x/**", "*/x/*"),
    ],
)
def test_iam_is_told_the_nearest_that_it_knows(pattern: str, value: str) -> None:
    assert iam_pattern(pattern) == value
    assert is_plain(pattern) is (pattern == "master")


@given(st.text("ab/*?+[]1", max_size=8), st.text("ab/1", max_size=6))
def test_iam_never_lets_less_through_than_github(pattern: str, name: str) -> None:
    if matches(pattern, name):
        # IAM's StringLike and fnmatch agree on * and ?; sets are gone from what IAM is told.
        assert fnmatch.fnmatchcase(name, iam_pattern(pattern).replace("[", "[[]"))
