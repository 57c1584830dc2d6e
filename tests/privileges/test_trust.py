"""`ci-trust`."""

from __future__ import annotations

import pytest

from cellenics_ci.privileges.declaration import CiTrust
from tests.privileges.reading import declared, only_problem, with_resource

VALID = with_resource("'*'")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{branches: [master, 'release/*']}", CiTrust(branches=("master", "release/*"))),
        ("{tags: [v*, 2024]}", CiTrust(tags=("v*", "2024"))),
        ("{environments: [production, 'a b:c']}", CiTrust(environments=("production", "a b:c"))),
        ("{pull-requests: True}", CiTrust(pull_requests=True)),
        ("{branches: [master], pull-requests: false}", CiTrust(branches=("master",))),
    ],
)
def test_reads_who_is_trusted(written: str, expected: CiTrust) -> None:
    assert declared(f"{VALID}ci-trust: {written}\n").ci_trust == expected


def test_a_file_without_the_key_declares_no_trust() -> None:
    assert declared(VALID).ci_trust is None


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("[master]", "`ci-trust` is no mapping"),
        ("", "`ci-trust` is no mapping"),
        ("{}", "trusts nobody"),
        ("{branches: [], pull-requests: false}", "trusts nobody"),
        ("{branch: [master]}", "the key `branch` is not known"),
        ("{pull-requests: true, pull-requests: true}", "twice"),
        ("{branches: master}", "`branches` in `ci-trust` is no list"),
        ("{branches: [[a]]}", "one of `branches` in `ci-trust` is no text"),
        ("{branches: [~]}", "is no text"),
        ("{branches: [master, master]}", "`master` is there twice"),
        ("{branches: [refs/heads/master]}", "is a whole ref"),
        ("{branches: ['a b']}", "is no branch's or tag's name"),
        ("{tags: ['${aws:username}']}", "is no branch's or tag's name"),
        ("{tags: ['a..b']}", "is no branch's or tag's name"),
        ("{branches: ['a:pull_request']}", "is no branch's or tag's name"),
        (f"{{branches: [{'x' * 245}]}}", "245 characters"),
        ("{environments: ['']}", "0 characters"),
        ('{environments: ["a\\u202eb"]}', "is no environment's name"),
        ("{pull-requests: yes}", "neither true nor false"),
        ("{pull-requests: 'true'}", "neither true nor false"),
    ],
)
def test_says_what_is_wrong_with_the_trust(written: str, words: str) -> None:
    problem = only_problem(f"{VALID}ci-trust: {written}\n")
    assert words in problem.sentence
    assert problem.line == 6
