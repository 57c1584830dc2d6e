"""Where the embedded IAM is as strict with roles and identity providers as the real one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.aws.test_iam import document

Refused = Callable[..., str]
HOST = "token.actions.githubusercontent.com"


def trust(*subjects: str) -> str:
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{HOST}"},
        "Condition": {"StringLike": {f"{HOST}:sub": list(subjects) or ["repo:acme/ui:*"]}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def role(iam: Any) -> str:
    iam.create_role(RoleName="ci-role-ui", AssumeRolePolicyDocument=trust(), Description="as it was")
    return "ci-role-ui"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"RoleName": "CI-role-ui"}, "EntityAlreadyExists"),
        ({"RoleName": "a" * 65}, "ValidationError"),
        ({"RoleName": "b", "Path": "ci"}, "ValidationError"),
        ({"RoleName": "c", "Tags": [{"Key": "k", "Value": "a#b"}]}, "ValidationError"),
        ({"RoleName": "d", "AssumeRolePolicyDocument": "{}"}, "MalformedPolicyDocument"),
        ({"RoleName": "e", "AssumeRolePolicyDocument": trust("repo:acme/ui:" + "x" * 2000)}, "LimitExceeded"),
    ],
)
def test_refuses_roles_that_iam_refuses(
    iam: Any, role: str, refused: Refused, arguments: dict[str, Any], code: str
) -> None:
    assert refused(iam.create_role, **({"AssumeRolePolicyDocument": trust()} | arguments)) == code


def test_refuses_a_roles_policies_past_their_quota(iam: Any, role: str, refused: Refused) -> None:
    iam.put_role_policy(RoleName=role, PolicyName="a", PolicyDocument=document("arn:aws:s3:::" + "x" * 9000, "s3:Get*"))
    more = {"RoleName": role, "PolicyName": "b", "PolicyDocument": document("arn:aws:s3:::" + "x" * 1200, "s3:Get*")}
    assert refused(iam.put_role_policy, **more) == "LimitExceeded"


def test_what_an_update_does_not_name_stays(iam: Any, role: str) -> None:
    iam.update_role(RoleName=role, MaxSessionDuration=7200)
    found = iam.get_role(RoleName=role)["Role"]
    assert (found["Description"], found["MaxSessionDuration"]) == ("as it was", 7200)


def test_an_audience_is_added_once(iam: Any) -> None:
    arn = iam.create_open_id_connect_provider(Url=f"https://{HOST}", ClientIDList=["a"])["OpenIDConnectProviderArn"]
    for _ in range(2):
        iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="b")
    assert iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)["ClientIDList"] == ["a", "b"]
