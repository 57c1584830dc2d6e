"""Signing in as a GitHub App, and that neither token nor key is ever seen."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from cellenics_ci.clients.github.auth import AppKey, InstallationToken
from cellenics_ci.clients.github.signin import sign_in
from cellenics_ci.errors import CallFailed, UsageProblem
from cellenics_ci.model.names import OrgName
from cellenics_ci.model.secret import Secret
from tests.clients.scripted import Answer, Asked, scripted

ACME = OrgName("acme")


@pytest.fixture(scope="module")
def app() -> AppKey:
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return AppKey("4711", Secret(pem.decode()))


@pytest.fixture
def debug_log() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    loggers = [logging.getLogger(name) for name in (None, "github", "github.Requester", "urllib3", "requests")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    loggers[0].addHandler(handler)
    yield stream
    loggers[0].removeHandler(handler)
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


def github(asked: Asked) -> Answer:
    if asked.path == "/orgs/acme/installation":
        return Answer(body={"id": 12})
    if asked.path == "/app/installations/12/access_tokens":
        ends = datetime.now(UTC) + timedelta(hours=1)
        return Answer(201, {"token": "ghs_canary", "expires_at": ends.strftime("%Y-%m-%dT%H:%M:%SZ")})
    return Answer(404) if asked.path.startswith("/orgs/") else Answer(body={"canary-in-the-answer": 1})


def test_an_app_speaks_for_its_installation_with_one_token(app: AppKey, debug_log: io.StringIO) -> None:
    with scripted(github) as server:
        transport = sign_in(app, ACME, base_url=server.url)
        for _ in range(2):
            transport.get("/x")
        transport.put("/y", {"value": "canary-in-the-body"})
    assert [asked.headers["authorization"].split()[0] for asked in server.asked[:2]] == ["Bearer", "Bearer"]
    assert [asked.headers["authorization"] for asked in server.asked[2:]] == ["token ghs_canary"] * 3
    assert "GET /x: 200" in debug_log.getvalue()
    assert "canary" not in debug_log.getvalue()


def test_an_app_that_is_not_installed_is_a_usage_problem(app: AppKey) -> None:
    with scripted(github) as server, pytest.raises(UsageProblem, match="not installed in other"):
        sign_in(app, OrgName("other"), base_url=server.url)


def test_a_key_that_is_none_is_a_usage_problem_without_the_key() -> None:
    with scripted(github) as server, pytest.raises(UsageProblem) as problem:
        sign_in(AppKey("1", Secret("canary")), ACME, base_url=server.url)
    assert "canary" not in repr(problem.value) + problem.value.remedy
    assert problem.value.__suppress_context__


def test_an_installations_token_is_fetched_again_before_it_ends() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    fetched: list[float] = []

    def fetch() -> tuple[Secret, str]:
        fetched.append(now)
        return Secret(str(len(fetched))), datetime.fromtimestamp(now + 3600, UTC).isoformat()

    token = InstallationToken(fetch, lambda: now)
    assert [token().reveal(), token().reveal()] == ["1", "1"]
    now += 3400
    assert token().reveal() == "2"


def test_an_app_that_is_refused_its_token_fails_as_a_call(app: AppKey) -> None:
    def refuse(asked: Asked) -> Answer:
        return github(asked) if asked.method == "GET" else Answer(422)

    with scripted(refuse) as server:
        transport = sign_in(app, ACME, base_url=server.url)
        with pytest.raises(CallFailed):
            transport.get("/x")
