"""Secrets and runs against the embedded GitHub, which really decrypts what it is given."""

from __future__ import annotations

import pytest

from cellenics_ci.clients.github.org_secrets import OrganizationSecrets
from cellenics_ci.clients.github.runs import RepositoryPipelines
from cellenics_ci.clients.github.secrets import RepositorySecrets
from cellenics_ci.clients.github.transport import Transport
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.github import SealedValue
from cellenics_ci.model.names import KEY_ID_SECRET, KEY_SECRET_SECRET, RepoName
from cellenics_ci.model.scopes import ACTIONS, DEPENDABOT, PairDates, Scope, environment_scope
from cellenics_ci.model.secret import Secret
from cellenics_ci.sandbox.github import GitHubServer, GitHubState, Repository
from cellenics_ci.sandbox.github.http import ConnectionDropped, Request, Response
from tests.clients.github.conftest import ACME, DECLARATION, transport_to

API = RepoName("api")
STAGING = environment_scope("staging/eu west")
PAIR = {KEY_ID_SECRET: Secret("AKIA-canary"), KEY_SECRET_SECRET: Secret("canary/ü+secret")}


@pytest.fixture
def api(state: GitHubState) -> Repository:
    repository = state.add_repository("acme", "api", {".ci.yaml": DECLARATION})
    state.add_environment(repository, STAGING.environment)
    return repository


@pytest.fixture
def secrets(transport: Transport, api: Repository) -> RepositorySecrets:
    return RepositorySecrets(transport, ACME)


def deliver(secrets: RepositorySecrets, scope: Scope) -> tuple[SealedValue, ...]:
    sealed = secrets.seal(API, scope, PAIR)
    secrets.reserve_writes(len(sealed))
    for value in sealed:
        secrets.write(API, value)
    return sealed


@pytest.mark.parametrize("scope", [ACTIONS, DEPENDABOT, STAGING], ids=str)
def test_a_pair_arrives_in_its_scope_and_its_dates_are_read(
    scope: Scope, secrets: RepositorySecrets, state: GitHubState, api: Repository
) -> None:
    assert secrets.pair_dates(API, [scope]) == {scope: PairDates()}
    deliver(secrets, scope)
    for name, value in PAIR.items():
        stored = state.secret(api, scope, name)
        assert stored is not None
        assert stored.value == value
    assert secrets.pair_dates(API, [scope])[scope].complete
    others = {ACTIONS, DEPENDABOT, STAGING} - {scope}
    assert all(pair.empty for pair in secrets.pair_dates(API, sorted(others)).values())


def test_a_rotation_of_one_scope_takes_few_requests(
    secrets: RepositorySecrets, transport: Transport, server: GitHubServer
) -> None:
    secrets.pair_dates(API, [ACTIONS, DEPENDABOT])
    secrets.pair_dates(API, [ACTIONS])
    RepositoryPipelines(transport, ACME).ci_file_id(API)
    deliver(secrets, ACTIONS)
    secrets.pair_dates(API, [ACTIONS])
    RepositoryPipelines(transport, ACME).older_runs(API, 0)
    assert len(server.requests) == 9


def test_the_public_key_is_fetched_once_a_scope(secrets: RepositorySecrets, server: GitHubServer) -> None:
    for _ in range(3):
        deliver(secrets, ACTIONS)
    assert sum(request.path.endswith("/public-key") for request in server.requests) == 1


def test_a_public_key_that_has_changed_is_invalid_and_fetched_anew(secrets: RepositorySecrets, api: Repository) -> None:
    (value, _) = secrets.seal(API, ACTIONS, PAIR)
    with pytest.raises(CallFailed) as failed:
        secrets.write(API, SealedValue(ACTIONS, value.name, value.encrypted_value, "1"))
    assert failed.value.kind is Failure.INVALID
    deliver(secrets, ACTIONS)


def test_an_environment_that_is_not_there_is_not_found(secrets: RepositorySecrets) -> None:
    with pytest.raises(CallFailed) as failed:
        secrets.pair_dates(API, [environment_scope("never")])
    assert failed.value.kind is Failure.NOT_FOUND


def test_a_full_repository_is_a_limit_before_anything_is_written(
    secrets: RepositorySecrets, state: GitHubState, api: Repository
) -> None:
    for number in range(99):
        state.put_secret(api, ACTIONS, f"S{number}", Secret("x"))
    secrets.pair_dates(API, [ACTIONS])
    with pytest.raises(CallFailed) as failed:
        secrets.seal(API, ACTIONS, PAIR)
    assert failed.value.kind is Failure.LIMIT


def test_a_full_repository_that_has_the_pair_takes_it(
    secrets: RepositorySecrets, state: GitHubState, api: Repository
) -> None:
    for name in [*PAIR, *(f"S{number}" for number in range(98))]:
        state.put_secret(api, ACTIONS, name, Secret("x"))
    assert secrets.pair_dates(API, [ACTIONS])[ACTIONS].complete
    deliver(secrets, ACTIONS)


def test_a_lost_answer_to_a_write_is_made_up_for(secrets: RepositorySecrets, state: GitHubState) -> None:
    def drop(request: Request, response: Response) -> Response | None:
        if request.method == "PUT":
            state.after_request.clear()
            raise ConnectionDropped
        return None

    state.after_request.append(drop)
    deliver(secrets, ACTIONS)
    assert secrets.pair_dates(API, [ACTIONS])[ACTIONS].complete


def test_a_secondary_limit_between_the_writes_is_waited_out(secrets: RepositorySecrets, state: GitHubState) -> None:
    state.limits.refuse(2, status=429, retry_after=1, matches=lambda request: KEY_SECRET_SECRET in request.path)
    deliver(secrets, ACTIONS)
    assert secrets.pair_dates(API, [ACTIONS])[ACTIONS].complete


def test_deleting_an_absent_secret_is_no_error(secrets: RepositorySecrets) -> None:
    deliver(secrets, ACTIONS)
    for _ in range(2):
        secrets.delete(API, ACTIONS, KEY_ID_SECRET)
    assert set(secrets.written_at(API, ACTIONS)) == {KEY_SECRET_SECRET}


def test_the_organisations_secrets_are_named_in_one_request(
    state: GitHubState, transport: Transport, api: Repository, server: GitHubServer
) -> None:
    state.add_organization_secret("acme", "OTHER", "x")
    assert OrganizationSecrets(transport, ACME).names() == frozenset({"OTHER"})
    assert len(server.requests) == 1


def test_an_organisation_secret_is_seen_by_the_repositories_that_it_is_for(
    state: GitHubState, transport: Transport, api: Repository
) -> None:
    state.add_repository("acme", "ui")
    state.add_organization_secret("acme", KEY_ID_SECRET, "x", visibility="selected", selected={"api"})
    organization = OrganizationSecrets(transport, ACME)
    assert organization.seen_by(API) == frozenset({KEY_ID_SECRET})
    assert organization.seen_by(RepoName("ui")) == frozenset()


def test_a_repository_tells_what_it_sees_where_the_organisation_refuses(
    state: GitHubState, server: GitHubServer, api: Repository
) -> None:
    state.add_token("ghp_member", "ada", ["repo"])
    state.add_organization_secret("acme", KEY_ID_SECRET, "x")
    organization = OrganizationSecrets(transport_to(server.url, "ghp_member"), ACME)
    assert organization.names() is None
    assert organization.seen_by(API) == frozenset({KEY_ID_SECRET})
    assert organization.seen_by(RepoName("no-such-repository")) is None


def test_unfinished_older_runs_and_the_last_end_come_in_one_request(
    state: GitHubState, transport: Transport, api: Repository, server: GitHubServer
) -> None:
    state.add_run(api, created_at=1000, updated_at=1500)
    state.add_run(api, created_at=1100, updated_at=1200)
    waiting = state.add_run(api, created_at=1200, status="waiting", conclusion=None)
    state.add_run(api, created_at=3000, status="in_progress", conclusion=None)
    runs = RepositoryPipelines(transport, ACME).older_runs(API, 2000)
    assert [(run.id, run.status, run.created_at) for run in runs.unfinished] == [(waiting.id, "waiting", 1200)]
    assert runs.last_end == 1500
    assert len(server.requests) == 1


def test_an_old_run_started_again_is_found_behind_a_hundred_newer_ones(
    state: GitHubState, transport: Transport, api: Repository
) -> None:
    again = state.add_run(api, created_at=1000, status="queued", conclusion=None, run_attempt=2)
    for number in range(150):
        state.add_run(api, created_at=2000 + number, updated_at=2000 + number)
    runs = RepositoryPipelines(transport, ACME).older_runs(API, 1500)
    assert [run.id for run in runs.unfinished] == [again.id]
    assert runs.last_end is None


def test_a_repository_without_runs_has_none(transport: Transport, api: Repository) -> None:
    runs = RepositoryPipelines(transport, ACME).older_runs(API, 1500)
    assert (runs.unfinished, runs.last_end) == ((), None)


def test_an_answer_without_what_it_should_have_is_unknown(
    state: GitHubState, secrets: RepositorySecrets, transport: Transport
) -> None:
    state.before_request.append(lambda request: Response(200, {"surprise": True}))
    for call in (
        lambda: secrets.pair_dates(API, [ACTIONS]),
        lambda: RepositoryPipelines(transport, ACME).older_runs(API, 0),
        lambda: OrganizationSecrets(transport, ACME).names(),
    ):
        with pytest.raises(CallFailed) as failed:
            call()
        assert failed.value.kind is Failure.UNKNOWN
