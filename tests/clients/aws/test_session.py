"""Sessions: profiles, roles, and that no secret gets into a log."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from cellenics_ci.clients.aws.keys import IamKeys
from cellenics_ci.clients.aws.patience import PatientIam
from cellenics_ci.clients.aws.session import AwsSession
from cellenics_ci.clients.aws.sts import PairProver, caller
from cellenics_ci.clients.aws.users import IamUsers
from cellenics_ci.errors import CallFailed, Failure, UsageProblem
from cellenics_ci.model.names import Region, UserName
from tests.clients.aws.conftest import session_at
from tests.clients.scripted import Answer, in_turn, scripted

EAST = Region("us-east-1")


@pytest.fixture
def sdk_levels() -> Iterator[tuple[str, ...]]:
    names = ("botocore", "botocore.parsers", "urllib3", "urllib3.connectionpool", "boto3")
    before = {name: logging.getLogger(name).level for name in names}
    yield names
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def test_a_profile_that_is_not_there_is_a_usage_problem() -> None:
    with pytest.raises(UsageProblem, match="no AWS profile nowhere"):
        AwsSession(region=EAST, profile="nowhere")


def test_a_named_profile_beats_the_environment_and_aws_profile_does_not(
    moto_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.write_text("[profile other]\naws_access_key_id = AKIAOTHER0000000000\naws_secret_access_key = x\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))

    def signer(**named: str) -> str:
        answer = Answer(200, "<R><GetCallerIdentityResult><Arn>a:b</Arn></GetCallerIdentityResult></R>")
        with scripted(in_turn(answer)) as world:
            session_at(world.url, monkeypatch)
            session = AwsSession(region=EAST, profile=named.get("profile"))
            session.call("sts:GetCallerIdentity", "", session.sts.get_caller_identity)
            return world.asked[0].headers["authorization"].split("Credential=")[1].split("/")[0]

    assert signer(profile="other") == "AKIAOTHER0000000000"
    monkeypatch.setenv("AWS_PROFILE", "other")
    assert signer(profile="other") == "AKIAOPERATOR00000000"
    assert signer() == "AKIAOPERATOR00000000"


def test_a_role_is_assumed_and_speaks_for_us(session: AwsSession) -> None:
    admin = AwsSession(region=EAST, role_arn="arn:aws:iam::123456789012:role/rotator")
    assert caller(admin).arn.startswith("arn:aws:sts::123456789012:assumed-role/rotator/cellenics-ci")


def test_a_role_that_may_not_be_assumed_is_denied_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    body = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
    with scripted(in_turn(Answer(403, body))) as world:
        session_at(world.url, monkeypatch)
        with pytest.raises(CallFailed) as failed:
            caller(AwsSession(region=EAST, role_arn="arn:aws:iam::1:role/rotator"))
    assert failed.value.kind is Failure.DENIED
    assert "sts:AssumeRole" in failed.value.sentence


def test_a_role_without_anybody_to_assume_it_is_unauthenticated(moto_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_url)
    with pytest.raises(CallFailed) as failed:
        caller(AwsSession(region=EAST, role_arn="arn:aws:iam::1:role/rotator"))
    assert failed.value.kind is Failure.UNAUTHENTICATED


def test_an_endpoint_that_is_no_url_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CallFailed, match="AWS_ENDPOINT_URL"):
        caller(session_at("nonsense", monkeypatch))


def test_sdks_at_debug_never_log_a_secret(session: AwsSession, sdk_levels: tuple[str, ...]) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    root.addHandler(handler)
    before = root.level
    root.setLevel(logging.DEBUG)
    for name in sdk_levels:
        logging.getLogger(name).setLevel(logging.DEBUG)
    try:
        iam = PatientIam(session)
        IamUsers(iam).create_user(UserName("ci-user-x"), path="/", tags={}, boundary=None)
        pair = IamKeys(iam).create_access_key(UserName("ci-user-x"))
        PairProver(session).registry_token(pair, EAST)
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
    logged = stream.getvalue()
    assert "iam:CreateAccessKey ci-user-x: done" in logged
    assert "(withheld" in logged
    assert pair.secret.reveal() not in logged
    assert pair.id not in logged
    assert "the-operators-own" not in logged
    assert "SecretAccessKey" not in logged
