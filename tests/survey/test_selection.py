"""Names and globs of repositories."""

from __future__ import annotations

import pytest

from cellenics_ci.errors import UsageProblem
from cellenics_ci.model.names import RepoName
from cellenics_ci.survey.selection import Selection

KNOWN = [RepoName(name) for name in ("api", "ui", "worker", "pipeline", "Worker-Old")]


def chosen(*names: str, exclude: tuple[str, ...] = ()) -> list[str]:
    selection = Selection(names, exclude)
    selection.check(KNOWN)
    return [name for name in KNOWN if selection.wants(name)]


def test_nothing_named_means_all() -> None:
    assert chosen() == KNOWN


def test_names_and_globs_are_joined_and_capitals_do_not_matter() -> None:
    assert chosen("UI", "worker*") == ["ui", "worker", "Worker-Old"]


def test_excluded_ones_are_taken_away() -> None:
    assert chosen(exclude=("worker*", "api")) == ["ui", "pipeline"]
    assert chosen("api", "ui", exclude=("a*",)) == ["ui"]


def test_an_unknown_name_is_an_error_with_the_nearest() -> None:
    with pytest.raises(UsageProblem, match="no repository pipline") as problem:
        chosen("pipline")
    assert problem.value.remedy == "Did you mean pipeline?"


def test_all_unknown_names_are_told_at_once() -> None:
    with pytest.raises(UsageProblem, match=r"pipline.*nothing-like-it"):
        chosen("pipline", "nothing-like-it")


def test_a_glob_that_matches_nothing_is_an_error_only_where_it_selects() -> None:
    with pytest.raises(UsageProblem, match=r"matches zzz\*"):
        chosen("zzz*")
    assert chosen(exclude=("zzz*",)) == KNOWN


def test_an_excluded_name_that_is_not_there_is_an_error() -> None:
    with pytest.raises(UsageProblem, match="no repository wroker"):
        chosen(exclude=("wroker",))


def test_a_repository_is_named_exactly_by_its_name_alone() -> None:
    selection = Selection(("API", "work*"))
    assert [name for name in KNOWN if selection.names_exactly(name)] == ["api"]
    assert not Selection().names_exactly(RepoName("api"))
