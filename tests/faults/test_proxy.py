"""The faulty proxy itself: what each fault does to a call, to its effect, and to the calls beside it."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from cellenics_ci.sandbox.aws import CloudServer
from cellenics_ci.sandbox.github import GitHubServer
from tests.faults.proxy import (
    DROP_AFTER,
    DROP_BEFORE,
    Fault,
    FaultyProxy,
    Hold,
    Ordinals,
    Passed,
    Seen,
    acting,
    at,
    first,
    forbidden,
    holding,
    on,
    server_error,
    slow,
    throttling,
    too_many_requests,
)

SESSION = boto3.Session(region_name="us-east-1")


@pytest.fixture(scope="module")
def server() -> Iterator[CloudServer]:
    with CloudServer() as cloud:
        yield cloud


@pytest.fixture
def cloud(server: CloudServer) -> CloudServer:
    for name in set(server.account.users()) - {"admin"}:
        del server.account.iam.users[name]
    server.calls.clear()
    return server


@pytest.fixture(scope="module")
def github() -> Iterator[GitHubServer]:
    with GitHubServer() as server:
        server.state.add_account("acme", members={"ada": "admin"})
        server.state.add_token("ghp_x", "ada")
        server.state.add_repository("acme", "ui", {".ci.yaml": b"ci-policies: []\n"})
        yield server


def iam_through(proxy: FaultyProxy, cloud: CloudServer) -> Any:
    return SESSION.client(
        "iam",
        endpoint_url=proxy.url,
        aws_access_key_id=cloud.admin.id,
        aws_secret_access_key=cloud.admin.secret.reveal(),
        config=Config(retries={"total_max_attempts": 1}, max_pool_connections=50),
    )


def get(proxy: FaultyProxy, path: str) -> requests.Response:
    return requests.get(f"{proxy.url}{path}", headers={"Authorization": "token ghp_x"}, timeout=10)


def test_passes_signed_calls_on_and_counts_them_by_name(cloud: CloudServer, github: GitHubServer) -> None:
    calls = Ordinals()
    with FaultyProxy(cloud.url, ordinals=calls) as aws, FaultyProxy(github.url, ordinals=calls) as hub:
        iam_through(aws, cloud).create_user(UserName="u")
        answer = get(hub, "/api/v3/repos/acme/ui/actions/secrets?per_page=1")
    assert answer.json()["total_count"] == 0
    assert aws.passed == [Passed(Seen(1, "iam:CreateUser", "u", True), 200, 200)]
    assert hub.passed == [Passed(Seen(2, "GET /repos/acme/ui/actions/secrets", "ui", False), 200, 200)]
    assert hub.counts() == {"GET /repos/acme/ui/actions/secrets": 1}


def test_drops_a_call_before_the_server_sees_it(cloud: CloudServer) -> None:
    with FaultyProxy(cloud.url, at(1, DROP_BEFORE)) as proxy:
        iam = iam_through(proxy, cloud)
        with pytest.raises(ConnectionClosedError):
            iam.create_user(UserName="u")
        assert "u" not in cloud.account.users()
        iam.create_user(UserName="u")
    assert [(passed.status, passed.upstream) for passed in proxy.passed] == [(0, 0), (200, 200)]


def test_loses_the_answer_of_a_call_that_had_its_effect(cloud: CloudServer) -> None:
    with FaultyProxy(cloud.url, on("iam:CreateUser", DROP_AFTER)) as proxy, pytest.raises(ConnectionClosedError):
        iam_through(proxy, cloud).create_user(UserName="u")
    assert "u" in cloud.account.users()
    assert (proxy.passed[0].status, proxy.passed[0].upstream) == (0, 200)


@pytest.mark.parametrize(
    ("fault", "status", "code", "created"),
    [
        (server_error(500), 500, "ServiceFailure", False),
        (server_error(503, when="after"), 503, "ServiceFailure", True),
        (throttling(), 400, "Throttling", False),
    ],
)
def test_answers_as_aws_words_its_errors(
    cloud: CloudServer, fault: Fault, status: int, code: str, created: bool
) -> None:
    with FaultyProxy(cloud.url, on("iam:*", fault)) as proxy, pytest.raises(ClientError) as failure:
        iam_through(proxy, cloud).create_user(UserName="u")
    assert failure.value.response["Error"]["Code"] == code
    assert failure.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert ("u" in cloud.account.users()) is created


@pytest.mark.parametrize(
    ("fault", "status", "wait"),
    [
        (forbidden(7), 403, "7"),
        (forbidden(None), 403, None),
        (too_many_requests(9), 429, "9"),
        (server_error(502), 502, None),
    ],
)
def test_answers_as_github_words_its_errors(github: GitHubServer, fault: Fault, status: int, wait: str | None) -> None:
    with FaultyProxy(github.url, on("GET /repos/acme/*", fault)) as proxy:
        answer = get(proxy, "/repos/acme/ui")
    assert (answer.status_code, answer.headers.get("Retry-After")) == (status, wait)
    assert answer.json()["message"]


def test_faults_come_as_often_as_the_script_says(github: GitHubServer) -> None:
    script = first(on("GET /repos/*", server_error(500), times=2, skip=1), on("*", Fault(), about="other"))
    with FaultyProxy(github.url, script) as proxy:
        assert [get(proxy, "/repos/acme/ui").status_code for _ in range(4)] == [200, 500, 500, 200]


def test_delays_are_spent_with_the_given_sleep(github: GitHubServer) -> None:
    slept: list[float] = []
    with FaultyProxy(github.url, on("*", slow(30)), latency=0.05, sleep=slept.append) as proxy:
        assert get(proxy, "/repos/acme/ui").status_code == 200
    assert slept == [0.05, 30]


def test_a_held_call_goes_on_when_released(cloud: CloudServer) -> None:
    hold = Hold()
    with FaultyProxy(cloud.url, on("iam:CreateUser", holding(hold))) as proxy, ThreadPoolExecutor(1) as pool:
        iam = iam_through(proxy, cloud)
        waiting = pool.submit(iam.create_user, UserName="u")
        hold.wait_until_reached()
        assert "u" not in cloud.account.users()
        hold.release()
        assert waiting.result()["User"]["UserName"] == "u"


@pytest.mark.parametrize(("when", "created"), [("before", False), ("after", True)])
def test_a_held_call_is_lost_when_abandoned(cloud: CloudServer, when: Any, created: bool) -> None:
    hold = Hold()
    script = on("iam:CreateUser", holding(hold, when=when))
    with FaultyProxy(cloud.url, script) as proxy, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(iam_through(proxy, cloud).create_user, UserName="u")
        hold.wait_until_reached()
        hold.abandon()
        with pytest.raises(ConnectionClosedError):
            waiting.result()
    assert ("u" in cloud.account.users()) is created


def test_says_when_no_call_came_to_be_held() -> None:
    with pytest.raises(TimeoutError):
        Hold().wait_until_reached(timeout=0)


@pytest.mark.parametrize(("when", "created"), [("before", False), ("after", True)])
def test_a_process_can_be_killed_at_a_call(cloud: CloudServer, when: Any, created: bool) -> None:
    code = "import boto3, os; boto3.client('iam').create_user(UserName='u'); print('survived')"
    started = threading.Event()
    process: list[subprocess.Popen[str]] = []

    def kill(_: Seen) -> None:
        started.wait()
        os.kill(process[0].pid, signal.SIGKILL)
        process[0].wait()

    with FaultyProxy(cloud.url, on("iam:CreateUser", acting(kill, when=when))) as proxy:
        environment = {**os.environ, **cloud.environment(), "AWS_ENDPOINT_URL": proxy.url}
        command = [sys.executable, "-c", code]
        process.append(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True))
        started.set()
        output, _ = process[0].communicate(timeout=60)
    assert (process[0].returncode, output) == (-signal.SIGKILL, "")
    assert ("u" in cloud.account.users()) is created


def test_observers_look_after_every_effect_and_before_its_answer(cloud: CloudServer) -> None:
    states: list[bool] = []
    with FaultyProxy(cloud.url, on("iam:CreateUser", DROP_AFTER)) as proxy:
        proxy.observers.append(lambda passed: states.append("u" in cloud.account.users()))
        with pytest.raises(ConnectionClosedError):
            iam_through(proxy, cloud).create_user(UserName="u")
    assert states == [True]


def test_fifty_connections_are_served_side_by_side(github: GitHubServer) -> None:
    everybody = threading.Barrier(50, timeout=30)
    script = on("*", acting(lambda _: void(everybody.wait), drop=False))
    with FaultyProxy(github.url, script) as proxy, ThreadPoolExecutor(50) as pool:
        statuses = list(pool.map(lambda _: get(proxy, "/repos/acme/ui").status_code, range(50)))
    assert statuses == [200] * 50
    assert proxy.most_at_once == 50


def test_a_server_that_is_gone_is_a_dropped_connection() -> None:
    with GitHubServer() as gone:
        url = gone.url
    with FaultyProxy(url) as proxy, pytest.raises(requests.ConnectionError):
        get(proxy, "/")


def test_keeps_the_clients_connection_open(github: GitHubServer) -> None:
    with FaultyProxy(github.url) as proxy:
        connection = http.client.HTTPConnection(proxy.url.removeprefix("http://"))
        before = github.connections
        for _ in range(3):
            connection.request("GET", "/", headers={"Authorization": "token ghp_x"})
            assert connection.getresponse().read()
        assert connection.sock is not None
        assert github.connections == before + 1
        connection.close()


def void(call: Callable[[], Any]) -> None:
    call()
