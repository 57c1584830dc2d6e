"""Access keys and proofs through moto's server and through servers that misbehave."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from xml.sax.saxutils import escape

import pytest

from cellenics_ci.clients.aws.keys import IamKeys
from cellenics_ci.clients.aws.patience import PatientIam
from cellenics_ci.clients.aws.session import AwsSession
from cellenics_ci.clients.aws.sts import PairProver, caller
from cellenics_ci.clients.aws.users import IamUsers
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.keys import KeyPair
from cellenics_ci.model.names import AccessKeyId, Region, UserName
from cellenics_ci.model.secret import Secret
from tests.clients.aws.conftest import session_at
from tests.clients.scripted import DROP, Answer, Asked, Scripted, in_turn, scripted

API = UserName("ci-user-api")


@pytest.fixture
def keys(session: AwsSession) -> IamKeys:
    IamUsers(PatientIam(session)).create_user(API, path="/", tags={}, boundary=None)
    return IamKeys(PatientIam(session))


def aws_error(status: int, code: str, message: str = "no") -> Answer:
    body = f"<ErrorResponse><Error><Code>{code}</Code><Message>{escape(message)}</Message></Error></ErrorResponse>"
    return Answer(status, body, {"content-type": "text/xml", "date": "Sun, 06 Nov 2044 08:49:37 GMT"})


def identity(arn: str) -> Answer:
    inside = f"<GetCallerIdentityResult><Arn>{arn}</Arn><Account>1</Account></GetCallerIdentityResult>"
    return Answer(200, f"<GetCallerIdentityResponse>{inside}</GetCallerIdentityResponse>", {"content-type": "text/xml"})


def actions(world: Scripted) -> list[str]:
    return [asked.body.decode().split("Action=")[1].split("&")[0] for asked in world.asked]


def test_keys_are_listed_oldest_first_and_an_absent_user_has_none(keys: IamKeys) -> None:
    first, second = keys.create_access_key(API), keys.create_access_key(API)
    keys.deactivate_access_key(API, first.id)
    listed = keys.list_access_keys(API)
    assert {key.id: key.active for key in listed} == {first.id: False, second.id: True}
    assert [key.created_at for key in listed] == sorted(key.created_at for key in listed)
    assert keys.list_access_keys(UserName("nobody")) == ()


def test_a_third_key_is_a_limit(keys: IamKeys) -> None:
    keys.create_access_key(API)
    keys.create_access_key(API)
    with pytest.raises(CallFailed) as failed:
        keys.create_access_key(API)
    assert failed.value.kind is Failure.LIMIT


def test_deactivating_and_deleting_an_absent_key_is_no_error(keys: IamKeys) -> None:
    absent = AccessKeyId("AKIA0000000000000000")
    keys.deactivate_access_key(API, absent)
    keys.delete_access_key(API, absent)


def test_a_key_without_recorded_use_has_none(keys: IamKeys) -> None:
    assert keys.last_used(keys.create_access_key(API).id) is None


def test_a_lost_answer_to_create_access_key_is_unknown_and_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(in_turn(DROP)) as world:
        keys = IamKeys(PatientIam(session_at(world.url, monkeypatch)))
        with pytest.raises(CallFailed) as failed:
            keys.create_access_key(API)
        assert failed.value.maybe_done
        assert actions(world) == ["CreateAccessKey"]


def test_a_500_to_create_access_key_is_unknown_and_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(in_turn(aws_error(500, "ServiceFailure"))) as world:
        keys = IamKeys(PatientIam(session_at(world.url, monkeypatch)))
        with pytest.raises(CallFailed) as failed:
            keys.create_access_key(API)
        assert failed.value.kind is Failure.UNKNOWN
        assert len(world.asked) == 1


def test_throttling_of_create_user_is_waited_out(monkeypatch: pytest.MonkeyPatch) -> None:
    user = "<User><UserName>u</UserName><Path>/</Path></User>"
    done = Answer(200, f"<CreateUserResponse><CreateUserResult>{user}</CreateUserResult></CreateUserResponse>")
    with scripted(in_turn(aws_error(400, "Throttling"), aws_error(409, "ConcurrentModification"), done)) as world:
        users = IamUsers(PatientIam(session_at(world.url, monkeypatch)))
        users.create_user(API, path="/", tags={}, boundary=None)
        assert actions(world) == ["CreateUser"] * 3


def test_a_lost_answer_to_create_user_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(in_turn(DROP, aws_error(409, "EntityAlreadyExists"))) as world:
        users = IamUsers(PatientIam(session_at(world.url, monkeypatch)))
        with pytest.raises(CallFailed) as failed:
            users.create_user(API, path="/", tags={}, boundary=None)
        assert failed.value.maybe_done


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, "AccessDenied", Failure.DENIED),
        (403, "InvalidClientTokenId", Failure.UNAUTHENTICATED),
        (403, "SignatureDoesNotMatch", Failure.UNAUTHENTICATED),
        (403, "ExpiredToken", Failure.UNAUTHENTICATED),
        (404, "NoSuchEntity", Failure.NOT_FOUND),
        (409, "LimitExceeded", Failure.LIMIT),
        (409, "EntityAlreadyExists", Failure.EXISTS),
        (400, "MalformedPolicyDocument", Failure.INVALID),
        (400, "Throttling", Failure.THROTTLED),
        (500, "ServiceFailure", Failure.UNKNOWN),
        (418, "Unheard", Failure.INVALID),
    ],
)
def test_errors_are_told_apart_by_their_code(
    status: int, code: str, kind: Failure, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scripted(in_turn(aws_error(status, code))) as world:
        keys = IamKeys(PatientIam(session_at(world.url, monkeypatch)))
        with pytest.raises(CallFailed) as failed:
            keys.create_access_key(API)
        assert failed.value.kind is kind


def test_a_wrong_clock_is_named_in_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(in_turn(aws_error(403, "SignatureDoesNotMatch"))) as world:
        session = session_at(world.url, monkeypatch)
        with pytest.raises(CallFailed) as failed:
            IamKeys(PatientIam(session)).create_access_key(API)
        assert "2044" in failed.value.remedy
        assert session.clock.offset > 3600


def test_without_credentials_it_says_how_to_sign_in(moto_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    session = session_at(moto_url, monkeypatch)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(CallFailed) as failed:
        caller(session)
    assert failed.value.kind is Failure.UNAUTHENTICATED
    assert "sso login" in failed.value.remedy


def test_the_caller_has_account_partition_and_alias(session: AwsSession) -> None:
    session.iam.create_account_alias(AccountAlias="cellenics-test")
    found = caller(session)
    assert (found.account, found.alias, found.partition) == ("123456789012", "cellenics-test", "aws")


def test_a_pair_proves_as_its_own_user_never_as_the_operator(keys: IamKeys, session: AwsSession) -> None:
    prover, pair = PairProver(session), keys.create_access_key(API)
    for region in (None, Region("us-east-1"), Region("eu-west-1")):
        assert prover.identity(pair, region).endswith(":user/ci-user-api")
    prover.registry_token(pair, Region("us-east-1"))


def test_pairs_proven_side_by_side_are_not_mixed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(asked: Asked) -> Answer:
        return identity(asked.headers["authorization"].split("Credential=")[1].split("/")[0])

    with scripted(answer) as world:
        prover = PairProver(session_at(world.url, monkeypatch))
        pairs = [KeyPair(AccessKeyId(f"AKIA{number:016}"), Secret(str(number))) for number in range(200)]
        together = threading.Barrier(8)

        def prove(pair: KeyPair) -> str:
            if int(pair.id[4:]) < 8:
                together.wait(timeout=20)
            return prover.identity(pair, None)

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(prove, pairs)) == [pair.id for pair in pairs]


def test_a_refused_pair_is_unauthenticated_after_one_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(in_turn(aws_error(403, "InvalidClientTokenId"))) as world:
        prover = PairProver(session_at(world.url, monkeypatch))
        with pytest.raises(CallFailed) as failed:
            prover.identity(KeyPair(AccessKeyId("AKIA1111111111111111"), Secret("x")), Region("us-east-1"))
        assert failed.value.kind is Failure.UNAUTHENTICATED
        assert len(world.asked) == 1


def test_the_global_endpoint_is_signed_for_us_east_1(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(in_turn(identity("arn:aws:iam::1:user/u"))) as world:
        prover = PairProver(session_at(world.url, monkeypatch))
        pair = KeyPair(AccessKeyId("AKIA1111111111111111"), Secret("x"))
        prover.identity(pair, None)
        prover.identity(pair, Region("eu-west-1"))
        scopes = [asked.headers["authorization"].split("/")[2] for asked in world.asked]
        assert scopes == ["us-east-1", "eu-west-1"]


def test_a_user_that_is_too_new_to_be_known_everywhere_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(asked: Asked) -> Answer:
        if b"Action=CreateUser" in asked.body:
            return Answer(200, "<R><CreateUserResult><User><UserName>u</UserName></User></CreateUserResult></R>")
        return aws_error(404, "NoSuchEntity") if len(world.asked) < 4 else Answer(200, "<R></R>")

    with scripted(answer) as world:
        iam = PatientIam(session_at(world.url, monkeypatch))
        users = IamUsers(iam)
        with pytest.raises(CallFailed):
            users.put_policy(API, "p", "{}")
        assert actions(world) == ["PutUserPolicy"]
        users.create_user(API, path="/", tags={}, boundary=None)
        users.put_policy(API, "p", "{}")
        assert actions(world)[1:] == ["CreateUser", "PutUserPolicy", "PutUserPolicy"]


def test_an_answer_without_a_key_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(in_turn(Answer(200, "<R><CreateAccessKeyResult></CreateAccessKeyResult></R>"))) as world:
        with pytest.raises(CallFailed) as failed:
            IamKeys(PatientIam(session_at(world.url, monkeypatch))).create_access_key(API)
        assert failed.value.maybe_done


def test_parameters_that_botocore_refuses_are_invalid_and_not_told(session: AwsSession) -> None:
    with pytest.raises(CallFailed) as failed:
        IamKeys(PatientIam(session)).delete_access_key(API, AccessKeyId("canary"))
    assert failed.value.kind is Failure.INVALID
    assert "canary" not in failed.value.sentence
