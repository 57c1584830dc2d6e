"""Container repositories made and changed in the embedded AWS, with answers that get lost and others who are faster."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from cellenics_ci.clients.aws.registries import Registries
from cellenics_ci.clients.aws.session import AwsSession
from cellenics_ci.errors import CallFailed, Failure, Interrupted
from cellenics_ci.model.names import Region, RepoName
from cellenics_ci.model.registries import Encryption, ImageSettings, TagRule
from cellenics_ci.registry.ensure import carry_out
from cellenics_ci.registry.outcome import Ensured, EnsureOutcome, exit_code
from cellenics_ci.registry.plan import Fate, Order, Plan, Wanted, make_order
from cellenics_ci.sandbox.aws import CloudServer
from cellenics_ci.sandbox.aws.calls import AwsCall, Refusal
from cellenics_ci.sandbox.loopback import ConnectionDropped, Response

REGION = Region("us-east-1")
LOOSE = ImageSettings(TagRule(immutable=False), scan_on_push=False, lifecycle=())


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudServer]:
    with CloudServer() as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        yield server
        assert not server.failures


@pytest.fixture
def registry(cloud: CloudServer) -> Registries:
    return Registries(AwsSession(region=REGION, wait=lambda _: None))


def planned(registry: Registries, settings: ImageSettings | None = None, *, reconcile: bool = False) -> Order:
    wanted = Wanted(RepoName("ui"), "ui", REGION, settings or ImageSettings(), reconcile)
    return make_order(wanted, registry.find("ui", REGION))


def ensured(registry: Registries, settings: ImageSettings | None = None, *, reconcile: bool = False) -> EnsureOutcome:
    (outcome,) = carry_out(Plan((planned(registry, settings, reconcile=reconcile),)), registry)
    return outcome


def refuse(action: str, code: str, status: int = 400) -> object:
    def hook(call: AwsCall) -> Response | None:
        return Refusal(code, "refused by the test", status).response(call) if call.action == action else None

    return hook


def test_what_is_created_is_as_declared_and_a_second_run_finds_nothing_to_do(
    cloud: CloudServer, registry: Registries
) -> None:
    settings = ImageSettings(TagRule(exceptions=("latest",)), encryption=Encryption("KMS"))
    first = ensured(registry, settings)
    assert (first.status, first.uri) == (Ensured.CREATED, f"{cloud.account.number}.dkr.ecr.us-east-1.amazonaws.com/ui")
    assert planned(registry, settings, reconcile=True).differences == ()
    writes = sum(cloud.counts().values())
    assert ensured(registry, settings, reconcile=True).status is Ensured.UNCHANGED
    assert sum(cloud.counts().values()) == writes + 2


def test_every_setting_is_changed_there_and_back(registry: Registries) -> None:
    ensured(registry, LOOSE)
    assert ensured(registry).status is Ensured.UNCHANGED
    assert planned(registry, LOOSE).differences == ()
    assert ensured(registry, reconcile=True).status is Ensured.CHANGED
    assert planned(registry).differences == ()
    assert ensured(registry, LOOSE).status is Ensured.CHANGED
    assert planned(registry, LOOSE).differences == ()


def test_who_is_second_takes_what_the_first_one_created(registry: Registries) -> None:
    order = planned(registry)
    registry.create("ui", REGION, LOOSE)
    (outcome,) = carry_out(Plan((order,)), registry)
    assert outcome.status is Ensured.UNCHANGED
    assert outcome.uri
    assert {each.fate for each in outcome.differences} == {Fate.WITHHELD}


@pytest.mark.parametrize("before", [True, False], ids=["before its effect", "after its effect"])
def test_a_lost_answer_is_looked_into_and_never_sent_again(
    cloud: CloudServer, registry: Registries, before: bool
) -> None:
    def drop(call: AwsCall, *_: object) -> Response | None:
        if call.action == "CreateRepository":
            raise ConnectionDropped
        return None

    (cloud.before_call if before else cloud.after_call).append(drop)
    outcome = ensured(registry)
    assert cloud.counts()["ecr:CreateRepository"] == 1
    if before:
        assert outcome.status is Ensured.FAILED
        assert "did not answer ecr:CreateRepository" in outcome.reason
        assert "us-east-1" in outcome.next_step
    else:
        assert outcome.status is Ensured.CREATED
        cloud.after_call.clear()
        assert planned(registry).differences == ()


def test_nobody_claims_to_know_where_the_look_fails_too(cloud: CloudServer, registry: Registries) -> None:
    order = planned(registry)

    def drop(call: AwsCall) -> Response | None:
        if call.action == "DescribeRepositories":
            return Refusal("AccessDenied", "no").response(call)
        raise ConnectionDropped

    cloud.before_call.append(drop)
    (outcome,) = carry_out(Plan((order,)), registry)
    assert outcome.status is Ensured.UNKNOWN
    assert exit_code([outcome], left_out=False) == 1


@pytest.mark.parametrize(
    ("code", "told", "step"),
    [
        ("AccessDenied", "AccessDeniedException", "Allow ecr:CreateRepository"),
        ("LimitExceededException", "LimitExceededException", "larger quota"),
        ("UnrecognizedClientException", "UnrecognizedClientException", "Is us-east-1 the right region"),
        ("InvalidParameterException", "refused by the test", ""),
        ("KmsException", "refused by the test", ""),
    ],
)
def test_a_refusal_is_one_sentence_with_what_to_do(
    cloud: CloudServer, registry: Registries, code: str, told: str, step: str
) -> None:
    cloud.before_call.append(refuse("CreateRepository", code))  # type: ignore[arg-type]
    outcome = ensured(registry)
    assert outcome.status is Ensured.FAILED
    assert told in outcome.reason
    assert step in outcome.next_step
    assert registry.find("ui", REGION) is None


def test_a_repository_without_its_lifecycle_is_a_failure_that_names_the_way_on(
    cloud: CloudServer, registry: Registries
) -> None:
    cloud.before_call.append(refuse("PutLifecyclePolicy", "AccessDenied"))  # type: ignore[arg-type]
    outcome = ensured(registry)
    assert outcome.status is Ensured.FAILED
    assert outcome.uri
    assert outcome.next_step.endswith("cellenics ensure-ecr ui --reconcile")
    cloud.before_call.clear()
    assert ensured(registry, reconcile=True).status is Ensured.CHANGED


def test_a_change_that_fails_half_way_tells_what_was_changed(cloud: CloudServer, registry: Registries) -> None:
    ensured(registry, LOOSE)
    cloud.before_call.append(refuse("PutImageScanningConfiguration", "AccessDenied"))  # type: ignore[arg-type]
    outcome = ensured(registry, reconcile=True)
    assert outcome.status is Ensured.FAILED
    assert "tags had been changed" in outcome.reason


def test_what_may_not_be_read_is_never_taken_for_absent(cloud: CloudServer, registry: Registries) -> None:
    ensured(registry)
    cloud.before_call.append(refuse("GetLifecyclePolicy", "AccessDenied"))  # type: ignore[arg-type]
    with pytest.raises(CallFailed) as refused:
        registry.find("ui", REGION)
    assert refused.value.kind is Failure.DENIED


def test_creation_waits_where_aws_limits_the_rate_and_ends_when_somebody_stops(cloud: CloudServer) -> None:
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) > 2:
            raise Interrupted

    registry = Registries(AwsSession(region=REGION, wait=wait))
    orders = tuple(make_order(Wanted(RepoName(name), name, REGION, ImageSettings()), None) for name in ("ui", "api"))
    cloud.before_call.append(refuse("CreateRepository", "ThrottlingException"))  # type: ignore[arg-type]
    outcomes = tuple(carry_out(Plan(orders), registry))
    assert waits == [0, 1.0, 2.0, 0]
    assert [each.interrupted for each in outcomes] == [True, True]
    assert exit_code(outcomes, left_out=False) == 130
    assert cloud.counts()["ecr:CreateRepository"] == 2


def test_the_policy_is_what_ecr_takes(registry: Registries) -> None:
    ensured(registry)
    found = registry.find("ui", REGION)
    assert found is not None
    (rule,) = json.loads(found.lifecycle_policy or "")["rules"]
    assert rule["action"] == {"type": "expire"}


def test_what_was_begun_is_finished_and_nothing_more_is_begun_once_somebody_stops(cloud: CloudServer) -> None:
    stopped = False

    def wait(seconds: float) -> None:
        if stopped:
            raise Interrupted

    def stop(call: AwsCall, response: Response) -> None:
        nonlocal stopped
        stopped = stopped or call.action == "CreateRepository"

    registry = Registries(AwsSession(region=REGION, wait=wait))
    orders = tuple(make_order(Wanted(RepoName(name), name, REGION, ImageSettings()), None) for name in ("ui", "api"))
    cloud.after_call.append(stop)
    outcomes = tuple(carry_out(Plan(orders), registry))
    assert [(each.status, each.interrupted) for each in outcomes] == [(Ensured.CREATED, False), (Ensured.FAILED, True)]
    assert cloud.counts()["ecr:PutLifecyclePolicy"] == 1
    assert registry.find("api", REGION) is None
