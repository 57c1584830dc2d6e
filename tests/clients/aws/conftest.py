"""A moto server of its own for each test session, emptied before each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto.moto_api._internal.models import moto_api_backend
from moto.server import ThreadedMotoServer

from cellenics_ci.clients.aws.session import AwsSession
from cellenics_ci.model.names import Region


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def session(moto_url: str, monkeypatch: pytest.MonkeyPatch) -> AwsSession:
    moto_api_backend.reset()
    return session_at(moto_url, monkeypatch)


def session_at(url: str, monkeypatch: pytest.MonkeyPatch) -> AwsSession:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOPERATOR00000000")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the-operators-own")
    return AwsSession(region=Region("us-east-1"), wait=lambda _: None)
