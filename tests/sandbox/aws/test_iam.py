"""Where the embedded IAM is as strict as the real one, and answers by pages as it does."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from cellenics_ci.sandbox.aws import CloudServer
from cellenics_ci.sandbox.aws.limits import policy_size

Refused = Callable[..., str]
Connect = Callable[..., Any]


def document(resource: str = "*", action: str = "ecr:GetAuthorizationToken") -> str:
    statement = {"Effect": "Allow", "Action": [action], "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def user(cloud: CloudServer) -> str:
    return cloud.account.add_user("ci-user-ui", path="/ci-users/ui/", tags={"team": "web"})


@pytest.mark.parametrize("value", ["a,b", "{}", '"', "a\nb", "x" * 257, "50%", "a#b"])
def test_refuses_tag_values_that_iam_refuses(iam: Any, user: str, refused: Refused, value: str) -> None:
    tags = [{"Key": "k", "Value": value}]
    assert refused(iam.tag_user, UserName=user, Tags=tags) == "ValidationError"


@pytest.mark.parametrize("value", ["", "x" * 256, "a b_c.d:e/f=g+h-i@j", "Zürich 2"])
def test_takes_tag_values_that_iam_takes(cloud: CloudServer, iam: Any, user: str, value: str) -> None:
    iam.tag_user(UserName=user, Tags=[{"Key": "k", "Value": value}])
    assert cloud.account.tags(user) == {"team": "web", "k": value}


def test_refuses_tag_keys_that_iam_refuses(iam: Any, user: str, refused: Refused) -> None:
    for key, code in (("a,b", "ValidationError"), ("aws:x", "InvalidInput")):
        assert refused(iam.tag_user, UserName=user, Tags=[{"Key": key, "Value": "v"}]) == code
    twice = [{"Key": "Team", "Value": "1"}, {"Key": "team", "Value": "2"}]
    assert refused(iam.tag_user, UserName=user, Tags=twice) == "InvalidInput"


def test_does_not_tell_capitals_in_tag_keys(cloud: CloudServer, iam: Any, user: str) -> None:
    iam.tag_user(UserName=user, Tags=[{"Key": "Team", "Value": "api"}])
    assert cloud.account.tags(user) == {"Team": "api"}


def test_fifty_tags_a_user_are_the_limit(iam: Any, user: str, refused: Refused) -> None:
    iam.tag_user(UserName=user, Tags=[{"Key": f"k{number}", "Value": ""} for number in range(49)])
    assert refused(iam.tag_user, UserName=user, Tags=[{"Key": "more", "Value": ""}]) == "LimitExceeded"


def test_inline_policies_have_2048_characters_and_spaces_are_free(
    cloud: CloudServer, iam: Any, user: str, refused: Refused
) -> None:
    fixed = policy_size(document("arn:aws:s3:::"))
    exact = document("arn:aws:s3:::" + "b" * (2048 - fixed)).replace(":", " :  ", 1)
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=exact)
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=exact)

    assert refused(iam.put_user_policy, UserName=user, PolicyName="q", PolicyDocument=document()) == "LimitExceeded"
    assert list(cloud.account.policies(user)) == ["p"]


def test_tells_the_quota_of_inline_policies(iam: Any) -> None:
    summary = iam.get_account_summary()["SummaryMap"]
    assert (summary["UserPolicySizeQuota"], summary["AccessKeysPerUserQuota"]) == (2048, 2)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        json.dumps({"Version": "2012-10-17"}),
        document().replace("2012-10-17", "2012-10-18"),
        document().replace("Allow", "Permit"),
        document(resource="everything"),
    ],
)
def test_refuses_malformed_policies(iam: Any, user: str, refused: Refused, text: str) -> None:
    code = refused(iam.put_user_policy, UserName=user, PolicyName="p", PolicyDocument=text)
    assert code == "MalformedPolicyDocument"


def test_refuses_characters_outside_latin_1_in_policies(iam: Any, user: str, refused: Refused) -> None:
    text = document("arn:aws:s3:::LODZ").replace("LODZ", "łódź")
    assert refused(iam.put_user_policy, UserName=user, PolicyName="p", PolicyDocument=text) == "ValidationError"


@pytest.mark.parametrize("name", ["a" * 65, "with space", "slash/ed", "ü"])
def test_refuses_user_names_that_iam_refuses(iam: Any, refused: Refused, name: str) -> None:
    assert refused(iam.create_user, UserName=name) == "ValidationError"


def test_user_names_differ_by_more_than_capitals(iam: Any, user: str, refused: Refused) -> None:
    assert refused(iam.create_user, UserName="CI-user-UI", Path="/other/") == "EntityAlreadyExists"


def test_keeps_the_permissions_boundary_of_a_user(iam: Any, refused: Refused) -> None:
    arn = "arn:aws:iam::aws:policy/PowerUserAccess"
    iam.create_user(UserName="u", PermissionsBoundary=arn)
    assert iam.get_user(UserName="u")["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == arn
    nowhere = "arn:aws:iam::123456789012:policy/nowhere"
    assert refused(iam.create_user, UserName="v", PermissionsBoundary=nowhere) == "NoSuchEntity"


def test_a_boundary_narrows_what_policies_allow(
    cloud: CloudServer, connect: Connect, iam: Any, refused: Refused
) -> None:
    boundary = iam.create_policy(PolicyName="b", PolicyDocument=document(action="iam:ListUsers"))["Policy"]["Arn"]
    everything = json.loads(document(action="*"))
    cloud.account.add_user("u", policies={"p": everything}, boundary=boundary)
    pair = cloud.account.add_key("u")
    assert connect("iam", pair).list_users()["Users"]
    assert refused(connect("ecr", pair).get_authorization_token) == "AccessDeniedException"


def test_a_user_with_keys_or_policies_is_not_deleted(cloud: CloudServer, iam: Any, user: str, refused: Refused) -> None:
    pair = cloud.account.add_key(user)
    assert refused(iam.delete_user, UserName=user) == "DeleteConflict"
    iam.delete_access_key(UserName=user, AccessKeyId=pair.id)
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=document())
    assert refused(iam.delete_user, UserName=user) == "DeleteConflict"
    iam.delete_user_policy(UserName=user, PolicyName="p")
    iam.delete_user(UserName=user)
    assert user not in cloud.account.users()


def test_authorization_details_come_by_pages_and_whole(cloud: CloudServer, iam: Any) -> None:
    policies = {"p": json.loads(document())}
    for number in range(7):
        cloud.account.add_user(f"u{number}", path="/ci-users/x/", tags={"n": str(number)}, policies=policies)
    pages = list(
        iam.get_paginator("get_account_authorization_details").paginate(
            Filter=["User"], PaginationConfig={"PageSize": 3}
        )
    )
    users = {user["UserName"]: user for page in pages for user in page["UserDetailList"]}
    assert len(pages) == 3
    assert set(users) == set(cloud.account.users())
    assert users["u6"]["Tags"] == [{"Key": "n", "Value": "6"}]
    assert users["u6"]["UserPolicyList"] == [{"PolicyName": "p", "PolicyDocument": json.loads(document())}]


def test_a_page_has_a_hundred_users_unless_asked_otherwise(cloud: CloudServer, iam: Any) -> None:
    for number in range(100):
        cloud.account.add_user(f"u{number}")
    first = iam.list_users()
    assert len(first["Users"]) == 100
    assert first["IsTruncated"]
    assert len(iam.list_users(Marker=first["Marker"])["Users"]) == 1


def test_policies_decide_what_a_key_may_do(cloud: CloudServer, connect: Connect, refused: Refused) -> None:
    mine = f"arn:aws:ecr:us-east-1:{cloud.account.number}:repository/ui"
    cloud.account.add_user(
        "u", policies={"a": json.loads(document()), "b": json.loads(document(mine, "ecr:CreateRepository"))}
    )
    ecr = connect("ecr", cloud.account.add_key("u"))
    assert ecr.get_authorization_token()["authorizationData"]
    ecr.create_repository(repositoryName="ui")
    assert refused(ecr.create_repository, repositoryName="api") == "AccessDeniedException"
    assert refused(connect("iam", cloud.account.add_key("u")).list_users) == "AccessDenied"


def test_a_quarantined_user_is_known_to_sts_alone(
    cloud: CloudServer, connect: Connect, iam: Any, refused: Refused
) -> None:
    cloud.account.add_user("u", policies={"p": json.loads(document())}, attached=["AWSCompromisedKeyQuarantineV3"])
    pair = cloud.account.add_key("u")
    assert connect("sts", pair).get_caller_identity()["Account"] == cloud.account.number
    assert refused(connect("ecr", pair).get_authorization_token) == "AccessDeniedException"
    attached = iam.list_attached_user_policies(UserName="u")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["AWSCompromisedKeyQuarantineV3"]


def test_tells_the_alias_of_the_account(cloud: CloudServer, iam: Any) -> None:
    assert iam.list_account_aliases()["AccountAliases"] == []
    cloud.account.set_alias("cellenics-sandbox")
    assert iam.list_account_aliases()["AccountAliases"] == ["cellenics-sandbox"]


def test_users_of_a_stack_are_there_and_the_stack_can_be_asked_about(
    cloud: CloudServer, connect: Connect, refused: Refused
) -> None:
    user = {"Type": "AWS::IAM::User", "Properties": {"UserName": "ci-user-old", "Path": "/ci-users/old/"}}
    stacks = connect("cloudformation")
    assert refused(stacks.describe_stacks, StackName="biomage-ci-users") == "ValidationError"
    stacks.create_stack(StackName="biomage-ci-users", TemplateBody=json.dumps({"Resources": {"U": user}}))
    (stack,) = stacks.describe_stacks(StackName="biomage-ci-users")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert "ci-user-old" in cloud.account.users()
