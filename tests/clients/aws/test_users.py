"""IAM users through moto's server."""

from __future__ import annotations

import json

import pytest

from cellenics_ci.clients.aws.account import IamAccount
from cellenics_ci.clients.aws.patience import PatientIam
from cellenics_ci.clients.aws.session import AwsSession
from cellenics_ci.clients.aws.users import IamUsers
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.names import UserName
from tests.clients.aws.conftest import session_at
from tests.clients.scripted import Answer, in_turn, scripted

API = UserName("ci-user-api")
EDGE = "arn:aws:iam::1:policy/edge"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::a%20b/*"}],
}


@pytest.fixture
def users(session: AwsSession) -> IamUsers:
    return IamUsers(PatientIam(session))


def create(users: IamUsers, name: UserName = API, path: str = "/ci-users/api/") -> None:
    users.create_user(name, path=path, tags={"a": "1"}, boundary=None)


def test_an_absent_user_is_none(users: IamUsers) -> None:
    assert users.get_user(API) is None


def test_a_created_user_has_its_tags_and_path(users: IamUsers) -> None:
    create(users)
    user = users.get_user(API)
    assert user is not None
    assert (user.name, user.path, user.tags) == (API, "/ci-users/api/", {"a": "1"})
    assert user.arn.endswith(":user/ci-users/api/ci-user-api")
    assert user.policies is None


def test_a_boundary_is_sent_and_read(monkeypatch: pytest.MonkeyPatch) -> None:
    # moto forgets the boundary of a new user.
    inside = "<UserName>u</UserName><Path>/</Path><Arn>a</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate>"
    boundary = f"<PermissionsBoundary><PermissionsBoundaryArn>{EDGE}</PermissionsBoundaryArn></PermissionsBoundary>"
    created = Answer(200, f"<R><CreateUserResult><User>{inside}</User></CreateUserResult></R>")
    said = Answer(200, f"<R><GetUserResult><User>{inside}{boundary}</User></GetUserResult></R>")
    with scripted(in_turn(created, said)) as world:
        users = IamUsers(PatientIam(session_at(world.url, monkeypatch)))
        users.create_user(API, path="/", tags={}, boundary=EDGE)
        assert b"PermissionsBoundary=arn%3Aaws%3Aiam%3A%3A1%3Apolicy%2Fedge" in world.asked[0].body
        user = users.get_user(API)
        assert user is not None
        assert user.boundary == EDGE


def test_a_taken_name_under_another_path_is_exists(users: IamUsers) -> None:
    create(users, path="/people/")
    with pytest.raises(CallFailed) as failed:
        create(users)
    assert failed.value.kind is Failure.EXISTS


def test_tags_are_added_and_removed_and_absent_ones_ignored(users: IamUsers) -> None:
    create(users)
    users.tag_user(API, {"b": "2", "c": "3"})
    users.untag_user(API, ["a", "c", "never there"])
    users.untag_user(API, [])
    user = users.get_user(API)
    assert user is not None
    assert user.tags == {"b": "2"}


def test_deleting_an_absent_policy_is_no_error(users: IamUsers) -> None:
    create(users)
    users.delete_policy(API, "nothing")


def test_a_malformed_policy_is_invalid_with_what_iam_said(users: IamUsers) -> None:
    create(users)
    with pytest.raises(CallFailed) as failed:
        users.put_policy(API, "broken", "{}")
    assert failed.value.kind is Failure.INVALID
    assert "iam:PutUserPolicy for ci-user-api" in failed.value.sentence


def test_the_account_is_read_with_policies_tags_and_other_paths(users: IamUsers, session: AwsSession) -> None:
    create(users)
    create(users, UserName("ci-user-elsewhere"), "/")
    create(users, UserName("legacy"), "/ci-users/legacy/")
    create(users, UserName("somebody"), "/people/")
    users.put_policy(API, "p", json.dumps(POLICY))
    session.iam.attach_user_policy(
        UserName=API,
        PolicyArn=session.iam.create_policy(PolicyName="m", PolicyDocument=json.dumps(POLICY))["Policy"]["Arn"],
    )
    found = IamAccount(session).ci_users()
    assert sorted(found) == ["ci-user-api", "ci-user-elsewhere", "legacy"]
    assert found[API].policies == {"p": POLICY}
    assert found[API].attached == ("arn:aws:iam::123456789012:policy/m",)
    assert found[API].tags == {"a": "1"}


def test_one_user_read_by_itself_has_the_same_policies(users: IamUsers, session: AwsSession) -> None:
    create(users)
    users.put_policy(API, "p", json.dumps(POLICY))
    alone = IamAccount(session).ci_user(API)
    assert alone is not None
    assert alone.policies == {"p": POLICY}
    assert alone.attached is None
    assert IamAccount(session).ci_user(UserName("nobody")) is None


def test_the_quota_and_the_names_of_all_ci_users_are_read(users: IamUsers, session: AwsSession) -> None:
    create(users)
    account = IamAccount(session)
    assert account.user_policy_quota() == 2048
    assert account.user_names() == (API,)


def test_the_old_stack_is_seen(session: AwsSession) -> None:
    account = IamAccount(session)
    assert account.old_stack_exists() is False
    template = {"Resources": {"U": {"Type": "AWS::IAM::User", "Properties": {"UserName": "x"}}}}
    session.cloudformation.create_stack(StackName="biomage-ci-users", TemplateBody=json.dumps(template))
    assert account.old_stack_exists() is True
