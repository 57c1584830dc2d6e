"""`ci-secrets` and `ci-region`."""

from __future__ import annotations

import pytest

from cellenics_ci.model.scopes import ACTIONS, DEPENDABOT, environment_scope
from cellenics_ci.privileges.declaration import CiSecrets
from tests.privileges.reading import declared, only_problem, with_resource

VALID = with_resource("'*'")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{}", CiSecrets()),
        ("{actions: false, dependabot: True}", CiSecrets(actions=False, dependabot=True)),
        ("{environments: [staging, 2024, yes]}", CiSecrets(environments=("staging", "2024", "yes"))),
        ("{environments: []}", CiSecrets()),
        ("{actions: false, environments: [a/b c]}", CiSecrets(actions=False, environments=("a/b c",))),
    ],
)
def test_reads_the_scopes_that_are_declared(written: str, expected: CiSecrets) -> None:
    assert declared(f"{VALID}ci-secrets: {written}\n").ci_secrets == expected


def test_gives_the_declared_scopes_in_the_models_words() -> None:
    secrets = CiSecrets(environments=("staging",), dependabot=True)
    assert secrets.scopes == (ACTIONS, environment_scope("staging"), DEPENDABOT)
    assert CiSecrets(actions=False, environments=("staging",)).scopes == (environment_scope("staging"),)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("[staging]", "`ci-secrets` is no mapping"),
        ("", "`ci-secrets` is no mapping"),
        ("!Foo {}", "`ci-secrets` is no mapping"),
        ("{action: true}", "the key `action` is not known"),
        ("{actions: true, actions: true}", "twice"),
        ("{actions: yes}", "`actions` in `ci-secrets` is neither true nor false"),
        ("{actions: 'true'}", "neither true nor false"),
        ("{dependabot: [true]}", "neither true nor false"),
        ("{environments: staging}", "`environments` in `ci-secrets` is no list"),
        ("{environments: [staging, Staging]}", "the environment `Staging` is there twice"),
        ("{environments: [[a]]}", "an environment in `ci-secrets` is no text"),
        ("{environments: [~]}", "an environment in `ci-secrets` is no text"),
        ("{environments: ['']}", "0 characters"),
        (f"{{environments: [{'x' * 256}]}}", "256 characters"),
        ("{actions: false}", "declares no place"),
        ("{actions: false, environments: [], dependabot: false}", "declares no place"),
    ],
)
def test_says_what_is_wrong_with_the_scopes(written: str, words: str) -> None:
    problem = only_problem(f"{VALID}ci-secrets: {written}\n")
    assert words in problem.sentence
    assert problem.line == 6


@pytest.mark.parametrize("region", ["us-east-1", "ap-southeast-4", "us-gov-west-1", "eusc-de-east-1", "us-isob-east-1"])
def test_reads_a_region(region: str) -> None:
    assert declared(f"{VALID}ci-region: {region}\n").ci_region == region


@pytest.mark.parametrize(
    "written", ["virginia", "us-east-1a", "''", "", "[us-east-1]", "!Ref AWS::Region", "US-EAST-1", '"us-east-1\\n"']
)
def test_refuses_what_is_no_region(written: str) -> None:
    problem = only_problem(f"{VALID}ci-region: {written}\n")
    assert "region" in problem.sentence
    assert problem.remedy == "write a region such as us-east-1"
