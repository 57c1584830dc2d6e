"""IAM roles and identity providers through the embedded AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from cellenics_ci.clients.aws.patience import PatientIam
from cellenics_ci.clients.aws.providers import IamProviders
from cellenics_ci.clients.aws.roles import IamRoles
from cellenics_ci.clients.aws.session import AwsSession
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.names import Region, RoleName
from cellenics_ci.model.oidc import Provider
from cellenics_ci.model.roles import NewRole, RoleQuotas
from cellenics_ci.sandbox.aws import CloudServer

API = RoleName("ci-role-api")
HOST = "token.actions.githubusercontent.com"
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{HOST}"},
            "Condition": {"StringEquals": {f"{HOST}:sub": "repo:acme/api:environment:a%3Ab ${*}"}},
        }
    ],
}
NEW = NewRole(API, "/", json.dumps(TRUST), 7200, {"cellenics-ci:repository": "acme/api@7"}, "what it is for")


@pytest.fixture
def iam(monkeypatch: pytest.MonkeyPatch) -> Iterator[PatientIam]:
    with CloudServer() as cloud:
        for name, value in cloud.environment().items():
            monkeypatch.setenv(name, value)
        yield PatientIam(AwsSession(region=Region("us-east-1"), wait=lambda _: None))


@pytest.fixture
def roles(iam: PatientIam) -> IamRoles:
    return IamRoles(iam)


def test_an_absent_role_is_none(roles: IamRoles) -> None:
    assert roles.get_role(API) is None


def test_a_created_role_is_read_back_whole(roles: IamRoles) -> None:
    roles.create_role(NEW)
    roles.put_policy(API, "push", json.dumps(POLICY))
    found = roles.get_role(API)
    assert found is not None
    assert (found.path, found.max_session, found.tags) == ("/", 7200, NEW.tags)
    assert found.trust == TRUST
    assert found.policies == {"push": POLICY}
    assert (found.attached, found.last_used_at) == ((), None)


def test_every_change_is_seen(roles: IamRoles) -> None:
    roles.create_role(replace(NEW, max_session=3600, tags={"team": "imaging"}))
    roles.tag_role(API, NEW.tags)
    roles.set_max_session(API, 7200)
    roles.put_trust(API, json.dumps(TRUST | {"Id": "x"}))
    roles.put_policy(API, "push", json.dumps(POLICY))
    roles.delete_policy(API, "push")
    roles.delete_policy(API, "push")
    found = roles.get_role(API)
    assert found is not None
    assert found.tags == {"team": "imaging", **NEW.tags}
    assert (found.max_session, found.trust["Id"], found.policies) == (7200, "x", {})


def test_a_name_that_is_taken_exists(roles: IamRoles) -> None:
    roles.create_role(NEW)
    with pytest.raises(CallFailed) as failed:
        roles.create_role(NEW)
    assert failed.value.kind is Failure.EXISTS


def test_tells_how_large_policies_may_be(roles: IamRoles) -> None:
    assert roles.quotas() == RoleQuotas(10_240, 2_048)


def test_a_provider_is_made_without_a_thumbprint_and_takes_audiences(iam: PatientIam) -> None:
    providers = IamProviders(iam)
    arn = f"arn:aws:iam::123456789012:oidc-provider/{HOST}"
    assert providers.get(arn) is None
    providers.create(Provider(HOST, ("a",)))
    providers.add_audience(arn, "sts.amazonaws.com")
    providers.add_audience(arn, "sts.amazonaws.com")
    assert providers.get(arn) == Provider(HOST, ("a", "sts.amazonaws.com"))
    with pytest.raises(CallFailed) as failed:
        providers.create(Provider(HOST, ("a",)))
    assert failed.value.kind is Failure.EXISTS
