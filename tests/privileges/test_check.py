"""Policy names, repeated statements, and what only an account can tell: the quota and the partition."""

from __future__ import annotations

import json

import pytest

from cellenics_ci.model.names import AccountId, Region
from cellenics_ci.privileges.check import USER_QUOTA, check_account, inline_size
from cellenics_ci.privileges.declaration import DENY_OLD_SESSIONS, Declaration, Policy
from cellenics_ci.privileges.resolve import resolve
from tests.privileges.reading import declared, only_problem

DOCUMENT = "{Version: 2012-10-17, Statement: {Effect: Allow, Action: ecr:PutImage, Resource: '*'}}"


def named(*names: str) -> str:
    """Return a file of policies with these names, each with another action."""
    entries = (
        f"  - PolicyName: {name}\n    PolicyDocument: {DOCUMENT.replace('PutImage', f'Put{number}')}\n"
        for number, name in enumerate(names)
    )
    return "ci-policies:\n" + "".join(entries)


def resolved(declaration: Declaration) -> tuple[Policy, ...]:
    """Resolve in some account."""
    return resolve(declaration, region=Region("us-east-1"), account=AccountId("111122223333"), partition="aws")


@pytest.mark.parametrize("name", ["a", "x" * 128, "A_b+c=d,e.f@g-1", "007", "true"])
def test_takes_the_names_that_iam_takes(name: str) -> None:
    (policy,) = resolved(declared(named(f"'{name}'")))
    assert policy.name == name


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("''", "a `PolicyName` is empty"),
        ("!Sub ''", "a `PolicyName` is empty"),
        ("x" * 129, "has 129 characters, IAM allows 128"),
        ("two words", "characters that IAM refuses"),
        ("a/b", "characters that IAM refuses"),
        ("é", "characters that IAM refuses"),
        ('"a\\n"', "characters that IAM refuses"),
        ("[a]", "`PolicyName` is no text"),
        (DENY_OLD_SESSIONS, "kept for `rotate-ci --compromised`"),
    ],
)
def test_refuses_the_names_that_iam_refuses(name: str, words: str) -> None:
    problem = only_problem(named(name))
    assert words in problem.sentence
    assert problem.line == 2


def test_refuses_names_that_differ_by_case_only() -> None:
    problem = only_problem(named("push", "pull", "Push"))
    assert problem.sentence == "the PolicyName `Push` is there twice (first on line 2)"
    assert problem.line == 6


def test_refuses_an_entry_repeated_by_an_alias() -> None:
    text = f"ci-policies:\n  - &a\n    PolicyName: a\n    PolicyDocument: {DOCUMENT}\n  - *a\n"
    assert "twice" in only_problem(text).sentence


def test_warns_of_a_statement_that_is_there_twice_whatever_its_sid() -> None:
    statement = "{Effect: Allow, Action: ecr:PutImage, Resource: '*'}"
    document = f"{{Version: 2012-10-17, Statement: [{statement}]}}"
    other = document.replace("{Effect", "{Sid: again, Effect")
    entries = [f"  - PolicyName: p{n}\n    PolicyDocument: {text}\n" for n, text in enumerate((document, other))]
    (warning,) = declared("ci-policies:\n" + "".join(entries)).warnings
    assert warning.sentence == "this statement says the same as the one on line 3"
    assert warning.line == 5


def test_counts_characters_as_iam_does_without_white_space() -> None:
    spaced = json.loads('{ "Version" : "2012-10-17",\n "Statement": [ {"Sid": "a"} ] }')
    assert inline_size([spaced]) == len('{"Version":"2012-10-17","Statement":[{"Sid":"a"}]}')
    assert inline_size([{"x": "a b"}, {"é": "ü"}]) == len('{"x":"ab"}') + len('{"é":"ü"}')
    assert inline_size([]) == 0


def test_a_file_exactly_at_the_quota_passes_and_one_more_character_does_not() -> None:
    declaration = declared(named("push", "pull"))
    policies = resolved(declaration)
    size = inline_size(policy.document for policy in policies)
    assert check_account(declaration, policies, quota=size, partition="aws") == ()
    (problem,) = check_account(declaration, policies, quota=size - 1, partition="aws")
    assert problem.sentence == f"the policies have {size} characters together, IAM allows a user {size - 1}"
    assert problem.line == 2
    assert "shorten them by 1" in problem.remedy


def test_tells_the_quota_of_a_role_in_its_words() -> None:
    declaration = declared(named("push"))
    (problem,) = check_account(declaration, resolved(declaration), quota=10, partition="aws", holder="role")
    assert "IAM allows a role 10" in problem.sentence


def test_the_default_quota_is_iams_for_users() -> None:
    assert USER_QUOTA == 2048


def test_refuses_arns_of_another_partition_than_the_accounts() -> None:
    text = named("push", "pull").replace("'*'", "'arn:aws:s3:::a'", 1)
    declaration = declared(text)
    (problem,) = check_account(declaration, resolved(declaration), quota=USER_QUOTA, partition="aws-cn")
    assert problem.sentence == "`push` names the partition aws, the account's is aws-cn"
    assert check_account(declaration, resolved(declaration), quota=USER_QUOTA, partition="aws") == ()
