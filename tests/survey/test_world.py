"""The survey of a small organisation, through the real clients."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from cellenics_ci.clients.aws.account import IamAccount
from cellenics_ci.clients.aws.session import AwsSession
from cellenics_ci.errors import CallFailed, Failure, UsageProblem
from cellenics_ci.model.keys import Caller
from cellenics_ci.model.names import KEY_ID_SECRET, KEY_SECRET_SECRET, RepoName, UserName
from cellenics_ci.model.scopes import ACTIONS, DEPENDABOT, PairDates, environment_scope
from cellenics_ci.model.secret import Secret
from cellenics_ci.model.tags import REPOSITORY_TAG
from cellenics_ci.sandbox.github import GitHubServer, GitHubState, Repository
from cellenics_ci.sandbox.github.http import Request, Response
from cellenics_ci.survey.aws import Unreadable, read_last_uses
from cellenics_ci.survey.github import Status
from cellenics_ci.survey.ports import Readers
from cellenics_ci.survey.selection import Selection
from cellenics_ci.survey.world import take_survey

DECLARATION = b"""
ci-policies:
  - PolicyName: get-ecr-auth-token
    PolicyDocument:
      Version: 2012-10-17
      Statement:
        - {Effect: Allow, Action: ["ecr:GetAuthorizationToken"], Resource: "*"}
"""
WORKFLOW = b"on: push\njobs:\n  a: ${{ secrets.AWS_ACCESS_KEY_ID }}\n"
API, UI = RepoName("api"), RepoName("ui")
ALL = Selection()


@pytest.fixture
def api(state: GitHubState) -> Repository:
    repository = state.add_repository("acme", "api", {".ci.yaml": DECLARATION, ".github/workflows/ci.yaml": WORKFLOW})
    state.add_environment(repository, "staging")
    return repository


def status_of(readers: Readers) -> dict[str, Status]:
    return {name: repo.status for name, repo in take_survey(readers, ALL).repositories.items()}


def test_every_repository_has_its_status(state: GitHubState, api: Repository, readers: Readers) -> None:
    state.add_repository("acme", "old", {".ci.yaml": DECLARATION}, archived=True)
    state.add_repository("acme", "copy", {".ci.yaml": DECLARATION}, fork=True)
    state.add_repository("acme", "void")
    state.add_repository("acme", "plain", {"README": b""})
    state.add_repository("acme", "flutter", {".ci.yaml": b"targets: []\n"})
    state.add_repository("acme", "broken", {".ci.yaml": b"ci-policies: {}\n"})
    state.add_repository("acme", "twice", {".ci.yaml": DECLARATION, ".ci.yml": DECLARATION})
    state.add_repository("acme", "folder", {".ci.yaml/x": b""})
    assert status_of(readers) == {
        "api": Status.DECLARES,
        "old": Status.ARCHIVED,
        "copy": Status.FORK,
        "void": Status.EMPTY,
        "plain": Status.NOT_OURS,
        "flutter": Status.NOT_OURS,
        "broken": Status.INVALID,
        "twice": Status.INVALID,
        "folder": Status.INVALID,
    }


def test_a_declaring_repository_is_known_whole(
    state: GitHubState, api: Repository, readers: Readers, session: AwsSession
) -> None:
    state.put_secret(api, ACTIONS, KEY_ID_SECRET, Secret("x"))
    state.put_secret(api, environment_scope("staging"), KEY_SECRET_SECRET, Secret("x"))
    session.iam.create_user(UserName="ci-user-api", Path="/ci-users/api/")
    session.iam.create_user(UserName="ci-user-gone", Path="/ci-users/gone/")
    key = session.iam.create_access_key(UserName="ci-user-api")["AccessKey"]["AccessKeyId"]
    survey = take_survey(readers, ALL)
    (repo,) = survey.declaring()
    assert repo.declaration is not None
    assert repo.ci_file_id is not None
    assert repo.workflows.reads_pair is True
    assert repo.environments == ("staging",)
    dates = survey.secrets[API]
    assert set(dates) == {ACTIONS, DEPENDABOT, environment_scope("staging")}
    assert dates[DEPENDABOT] == PairDates()
    actions = dates[ACTIONS]
    assert isinstance(actions, PairDates)
    assert actions.key_id_at is not None
    keys = survey.keys[UserName("ci-user-api")]
    assert not isinstance(keys, Unreadable)
    assert [found.id for found in keys] == [key]
    assert set(survey.users) == {"ci-user-api", "ci-user-gone"}
    assert set(survey.keys) == {"ci-user-api"}
    assert survey.caller.account == "123456789012"
    assert (survey.user_policy_quota, survey.old_stack, survey.users_whole) == (2048, False, True)
    assert read_last_uses(readers.keys, [found.id for found in keys]) == {key: None}


def test_all_keys_are_read_when_asked_for(api: Repository, readers: Readers, session: AwsSession) -> None:
    session.iam.create_user(UserName="ci-user-gone", Path="/ci-users/gone/")
    assert set(take_survey(readers, ALL, all_keys=True).keys) == {"ci-user-gone"}


def test_only_selected_repositories_cost_requests(
    state: GitHubState, api: Repository, readers: Readers, server: GitHubServer
) -> None:
    state.add_repository("acme", "ui", {".ci.yaml": DECLARATION})
    survey = take_survey(readers, Selection(("ui",)))
    assert survey.selected == (UI,)
    assert [repo.name for repo in survey.declaring()] == [UI]
    assert not any("/api/" in request.path for request in server.requests)


def test_an_unknown_repository_is_a_usage_problem(api: Repository, readers: Readers) -> None:
    with pytest.raises(UsageProblem) as problem:
        take_survey(readers, Selection(("apj",)))
    assert problem.value.remedy == "Did you mean api?"


def test_a_scope_that_can_not_be_read_is_there_with_its_reason(
    state: GitHubState, api: Repository, readers: Readers
) -> None:
    def refuse(request: Request) -> Response | None:
        return Response(403, {"message": "no"}) if "/dependabot/" in request.path else None

    state.before_request.append(refuse)
    dates = take_survey(readers, ALL).secrets[API]
    assert isinstance(dates[DEPENDABOT], Unreadable)
    assert dates[ACTIONS] == PairDates()


def test_environments_that_may_not_be_listed_are_unknown_with_the_reason(
    state: GitHubState, api: Repository, readers: Readers
) -> None:
    def forbid(request: Request) -> Response | None:
        if request.path.endswith("/environments"):
            return Response(403, {"message": "Resource not accessible by personal access token"})
        if request.path.endswith("/graphql") and b"environments" in request.body:
            return Response(200, {"errors": [{"message": "Field 'environments' doesn't exist on type 'Repository'"}]})
        return None

    state.before_request.append(forbid)
    found = take_survey(readers, ALL).repositories[API]
    assert (found.status, found.environments) == (Status.DECLARES, None)
    assert "/repos/acme/api/environments: 403" in found.unlisted


def test_what_a_page_left_out_is_read_however_many_others_nothing_is_known_of(
    state: GitHubState, api: Repository, readers: Readers
) -> None:
    for number in range(61):
        state.add_repository("acme", f"sick{number:02}", {".ci.yaml": DECLARATION}, graphql_error="timeout")

    def lean(request: Request) -> Response | None:
        page = b"query Repositories" in request.body and b"isDisabled" in request.body
        return Response(200, {"errors": [{"message": "Field 'isDisabled' doesn't exist"}]}) if page else None

    state.before_request.append(lean)
    survey = take_survey(readers, ALL)
    assert survey.repositories[API].environments == ("staging",)
    assert survey.repositories[RepoName("sick00")].status is Status.UNKNOWN


def test_a_declared_environment_is_read_whether_it_is_there_or_not(state: GitHubState, readers: Readers) -> None:
    state.add_repository("acme", "api", {".ci.yaml": DECLARATION + b"ci-secrets: {environments: [prod]}\n"})
    survey = take_survey(readers, ALL)
    assert survey.repositories[API].status is Status.DECLARES
    assert isinstance(survey.secrets[API][environment_scope("prod")], Unreadable)


def test_a_repository_that_graphql_can_not_show_is_read_by_rest(state: GitHubState, readers: Readers) -> None:
    state.add_repository("acme", "api", {".ci.yaml": DECLARATION}, graphql_error="timeout")
    survey = take_survey(readers, ALL)
    assert survey.repositories[API].status is Status.DECLARES
    assert set(survey.secrets[API]) == {ACTIONS, DEPENDABOT}


def test_a_repository_that_nothing_can_show_is_unknown_with_its_reason(state: GitHubState, readers: Readers) -> None:
    state.add_repository("acme", "api", {".ci.yaml": DECLARATION}, graphql_error="timeout")
    state.add_repository("acme", "ui", {".ci.yaml": DECLARATION})

    def refuse(request: Request) -> Response | None:
        return Response(500, {}) if "/repos/acme/api" in request.path else None

    state.before_request.append(refuse)
    survey = take_survey(readers, ALL)
    assert survey.repositories[API].status is Status.UNKNOWN
    assert survey.repositories[API].reason
    assert [repo.name for repo in survey.declaring()] == [UI]


def test_workflows_that_pages_left_out_are_read_for_declaring_repositories(
    state: GitHubState, api: Repository, readers: Readers
) -> None:
    def refuse(request: Request) -> Response | None:
        too_big = request.path.endswith("/graphql") and b"query Repositories" in request.body
        return Response(502, {}) if too_big and b"workflows" in request.body else None

    state.before_request.append(refuse)
    assert take_survey(readers, ALL).repositories[API].workflows.reads_pair is True


@pytest.mark.parametrize(
    ("denied", "whole"), [(("ci_users",), True), (("ci_users", "user_names"), False)], ids=["list", "by name"]
)
def test_users_are_read_one_by_one_where_the_account_may_not_be_read(
    denied: tuple[str, ...], whole: bool, api: Repository, readers: Readers, session: AwsSession
) -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    for name in ("api", "gone"):
        session.iam.create_user(UserName=f"ci-user-{name}", Path="/ci-users/")
        session.iam.put_user_policy(UserName=f"ci-user-{name}", PolicyName="p", PolicyDocument=json.dumps(policy))
    survey = take_survey(replace(readers, account=_denying(session, denied)), ALL)
    assert survey.users[UserName("ci-user-api")].policies == {"p": policy}
    assert survey.users_whole is whole
    assert (UserName("ci-user-gone") in survey.users) is whole
    assert survey.notes


def _denying(session: AwsSession, denied: tuple[str, ...]) -> IamAccount:
    def refuse() -> object:
        raise CallFailed(Failure.DENIED, "no")

    account = IamAccount(session)
    for name in denied:
        setattr(account, name, refuse)
    return account


def test_without_a_sign_in_there_is_no_survey(api: Repository, readers: Readers) -> None:
    def nobody() -> Caller:
        raise CallFailed(Failure.UNAUTHENTICATED, "nobody")

    with pytest.raises(CallFailed, match="nobody"):
        take_survey(replace(readers, caller=nobody), ALL)


def test_progress_is_told(api: Repository, readers: Readers) -> None:
    told: list[tuple[str, int]] = []
    take_survey(readers, ALL, progress=lambda what, count: told.append((what, count)))
    assert ("repositories", 1) in told
    assert told[-1] == ("secrets", 3)


def test_what_repositories_see_of_the_organisations_secrets_is_asked_only_where_it_may_matter(
    state: GitHubState, api: Repository, readers: Readers, server: GitHubServer
) -> None:
    state.add_organization_secret("acme", "OTHER", "x")
    assert take_survey(readers, Selection()).organization_secrets == {RepoName("api"): frozenset()}
    assert not [each for each in server.requests if each.path.endswith("/organization-secrets")]
    state.add_organization_secret("acme", "AWS_ACCESS_KEY_ID", "x")
    assert take_survey(readers, Selection()).organization_secrets == {RepoName("api"): frozenset({"AWS_ACCESS_KEY_ID"})}


def test_what_a_repository_does_not_tell_of_the_organisations_secrets_is_missing_and_noted(
    state: GitHubState, api: Repository, readers: Readers
) -> None:
    state.before_request.append(
        lambda request: (
            Response(500, {})
            if request.path.endswith(("/orgs/acme/actions/secrets", "/organization-secrets"))
            else None
        )
    )
    survey = take_survey(readers, Selection())
    assert survey.organization_secrets == {}
    assert [note for note in survey.notes if note.startswith("The organisation's secrets could not be read")]


def _user(session: AwsSession, name: str, owner: str = "") -> None:
    tags = [{"Key": REPOSITORY_TAG, "Value": owner}] if owner else []
    session.iam.create_user(UserName=name, Path=f"/ci-users/{name}/", Tags=tags)  # type: ignore[arg-type]
    session.iam.create_access_key(UserName=name)


def test_by_user_reads_what_repositories_of_users_hold_whatever_they_declare(
    state: GitHubState, api: Repository, readers: Readers, session: AwsSession
) -> None:
    plain = state.add_repository("acme", "plain", {"README": b""})
    state.put_secret(plain, ACTIONS, KEY_ID_SECRET, Secret("AKIA"))
    renamed = state.add_repository("acme", "renamed", {"README": b""})
    state.add_repository("acme", "lonely", {".ci.yaml": DECLARATION})
    _user(session, "ci-user-plain")
    _user(session, "ci-user-before", f"acme/before@{renamed.id}")
    _user(session, "ci-user-gone")
    taken = take_survey(readers, ALL, by_user=True)
    assert set(taken.secrets) == {"plain", "renamed"}
    own = taken.secrets[RepoName("plain")][ACTIONS]
    assert isinstance(own, PairDates)
    assert own.key_id_at is not None
    assert set(taken.keys) == {"ci-user-plain", "ci-user-before", "ci-user-gone"}


def test_by_user_takes_the_name_of_a_repository_that_is_no_more(readers: Readers, session: AwsSession) -> None:
    _user(session, "ci-user-gone")
    with pytest.raises(UsageProblem, match="gone"):
        take_survey(readers, Selection(("gone",)))
    assert "ci-user-gone" in take_survey(readers, Selection(("gone",)), by_user=True).users
    with pytest.raises(UsageProblem, match="There is no repository other"):
        take_survey(readers, Selection(("other",)), by_user=True)


def test_by_user_a_declared_environment_that_is_not_there_holds_nothing(
    state: GitHubState, readers: Readers, session: AwsSession
) -> None:
    declared = DECLARATION + b"ci-secrets: {environments: [never-made]}\n"
    state.add_repository("acme", "api", {".ci.yaml": declared})
    _user(session, "ci-user-api")
    taken = take_survey(readers, ALL, by_user=True)
    assert taken.secrets[API][environment_scope("never-made")] == PairDates()
