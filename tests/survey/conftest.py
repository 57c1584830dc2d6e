"""The embedded GitHub and moto behind the real clients, as a survey reads them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from moto.moto_api._internal.models import moto_api_backend
from moto.server import ThreadedMotoServer

from cellenics_ci.clients.aws.account import IamAccount
from cellenics_ci.clients.aws.keys import IamKeys
from cellenics_ci.clients.aws.patience import PatientIam
from cellenics_ci.clients.aws.session import AwsSession
from cellenics_ci.clients.aws.sts import caller
from cellenics_ci.clients.github.discovery import Discovery
from cellenics_ci.clients.github.org_secrets import OrganizationSecrets
from cellenics_ci.clients.github.secrets import RepositorySecrets
from cellenics_ci.clients.github.signin import sign_in
from cellenics_ci.clients.github.transport import Transport
from cellenics_ci.model.names import OrgName, Region
from cellenics_ci.model.secret import Secret
from cellenics_ci.sandbox.github import GitHubServer, GitHubState
from cellenics_ci.survey.ports import Readers

ACME = OrgName("acme")


@pytest.fixture
def state() -> GitHubState:
    state = GitHubState()
    state.add_account("acme", members={"ada": "admin"})
    state.add_token("ghp_admin", "ada", ["repo", "admin:org"])
    return state


@pytest.fixture
def server(state: GitHubState) -> Iterator[GitHubServer]:
    with GitHubServer(state) as server:
        yield server
        assert server.failures == []


@pytest.fixture
def transport(server: GitHubServer) -> Transport:
    return sign_in(Secret("ghp_admin"), ACME, base_url=server.url, wait=lambda _: None, wait_through=lambda _: None)


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
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOPERATOR00000000")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the-operators-own")
    return AwsSession(region=Region("us-east-1"), wait=lambda _: None)


@pytest.fixture
def readers(session: AwsSession, transport: Transport) -> Readers:
    return Readers(
        caller=partial(caller, session),
        account=IamAccount(session),
        keys=IamKeys(PatientIam(session)),
        repositories=Discovery(transport, ACME),
        secrets=RepositorySecrets(transport, ACME),
        organization_secrets=OrganizationSecrets(transport, ACME),
    )
