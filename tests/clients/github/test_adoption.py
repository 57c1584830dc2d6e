"""What adopt-oidc reads and writes on GitHub: subjects, variables, what workflows may do."""

from __future__ import annotations

import pytest

from cellenics_ci.clients.github.subjects import TokenSubjects
from cellenics_ci.clients.github.transport import Transport
from cellenics_ci.clients.github.variables import RepositoryVariables
from cellenics_ci.clients.github.workflow_settings import WorkflowSettings
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.names import OrgName, RepoName
from cellenics_ci.model.oidc import Owner, SubjectSetting
from cellenics_ci.sandbox.github import GitHubServer, GitHubState, Variable
from cellenics_ci.sandbox.github.records import OidcSubject, Repository
from tests.clients.github.conftest import ACME, transport_to

API = RepoName("api")


@pytest.fixture
def api(state: GitHubState) -> Repository:
    return state.add_repository("acme", "api", {"README.md": b""})


@pytest.fixture
def reader(server: GitHubServer, state: GitHubState) -> Transport:
    """A transport of somebody who may read only, and sees nothing of the organisation."""
    state.add_token("ghp_reader", "bob", ["repo"])
    state.repositories["acme", "api"].collaborators["bob"] = "READ"
    return transport_to(server.url, "ghp_reader")


def test_the_organisation_is_named_as_it_is_spelt(transport: Transport, state: GitHubState) -> None:
    assert TokenSubjects(transport, OrgName("ACME")).owner() == Owner("acme", state.accounts["acme"].id)


def test_an_organisation_without_a_template_says_nothing(transport: Transport, state: GitHubState) -> None:
    subjects = TokenSubjects(transport, ACME)
    assert subjects.organization() == SubjectSetting()
    state.accounts["acme"].oidc = OidcSubject(("repo", "context", "actor"), immutable=True)
    assert subjects.organization() == SubjectSetting(("repo", "context", "actor"), True, use_default=False)


def test_a_repositorys_subjects_are_read(transport: Transport, api: Repository) -> None:
    subjects = TokenSubjects(transport, ACME)
    assert subjects.repository(API) == SubjectSetting(None, False, "repo:acme/api")
    api.oidc = OidcSubject(("repo",), immutable=True)
    prefix = f"repo:acme@{api.owner.id}/api@{api.id}"
    assert subjects.repository(API) == SubjectSetting(("repo",), True, prefix, use_default=False)


def test_what_may_not_be_asked_is_not_known(api: Repository, reader: Transport) -> None:
    assert TokenSubjects(reader, ACME).organization() is None
    assert TokenSubjects(reader, ACME).repository(RepoName("elsewhere")) is None
    assert WorkflowSettings(reader, ACME).token_default(API) is None


def test_tells_what_jobs_may_do_that_say_nothing(transport: Transport, api: Repository) -> None:
    assert WorkflowSettings(transport, ACME).token_default(API) == "read"
    api.token_default = "write"
    assert WorkflowSettings(transport, ACME).token_default(API) == "write"


def test_a_repositorys_own_variable_goes_before_the_organisations(
    transport: Transport, state: GitHubState, api: Repository
) -> None:
    def stored(name: str, value: str) -> Variable:
        return Variable(name, value, state.now(), state.now())

    api.owner.variables |= {"A": stored("A", "shared"), "B": stored("B", "shared")}
    api.variables |= {f"N{number}": stored(f"N{number}", "own") for number in range(40)} | {"B": stored("B", "own")}
    found = RepositoryVariables(transport, ACME).values(API)
    assert len(found) == 42
    assert (found["A"], found["B"]) == ("shared", "own")


def test_a_variable_is_created_once(transport: Transport, api: Repository) -> None:
    variables = RepositoryVariables(transport, ACME)
    variables.create(API, "AWS_ACCOUNT_ID", "123456789012")
    assert api.variables["AWS_ACCOUNT_ID"].value == "123456789012"
    with pytest.raises(CallFailed) as failed:
        variables.create(API, "AWS_ACCOUNT_ID", "9")
    assert failed.value.kind is Failure.EXISTS
    with pytest.raises(CallFailed) as refused:
        variables.create(API, "GITHUB_X", "9")
    assert refused.value.kind is Failure.INVALID
