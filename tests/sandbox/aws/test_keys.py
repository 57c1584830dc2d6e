"""Which keys the embedded AWS takes, from when and until when, and what it notes of their use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from cellenics_ci.model.keys import KeyPair, KeyUse
from cellenics_ci.model.names import AccessKeyId
from cellenics_ci.model.secret import Secret
from cellenics_ci.sandbox.aws import Clock, CloudServer, Propagation
from cellenics_ci.sandbox.aws.propagation import Flicker
from tests.sandbox.aws.clients import SESSION, client_of

Connect = Callable[..., Any]
Refused = Callable[..., str]
DAY = 86400


@pytest.fixture
def pair(cloud: CloudServer) -> KeyPair:
    cloud.account.add_user("ci-user-ui", path="/ci-users/ui/")
    return cloud.account.add_key("ci-user-ui")


def test_a_new_key_answers_as_its_user(connect: Connect, cloud: CloudServer, iam: Any) -> None:
    iam.create_user(UserName="ci-user-ui", Path="/ci-users/ui/")
    made = iam.create_access_key(UserName="ci-user-ui")["AccessKey"]
    pair = KeyPair(made["AccessKeyId"], Secret(made["SecretAccessKey"]))

    assert connect("sts", pair).get_caller_identity()["Arn"].endswith(":user/ci-users/ui/ci-user-ui")
    assert cloud.account.key_works(pair.id, pair.secret)


def test_refuses_a_wrong_secret(connect: Connect, pair: KeyPair, refused: Refused) -> None:
    assert refused(connect("sts", pair, secret="wrong").get_caller_identity) == "SignatureDoesNotMatch"
    assert refused(connect("iam", pair, secret="wrong").list_users) == "SignatureDoesNotMatch"
    assert refused(connect("ecr", pair, secret="wrong").describe_repositories) == "InvalidSignatureException"


def test_refuses_an_unknown_key(connect: Connect, refused: Refused) -> None:
    stranger = KeyPair(AccessKeyId("AKIAQQQQQQQQQQQQQQQQ"), Secret("x"))
    assert refused(connect("sts", stranger).get_caller_identity) == "InvalidClientTokenId"
    assert refused(connect("ecr", stranger).get_authorization_token) == "UnrecognizedClientException"


def test_refuses_an_inactive_key(connect: Connect, pair: KeyPair, iam: Any, refused: Refused) -> None:
    iam.update_access_key(UserName="ci-user-ui", AccessKeyId=pair.id, Status="Inactive")
    assert refused(connect("sts", pair).get_caller_identity) == "InvalidClientTokenId"


def test_refuses_a_deleted_key(connect: Connect, cloud: CloudServer, pair: KeyPair, iam: Any, refused: Refused) -> None:
    iam.delete_access_key(UserName="ci-user-ui", AccessKeyId=pair.id)
    assert refused(connect("sts", pair).get_caller_identity) == "InvalidClientTokenId"
    assert cloud.account.secret_of(pair.id) is None


def test_refuses_an_unsigned_call(cloud: CloudServer, refused: Refused) -> None:
    client = SESSION.client(
        "iam", endpoint_url=cloud.url, config=Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
    )
    assert refused(client.list_users) == "MissingAuthenticationToken"


def test_a_new_key_is_refused_until_the_news_has_spread(clock: Clock) -> None:
    with CloudServer(clock=clock, propagation=Propagation(refused=5, sts_lead=2)) as cloud:
        cloud.account.add_user("u", policies={"p": _allow("ecr:GetAuthorizationToken")})
        sts, ecr = _fresh_clients(cloud, "sts", "ecr")
        clock.advance(2.9)
        assert not _accepted(sts.get_caller_identity)
        clock.advance(0.1)
        assert _accepted(sts.get_caller_identity)
        assert not _accepted(ecr.get_authorization_token)
        clock.advance(2)
        assert _accepted(ecr.get_authorization_token)


def test_single_successes_prove_little_while_aws_is_undecided(clock: Clock) -> None:
    with CloudServer(clock=clock, propagation=Propagation(refused=1, flickering=1)) as cloud:
        cloud.account.add_user("u")
        (sts,) = _fresh_clients(cloud, "sts")
        clock.advance(1.5)
        assert {_accepted(sts.get_caller_identity) for _ in range(4)} == {True, False}
        clock.advance(0.5)
        assert all(_accepted(sts.get_caller_identity) for _ in range(4))


def test_each_key_and_service_has_a_delay_of_its_own() -> None:
    flicker = Flicker(Propagation(refused=1, spread=10))
    services = [(key, service) for key in ("AKIA1", "AKIA2", "AKIA3") for service in ("iam", "ecr")]
    taken = {flicker.accepts(key, service, "us-east-1", age=6) for key, service in services}
    assert taken == {True, False}
    assert all(flicker.accepts(key, service, "us-east-1", age=11) for key, service in services)


def test_a_deleted_key_may_work_a_moment_longer(clock: Clock) -> None:
    with CloudServer(clock=clock, propagation=Propagation(lingering=4)) as cloud:
        cloud.account.add_user("u")
        pair = cloud.account.add_key("u")
        sts, iam = client_of(cloud, "sts", pair), client_of(cloud, "iam", cloud.admin)
        iam.delete_access_key(UserName="u", AccessKeyId=pair.id)
        assert sts.get_caller_identity()["Arn"].endswith("user/u")
        clock.advance(4)
        assert not _accepted(sts.get_caller_identity)


def test_notes_the_first_use_in_each_fifteen_minutes(
    connect: Connect, clock: Clock, cloud: CloudServer, pair: KeyPair, iam: Any
) -> None:
    sts, started = connect("sts", pair, region="eu-west-1"), clock()
    assert "LastUsedDate" not in iam.get_access_key_last_used(AccessKeyId=pair.id)["AccessKeyLastUsed"]
    sts.get_caller_identity()
    clock.advance(899)
    sts.get_caller_identity()
    used = iam.get_access_key_last_used(AccessKeyId=pair.id)["AccessKeyLastUsed"]
    assert (used["LastUsedDate"].timestamp(), used["ServiceName"], used["Region"]) == (started, "sts", "eu-west-1")
    clock.advance(1)
    sts.get_caller_identity()
    assert cloud.principals.last_use(pair.id) == KeyUse(started + 900, "sts", "eu-west-1")


def test_a_refused_call_is_no_use(connect: Connect, cloud: CloudServer, pair: KeyPair, refused: Refused) -> None:
    refused(connect("sts", pair, secret="wrong").get_caller_identity)
    assert cloud.principals.last_use(pair.id) is None


def test_keys_can_be_seeded_with_their_past(clock: Clock, cloud: CloudServer, iam: Any) -> None:
    cloud.account.add_user("u", created_at=clock() - 400 * DAY)
    used = KeyUse(clock() - 3 * DAY, "ecr", "us-east-1")
    pair = cloud.account.add_key("u", created_at=clock() - 90 * DAY, last_used=used, active=False)
    (listed,) = iam.list_access_keys(UserName="u")["AccessKeyMetadata"]
    assert (listed["CreateDate"].timestamp(), listed["Status"]) == (clock() - 90 * DAY, "Inactive")
    answer = iam.get_access_key_last_used(AccessKeyId=pair.id)
    assert answer["AccessKeyLastUsed"]["LastUsedDate"].timestamp() == used.at
    assert answer["UserName"] == "u"


def test_does_not_tell_whose_a_key_was_that_is_gone(iam: Any, refused: Refused) -> None:
    assert refused(iam.get_access_key_last_used, AccessKeyId="AKIAQQQQQQQQQQQQQQQQ") == "AccessDenied"


def test_a_user_has_two_keys_at_most(cloud: CloudServer, iam: Any, refused: Refused) -> None:
    cloud.account.add_user("u")
    made = {iam.create_access_key(UserName="u")["AccessKey"]["AccessKeyId"] for _ in range(2)}
    assert refused(iam.create_access_key, UserName="u") == "LimitExceeded"
    assert set(cloud.account.active_keys("u")) == made


def test_an_assumed_role_acts_with_its_own_policies_until_it_expires(
    connect: Connect, clock: Clock, cloud: CloudServer, refused: Refused
) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": cloud.account.number}}],
    }
    cloud.account.add_role("operator", trust, policies={"p": _allow("iam:ListUsers")})
    arn = f"arn:aws:iam::{cloud.account.number}:role/operator"
    given = connect("sts").assume_role(RoleArn=arn, RoleSessionName="me")["Credentials"]
    pair = KeyPair(AccessKeyId(given["AccessKeyId"]), Secret(given["SecretAccessKey"]))
    iam = client_of(cloud, "iam", pair, token=given["SessionToken"])

    assert iam.list_users()["Users"]
    assert refused(iam.create_user, UserName="x") == "AccessDenied"
    clock.advance(3601)
    assert refused(iam.list_users) == "ExpiredToken"


def test_a_role_that_is_not_there_or_trusts_others_is_not_assumed(
    connect: Connect, cloud: CloudServer, refused: Refused
) -> None:
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "999999999999"}}]}
    cloud.account.add_role("theirs", trust)
    for name in ("theirs", "nowhere"):
        arn = f"arn:aws:iam::{cloud.account.number}:role/{name}"
        assert refused(connect("sts").assume_role, RoleArn=arn, RoleSessionName="me") == "AccessDenied"


def _allow(action: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}


def _fresh_clients(cloud: CloudServer, *services: str) -> list[Any]:
    made = client_of(cloud, "iam", cloud.admin).create_access_key(UserName="u")["AccessKey"]
    pair = KeyPair(made["AccessKeyId"], Secret(made["SecretAccessKey"]))
    return [client_of(cloud, service, pair) for service in services]


def _accepted(call: Callable[[], Any]) -> bool:
    try:
        call()
    except ClientError:
        return False
    return True
