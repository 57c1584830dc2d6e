"""An embedded AWS whose clock stands still, and clients that know no machine's configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cellenics_ci.model.keys import KeyPair
from cellenics_ci.model.secret import Secret
from cellenics_ci.sandbox.aws import Clock, CloudServer
from tests.sandbox.aws.clients import client_of

NOON = 1_780_000_000.0
Connect = Callable[..., Any]


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON)


@pytest.fixture
def cloud(clock: Clock) -> Iterator[CloudServer]:
    with CloudServer(clock=clock) as server:
        yield server
        assert not server.failures


@pytest.fixture
def connect(cloud: CloudServer) -> Connect:
    """Make a client of a service with a pair, the administrator's unless told otherwise; it never retries."""

    def make(service: str, pair: KeyPair | None = None, secret: str | None = None, region: str = "us-east-1") -> Any:
        pair = pair or cloud.admin
        return client_of(cloud, service, KeyPair(pair.id, Secret(secret) if secret else pair.secret), region=region)

    return make


@pytest.fixture
def iam(connect: Connect) -> Any:
    return connect("iam")


@pytest.fixture
def refused() -> Callable[..., str]:
    """Make a call and return the code of the error that it ends in."""

    def code(call: Callable[..., Any], **arguments: Any) -> str:
        with pytest.raises(ClientError) as failure:
            call(**arguments)
        return str(failure.value.response["Error"]["Code"])

    return code
