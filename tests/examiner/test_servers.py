"""The promise: rotate-ci works with six variables against any server that speaks these APIs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.examiner.lab import Lab
from tests.examiner.organisation import Manners
from tests.sampling import whole

Bench = Callable[..., Lab]

SERVERS = {
    "strict-schema-without-environments": Manners(),
    "no-graphql": Manners(graphql="none"),
    "enterprise": Manners(prefix="/api/v3", lowercase=True, chunked=True, fractions=True),
    "http-1.0-and-a-fine-grained-token": Manners(graphql="loose", http10=True, scopes=None),
    "poor": Manners(
        graphql="none", limits=False, dated=False, total_count=False, dependabot=False, environments=False,
        organization_secrets=False, runs=False, scopes=None, user=False, put_status=(200, 200),
    ),
}  # fmt: skip


EVERY_DAY = {"enterprise", "poor"}


@pytest.mark.parametrize(
    "manners",
    [pytest.param(value, id=name) if name in EVERY_DAY else whole(value, id=name) for name, value in SERVERS.items()],
)
def test_a_first_and_a_second_rotation_leave_one_proven_key_in_github(manners: Manners, bench: Bench) -> None:
    lab = bench(manners)
    for name in ("ui", "api"):
        lab.org.add(name)
    lab.org.add("docs", None)
    first = lab.run("--format", "json")
    assert (first.code, first.outcomes()) == (0, {"ui": "rotated", "api": "rotated"})
    old = lab.pairs("ui")[0]
    second = lab.run("--format", "json", "--show-ids")
    assert (second.code, second.outcomes()) == (0, {"ui": "rotated", "api": "rotated"})
    assert second.one("ui")["retired_keys"] == [old]
    assert second.one("ui")["live_key"] == lab.pairs("ui")[0] != old
    for name in ("ui", "api"):
        lab.settled(name, policies={"ecr"})
    assert set(lab.cloud.users()) == {"ci-user-ui", "ci-user-api"}


@pytest.mark.parametrize("graphql", ["schema", whole("none")])
def test_no_repository_is_missed_behind_the_second_page(graphql: str, bench: Bench) -> None:
    lab = bench(Manners(graphql=graphql))
    for number in range(250):
        lab.org.add(f"plain-{number:03}", None)
    lab.org.add("last")
    assert lab.run("--format", "json").outcomes() == {"last": "rotated"}
    lab.settled("last")


def test_a_key_is_written_only_once_iam_has_spread_it(bench: Bench) -> None:
    lab = bench(settle="1", spread=1.5)
    lab.org.add("api")
    assert lab.run().code == 0
    lab.settled("api")
    log = lab.cloud.ask("log")
    created = next(call["at"] for call in log if call["action"] == "CreateAccessKey")
    written = next(number for number, call in enumerate(log) if call["action"] == "GetAuthorizationToken")
    assert log[written]["at"] - created >= 1.5


def test_it_works_where_moto_checks_signatures_and_rights(bench: Bench) -> None:
    lab = bench(apart=True)
    iam = lab.cloud.iam()
    iam.create_user(UserName="admin", Path="/people/")
    everything = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
    iam.put_user_policy(UserName="admin", PolicyName="all", PolicyDocument=everything)
    key = iam.create_access_key(UserName="admin")["AccessKey"]
    lab.more = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    lab.cloud.ask("authenticate")
    lab.org.add("api")
    assert lab.run().code == 0
    lab.settled("api")
