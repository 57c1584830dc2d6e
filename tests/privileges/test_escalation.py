"""Warnings of grants with which a CI user could give itself more, and what counts as everything."""

from __future__ import annotations

from typing import Any

import pytest

from cellenics_ci.model.names import PolicyName
from cellenics_ci.privileges.declaration import Policy
from cellenics_ci.privileges.escalation import ESCALATIONS, grants_everything
from cellenics_ci.privileges.services import is_known_service
from tests.privileges.reading import declared, with_statement


def warnings(statement: str) -> list[str]:
    """Return the warnings about one statement."""
    return [warning.sentence for warning in declared(with_statement(statement)).warnings]


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("'*'", "grants every action of AWS"),
        ("'*:*'", "grants every action of AWS"),
        ("'iam:*'", "`iam:*` (iam:CreateAccessKey, iam:CreateLoginProfile, iam:UpdateLoginProfile and"),
        ("iam:CreateAccessKey", "`iam:CreateAccessKey` is granted broadly: it can take over"),
        ("IAM:putuserpolicy", "`IAM:putuserpolicy` (iam:PutUserPolicy) is granted broadly"),
        ("'iam:Put*Policy'", "iam:PutUserPolicy"),
        ("'iam:Attach?serPolicy'", "iam:AttachUserPolicy"),
        ("sts:AssumeRole", "act as any role"),
        ("iam:CreatePolicyVersion", "change what existing policies allow"),
        ("iam:PassRole", "hand every role to a service"),
        ("lambda:UpdateFunctionCode", "run code"),
    ],
)
@pytest.mark.parametrize("resource", ["'*'", "!Sub 'arn:aws:iam::${AWS::AccountId}:role/*'", "['arn:aws:s3:::a', '*']"])
def test_warns_of_a_broad_grant_that_leads_to_more(action: str, words: str, resource: str) -> None:
    found = warnings(f"{{Effect: Allow, Action: {action}, Resource: {resource}}}")
    assert any(words in sentence for sentence in found), found


@pytest.mark.parametrize(
    "statement",
    [
        "{Effect: Allow, Action: 'iam:*', Resource: 'arn:aws:iam::111122223333:role/api-task'}",
        "{Effect: Allow, Action: iam:PassRole, Resource: 'arn:aws:iam::111122223333:role/api-*'}",
        "{Effect: Deny, Action: '*', Resource: '*'}",
        "{Effect: Allow, Action: ['iam:Get*', 'iam:List*', 'sts:GetCallerIdentity', 's3:*'], Resource: '*'}",
    ],
)
def test_says_nothing_of_narrow_grants_and_denials(statement: str) -> None:
    assert warnings(statement) == []


def test_names_the_action_that_makes_passing_a_role_dangerous() -> None:
    (found,) = warnings("{Effect: Allow, Action: [iam:PassRole, lambda:CreateFunction], Resource: '*'}")
    assert found.endswith("with lambda:CreateFunction, use its rights")


def test_warns_of_allowing_all_but_something() -> None:
    assert warnings("{Effect: Allow, NotAction: 's3:*', Resource: '*'}") == [
        "Allow with `NotAction` grants every other action of AWS"
    ]
    assert warnings("{Effect: Allow, Action: '*', NotResource: 'arn:aws:s3:::a'}") == ["it grants every action of AWS"]


def test_the_table_names_services_that_exist() -> None:
    assert all(is_known_service(action.partition(":")[0]) for action in ESCALATIONS)


def policy(statement: Any) -> Policy:
    """Return a policy with a statement, or a list of them."""
    return Policy(PolicyName("p"), {"Version": "2012-10-17", "Statement": statement}, "")


@pytest.mark.parametrize(
    ("statement", "everything"),
    [
        ({"Effect": "Allow", "Action": "*", "Resource": "*"}, True),
        ([{"Effect": "Allow", "Action": ["s3:*", "*:*"], "Resource": ["arn:aws:s3:::a", "*"]}], True),
        ({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:x": "true"}}}, True),
        ({"Effect": "Allow", "Action": "**", "NotResource": "arn:aws:s3:::a"}, True),
        ({"Effect": "Deny", "Action": "*", "Resource": "*"}, False),
        ({"Effect": "Allow", "Action": "iam:*", "Resource": "*"}, False),
        ({"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::a"}, False),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, False),
    ],
)
def test_tells_full_admin_rights(statement: Any, everything: bool) -> None:
    assert (
        grants_everything([policy({"Effect": "Deny", "Action": "s3:*", "Resource": "*"}), policy(statement)])
        is everything
    )


def test_no_policy_grants_nothing() -> None:
    assert grants_everything([]) is False
