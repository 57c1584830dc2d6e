"""Names of users and keys: what they are derived from, what IAM refuses, how people are shown them."""

from __future__ import annotations

import pytest

from cellenics_ci.model.names import (
    AccessKeyId,
    RepoName,
    UserName,
    ci_user_name,
    ci_user_path,
    key_with_ending,
    name_problem,
    repository_of_user,
    shorten,
)

ONE = AccessKeyId("AKIAIOSFODNN7EXAMPLE")
TWO = AccessKeyId("AKIAI44QH8DHBEXAMPLX")


def test_a_ci_users_name_and_path_tell_its_repository() -> None:
    user = ci_user_name(RepoName("ui"))
    assert (user, ci_user_path(RepoName("ui"))) == ("ci-user-ui", "/ci-users/ui/")
    assert repository_of_user(user) == "ui"


@pytest.mark.parametrize("name", ["ada", "ci-user-", "CI-user-ui", "my-ci-user-ui"])
def test_a_name_that_is_not_ours_belongs_to_no_repository(name: str) -> None:
    assert repository_of_user(UserName(name)) is None


@pytest.mark.parametrize("repo", ["ui", "a" * 56, "releases.io", "a_b-c.d"])
def test_iam_takes_the_user_name_of_an_ordinary_repository(repo: str) -> None:
    assert name_problem(ci_user_name(RepoName(repo))) is None


def test_a_user_name_over_64_characters_is_refused_with_both_numbers() -> None:
    problem = name_problem(ci_user_name(RepoName("a" * 57)))
    assert problem is not None
    assert "65" in problem
    assert "64" in problem


@pytest.mark.parametrize("name", ["ci-user-ü", "ci-user-a b", "ci-user-a/b", "", "ci-user-a\n"])
def test_a_user_name_with_what_iam_refuses_is_refused(name: str) -> None:
    assert "characters that IAM refuses" in (name_problem(UserName(name)) or "")


def test_a_key_id_is_shown_by_its_ends() -> None:
    assert shorten(ONE) == "AKIA…MPLE"
    assert shorten(AccessKeyId("AKIA1234")) == "AKIA1234"


@pytest.mark.parametrize("ending", ["MPLE", "mple", "AKIA…MPLE", ONE, "E"])
def test_any_unique_ending_finds_the_key(ending: str) -> None:
    assert key_with_ending(ending, [ONE, TWO]) == ONE


@pytest.mark.parametrize("ending", ["", "AKIA", "…", "ZZZZ"])
def test_an_ending_that_fits_none_or_nothing_finds_no_key(ending: str) -> None:
    assert key_with_ending(ending, [ONE, TWO]) is None


def test_an_ending_that_fits_two_keys_finds_none() -> None:
    assert key_with_ending("mple", [ONE, AccessKeyId("AKIAXXXXXXXXXXXXMPLE")]) is None


def test_the_same_key_listed_twice_is_still_unique() -> None:
    assert key_with_ending("MPLE", [ONE, ONE]) == ONE
