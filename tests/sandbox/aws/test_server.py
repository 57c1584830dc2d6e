"""The embedded AWS as a server: its clock, its log, its hooks, and several of them side by side."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError

from cellenics_ci.model.names import Region
from cellenics_ci.sandbox.aws import AwsCall, Clock, CloudServer, ConnectionDropped, Refusal
from cellenics_ci.sandbox.loopback import Response
from tests.sandbox.aws.clients import client_of

Connect = Callable[..., Any]
Refused = Callable[..., str]


def test_dates_come_from_the_clock(cloud: CloudServer, clock: Clock, iam: Any) -> None:
    clock.advance(12.5)
    answer = iam.create_user(UserName="u")
    now = datetime.fromtimestamp(int(clock()), UTC)
    assert answer["User"]["CreateDate"] == now
    assert parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"]) == now


def test_keeps_connections_open(cloud: CloudServer) -> None:
    host, port = cloud.url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port))
    for _ in range(2):
        connection.request("POST", "/", "Action=ListUsers")
        answer = connection.getresponse()
        assert (answer.status, bool(answer.read())) == (403, True)
        assert connection.sock is not None
    connection.close()


def test_logs_calls_without_secrets(cloud: CloudServer, iam: Any, refused: Refused) -> None:
    iam.create_user(UserName="u")
    made = iam.create_access_key(UserName="u")["AccessKey"]
    refused(iam.get_user, UserName="nobody")

    assert [(call.name, call.target, call.status, call.error) for call in cloud.calls] == [
        ("iam:CreateUser", "u", 200, ""),
        ("iam:CreateAccessKey", "u", 200, ""),
        ("iam:GetUser", "nobody", 404, "NoSuchEntity"),
    ]
    assert cloud.counts()["iam:CreateAccessKey"] == 1
    assert made["SecretAccessKey"] not in repr(cloud.calls)
    assert cloud.calls[0].key_id == cloud.admin.id


def test_a_hook_before_a_call_answers_in_its_place(cloud: CloudServer, iam: Any, refused: Refused) -> None:
    def throttle(call: AwsCall) -> Response | None:
        return Refusal("Throttling", "Rate exceeded", 400).response(call) if call.action == "CreateUser" else None

    cloud.before_call.append(throttle)
    assert refused(iam.create_user, UserName="u") == "Throttling"
    assert "u" not in cloud.account.users()
    assert iam.list_users()["Users"]


def test_a_hook_after_a_call_loses_its_answer_and_not_its_effect(cloud: CloudServer, iam: Any) -> None:
    def lose(call: AwsCall, _: Response) -> None:
        if call.action == "CreateUser":
            raise ConnectionDropped

    cloud.after_call.append(lose)
    with pytest.raises(ConnectionClosedError):
        iam.create_user(UserName="u")
    assert "u" in cloud.account.users()
    assert cloud.calls[-1].status == 0


def test_two_servers_have_two_accounts(cloud: CloudServer, connect: Connect, refused: Refused) -> None:
    with CloudServer() as other:
        other.account.add_user("theirs")
        assert other.account.number != cloud.account.number
        assert "theirs" not in cloud.account.users()
        assert refused(connect("sts", other.admin).get_caller_identity) == "InvalidClientTokenId"
        with pytest.raises(ValueError, match="has the account"):
            CloudServer(account=other.account.number)


def test_a_stopped_server_leaves_nothing_behind() -> None:
    with CloudServer(account="222233334444") as first:
        first.account.add_user("u", tags={"a": "b"})
        first.account.add_repository("ui", Region("us-east-1"))
        first.account.set_alias("first")
        template = '{"Resources": {"U": {"Type": "AWS::IAM::User"}}}'
        client_of(first, "cloudformation", first.admin).create_stack(StackName="s", TemplateBody=template)
    with CloudServer(account="222233334444") as second:
        assert second.account.users() == ("admin",)
        assert client_of(second, "iam", second.admin).list_account_aliases()["AccountAliases"] == []
        assert client_of(second, "ecr", second.admin).describe_repositories()["repositories"] == []
        assert client_of(second, "cloudformation", second.admin).describe_stacks()["Stacks"] == []


def test_fifty_clients_at_once_are_all_answered(cloud: CloudServer) -> None:
    client = client_of(cloud, "iam", cloud.admin)
    start = threading.Barrier(50)

    def make(number: int) -> None:
        start.wait()
        client.create_user(UserName=f"u{number}")

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(make, range(50)))
    assert set(cloud.account.users()) == {"admin", *(f"u{number}" for number in range(50))}


def test_says_which_services_it_does_not_have(connect: Connect, refused: Refused) -> None:
    assert refused(connect("sqs").list_queues) == "InvalidAction"
