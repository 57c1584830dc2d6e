"""Live trust policies: whom they let in, and whom beside a repository's own workflows."""

from __future__ import annotations

from typing import Any

import pytest

from cellenics_ci.privileges.trusted import Repository, beyond, both_let_in, lets_in_more, may_be_of, trusted

ISSUER = "token.actions.githubusercontent.com"
API = Repository("acme", "api", 7)
AUDIENCE = {f"{ISSUER}:aud": "sts.amazonaws.com"}


def statement(condition: Any, principal: Any = None, **fields: Any) -> dict[str, Any]:
    provider = {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}"}
    plain = {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": principal or provider}
    return {"Version": "2012-10-17", "Statement": plain | {"Condition": condition} | fields}


def like(*subjects: str) -> dict[str, Any]:
    return statement({"StringEquals": AUDIENCE, "StringLike": {f"{ISSUER}:sub": list(subjects)}})


@pytest.mark.parametrize(
    "subject",
    [
        "repo:acme/api:*",
        "repo:ACME/API:ref:refs/heads/master",
        "repo:acme@5/api@7:*",
        "repo:acme/api:environment:*",
        "repository_id:7:ref:*",
        "repository_owner_id:5:repository_id:7",
        "repo:acme/api",
    ],
)
def test_a_repositorys_own_subjects_are_nobody_else(subject: str) -> None:
    assert beyond(like(subject), ISSUER, API) == ()


@pytest.mark.parametrize(
    "subject",
    [
        "*",
        "repo:acme/*",
        "repo:acme/api*",
        "repo:acme/ap?:*",
        "repo:acme/api-old:*",
        "repo:acme/ui:ref:refs/heads/master",
        "repo:acme@5/api@8:*",
        "repo:*/api@7:*",
        "repository_id:77:*",
        "repository_owner:acme",
        "repo:acme/ap",
    ],
)
def test_whatever_may_be_another_repository_is_beyond(subject: str) -> None:
    assert beyond(like(subject), ISSUER, API) == (f"the subjects {subject}",)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (statement({"StringEquals": AUDIENCE}), "any subject"),
        (statement({"StringLike": {f"{ISSUER}:sub": "repo:acme/api:*"}}), "any audience"),
        (statement({"StringEquals": {f"{ISSUER}:aud": "x", f"{ISSUER}:sub": "repo:acme/api:*"}}), "any audience"),
        (statement({"StringNotLike": {f"{ISSUER}:sub": "repo:acme/ui:*"}, "StringEquals": AUDIENCE}), "any subject"),
        (statement({"StringLike": {"other.example:sub": "repo:acme/api:*"}, "StringEquals": AUDIENCE}), "any subject"),
        (statement(None), "any subject"),
        (statement({}, {"AWS": "arn:aws:iam::123456789012:root"}), "the principal arn:aws:iam::123456789012:root"),
        (statement({}, {"AWS": ["1", "2"]}), "the principal 2"),
        (statement({}, "*"), "*"),
        (statement({}, {"Service": "ec2.amazonaws.com"}), "ec2.amazonaws.com"),
        ({"Statement": {"Effect": "Allow", "NotPrincipal": {"AWS": "1"}, "Action": "*"}}, "NotPrincipal"),
    ],
)
def test_says_who_else_is_let_in(document: dict[str, Any], words: str) -> None:
    assert any(words in sentence for sentence in beyond(document, ISSUER, API))


@pytest.mark.parametrize("document", [{}, {"Statement": 5}, {"Statement": [{"Principal": []}]}, statement([1])])
def test_bears_any_document(document: dict[str, Any]) -> None:
    trusted(document, ISSUER)
    beyond(document, ISSUER, API)


def test_the_narrowest_of_several_conditions_counts() -> None:
    key = f"{ISSUER}:sub"
    document = statement({"StringEquals": AUDIENCE | {key: "repo:acme/api:x"}, "StringLike": {key: "repo:*"}})
    assert trusted(document, ISSUER).subjects == ("repo:acme/api:x",)


def test_a_star_in_string_equals_is_a_letter() -> None:
    document = statement({"StringEquals": AUDIENCE | {f"{ISSUER}:sub": "repo:acme/api:*"}})
    assert both_let_in(document, ISSUER, ("repo:acme/api:pull_request",)) == ()
    assert lets_in_more(document, ISSUER, ("repo:acme/api:pull_request",))


def test_subjects_in_any_case_are_more_than_the_one_that_is_written() -> None:
    subject = "repo:acme/api:ref:refs/heads/master"
    exact = statement({"StringEquals": AUDIENCE | {f"{ISSUER}:sub": subject}})
    any_case = statement({"StringEquals": AUDIENCE, "StringEqualsIgnoreCase": {f"{ISSUER}:sub": subject}})
    assert not lets_in_more(exact, ISSUER, (subject,))
    assert lets_in_more(any_case, ISSUER, (subject,))
    assert beyond(any_case, ISSUER, API) == ()


def test_tells_what_two_trusts_share() -> None:
    live = like("repo:acme/api:ref:refs/heads/*")
    wanted = ("repo:acme/api:ref:refs/heads/master", "repo:acme/api:pull_request")
    assert both_let_in(live, ISSUER, wanted) == wanted[:1]
    assert lets_in_more(live, ISSUER, wanted)
    assert not lets_in_more(like(*wanted), ISSUER, wanted)
    assert not lets_in_more(like("repo:acme/api:pull_request"), ISSUER, ("repo:acme/api:*",))


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("repo:acme/api:ref:refs/heads/dev", True),
        ("repo:acme/*", True),
        ("repo:Acme/a*", True),
        ("repo:acme/ui:*", False),
        ("repo:other/*", False),
    ],
)
def test_knows_subjects_that_may_be_a_repositorys(subject: str, expected: bool) -> None:
    assert may_be_of(subject, API) is expected
