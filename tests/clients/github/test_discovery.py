"""Discovery against the embedded GitHub: pages, partial answers, servers that can't, organisations that aren't."""

from __future__ import annotations

import pytest

from cellenics_ci.clients.github.discovery import Discovery
from cellenics_ci.clients.github.transport import Transport
from cellenics_ci.errors import CallFailed, Failure, UsageProblem
from cellenics_ci.model.names import OrgName, RepoName
from cellenics_ci.model.repositories import Repository, ci_file_id
from cellenics_ci.sandbox.github import GitHubServer, GitHubState, Submodule
from cellenics_ci.sandbox.github.http import Request, Response
from tests.clients.github.conftest import ACME, DECLARATION, transport_to

WORKFLOW = b"on: push\njobs: {}\n"


def found_by(transport: Transport) -> dict[str, Repository]:
    return {repo.name: repo for repo in Discovery(transport, ACME).repositories()}


def refuse_graphql(state: GitHubState, status: int, *, body: object = None, containing: str = "") -> None:
    def refuse(request: Request) -> Response | None:
        if request.path.endswith("/graphql") and containing.encode() in request.body:
            return Response(status, body if body is not None else {"message": "no"})
        return None

    state.before_request.append(refuse)


def test_a_repository_is_read_whole_in_one_request(
    state: GitHubState, transport: Transport, server: GitHubServer
) -> None:
    files = {".ci.yaml": DECLARATION, ".github/workflows/ci.yaml": WORKFLOW, ".github/workflows/README.md": b"no"}
    api = state.add_repository("acme", "api", files)
    state.add_environment(api, "staging/eu")
    found = found_by(transport)["api"]
    assert found.ci_files is not None
    assert [(file.name, file.text, file.kind) for file in found.ci_files] == [(".ci.yaml", "ci-policies: []\n", "file")]
    assert found.workflows is not None
    assert [(file.name, file.text) for file in found.workflows] == [("ci.yaml", WORKFLOW.decode())]
    assert found.environments == ("staging/eu",)
    assert (found.id, found.permission, found.default_branch) == (api.id, "ADMIN", "master")
    assert len(server.requests) == 1


ACTIONS = {
    ".github/actions/login/action.yml": b"runs: {using: composite, steps: []}\n",
    ".github/actions/login/dist/index.js": b"1",
    ".github/actions/build/action.yaml": b"runs: {using: docker}\n",
    ".github/actions/README.md": b"no",
    ".github/actions/other/README.md": b"no",
}
ACTION_PATHS = [".github/actions/build/action.yaml", ".github/actions/login/action.yml"]


def test_local_actions_come_with_the_workflows(state: GitHubState, transport: Transport, server: GitHubServer) -> None:
    state.add_repository("acme", "api", {".ci.yaml": DECLARATION, ".github/workflows/a.yml": WORKFLOW} | ACTIONS)
    found = found_by(transport)["api"].workflows or ()
    assert [file.path for file in found] == [".github/workflows/a.yml", *ACTION_PATHS]
    assert [file.text for file in found[1:]] == [ACTIONS[path].decode() for path in ACTION_PATHS]
    assert len(server.requests) == 1


def test_local_actions_come_by_rest_too(state: GitHubState, transport: Transport) -> None:
    state.add_repository("acme", "api", ACTIONS)
    refuse_graphql(state, 502)
    (found,) = Discovery(transport, ACME).details([RepoName("api")])
    assert [file.path for file in found.workflows or ()] == ACTION_PATHS
    assert [file.text for file in found.workflows or ()] == [ACTIONS[path].decode() for path in ACTION_PATHS]


def test_every_kind_of_repository_is_told(state: GitHubState, transport: Transport) -> None:
    state.add_repository("acme", "old", {"a": b"1"}, archived=True)
    state.add_repository("acme", "copy", {"a": b"1"}, fork=True)
    state.add_repository("acme", "void")
    state.add_repository("acme", "folder", {".ci.yaml/x": b"1"})
    state.add_repository("acme", "mounted", {".ci.yml": Submodule("https://example.org/x")})
    state.add_repository("acme", "bits", {".ci.yaml": b"\0\1\2"})
    state.add_repository("acme", "both", {".ci.yaml": b"a", ".ci.yml": b"b"})
    found = found_by(transport)
    assert found["old"].archived
    assert found["copy"].fork
    assert found["void"].empty
    kinds = {name: [file.kind for file in repo.ci_files or ()] for name, repo in found.items()}
    assert (kinds["folder"], kinds["mounted"], kinds["both"]) == (["directory"], ["submodule"], ["file", "file"])
    assert found["bits"].ci_files is not None
    assert found["bits"].ci_files[0].is_binary


def test_pages_are_followed_to_the_end(state: GitHubState, transport: Transport, server: GitHubServer) -> None:
    for number in range(250):
        state.add_repository("acme", f"r{number:03}", {".ci.yaml": DECLARATION})
    assert len(found_by(transport)) == 250
    assert len(server.requests) == 3


def test_a_node_that_failed_is_known_by_name_with_its_reason(state: GitHubState, transport: Transport) -> None:
    state.add_repository("acme", "good", {".ci.yaml": DECLARATION})
    state.add_repository("acme", "sick", {".ci.yaml": DECLARATION}, graphql_error="Something went wrong")
    found = found_by(transport)
    assert set(found) == {"good", "sick"}
    assert found["good"].ci_files
    assert found["sick"].ci_files is None
    assert found["sick"].unreadable


def test_a_page_that_is_too_heavy_is_asked_for_with_less(
    state: GitHubState, transport: Transport, server: GitHubServer
) -> None:
    files = {".ci.yaml": DECLARATION} | {f".github/workflows/{number}.yaml": WORKFLOW for number in range(5)}
    for number in range(30):
        state.add_repository("acme", f"r{number:03}", files)
    refuse_graphql(state, 502, containing=".github/workflows")
    found = found_by(transport)
    assert len(found) == 30
    assert all(repo.ci_files for repo in found.values())
    assert all(repo.workflows is None for repo in found.values())


def test_when_graphql_never_answers_rest_does(state: GitHubState, transport: Transport) -> None:
    state.add_repository("acme", "api", {".ci.yaml": DECLARATION})
    state.add_repository("acme", "void")
    state.add_repository("acme", "other", {"README": b"x"})
    state.add_repository("acme", "mounted", {".ci.yml": Submodule("https://example.org/x")})
    refuse_graphql(state, 502)
    found = found_by(transport)
    assert set(found) == {"api", "void", "other", "mounted"}
    assert found["api"].ci_files is not None
    assert found["api"].ci_files[0].text == DECLARATION.decode()
    assert found["void"].empty
    assert found["other"].ci_files == ()
    assert [file.kind for file in found["mounted"].ci_files or ()] == ["submodule"]


@pytest.mark.parametrize("status", [400, 404, 405, 406, 410, 415, 422, 501])
def test_a_server_without_graphql_is_read_by_rest(status: int, state: GitHubState, transport: Transport) -> None:
    state.add_repository("acme", "api", {".ci.yaml": DECLARATION})
    refuse_graphql(state, status)
    discovery = Discovery(transport, ACME)
    found = found_by(transport)["api"]
    assert found.ci_files
    assert [repo.ci_files for repo in discovery.details([RepoName("api")])] == [found.ci_files]
    assert discovery.ci_file_ids([RepoName("api")]) == {"api": ci_file_id(found.ci_files)}
    assert discovery.repository(RepoName("api")) is not None


def test_a_server_that_lacks_a_field_is_asked_for_less(state: GitHubState, transport: Transport) -> None:
    state.add_repository("acme", "api", {".ci.yaml": DECLARATION})
    unknown = {"errors": [{"message": "Field 'environments' doesn't exist on type 'Repository'"}]}
    refuse_graphql(state, 200, body=unknown, containing="environments")
    found = found_by(transport)["api"]
    assert found.ci_files
    assert found.environments is None
    assert found.workflows is None


def test_details_bring_what_pages_left_out(state: GitHubState, transport: Transport, server: GitHubServer) -> None:
    api = state.add_repository("acme", "api", {".ci.yaml": DECLARATION, ".github/workflows/a.yml": WORKFLOW})
    state.add_environment(api, "staging")
    state.add_repository("acme", "bare", {".ci.yaml": DECLARATION})
    names = [RepoName("api"), RepoName("bare")]
    api_found, bare_found = Discovery(transport, ACME).details(names)
    assert [file.name for file in api_found.workflows or ()] == ["a.yml"]
    assert api_found.environments == ("staging",)
    assert (bare_found.workflows, bare_found.environments) == ((), ())
    assert len(server.requests) == 1


@pytest.fixture
def without_the_right(state: GitHubState, server: GitHubServer) -> Transport:
    """A fine-grained token that may not list environments (it lacks Actions: read)."""
    state.add_token("github_pat_x", "ada", kind="fine-grained", permissions={"contents": "read", "secrets": "write"})
    return transport_to(server.url, "github_pat_x")


def test_a_token_that_may_not_list_environments_reads_all_else(
    state: GitHubState, server: GitHubServer, without_the_right: Transport
) -> None:
    for number in range(110):
        state.add_repository("acme", f"r{number:03}", {".ci.yaml": DECLARATION, ".github/workflows/a.yml": WORKFLOW})
    found = found_by(without_the_right)
    assert len(found) == 110
    assert all(repo.ci_files and repo.workflows and repo.permission == "ADMIN" for repo in found.values())
    assert {repo.environments for repo in found.values()} == {None}
    assert len(server.requests) == 3


def test_details_say_why_environments_can_not_be_listed(
    state: GitHubState, server: GitHubServer, without_the_right: Transport
) -> None:
    for name in ("api", "ui"):
        state.add_repository("acme", name, {".ci.yaml": DECLARATION, ".github/workflows/a.yml": WORKFLOW})
    for found in Discovery(without_the_right, ACME).details([RepoName("api"), RepoName("ui")]):
        assert found.ci_files
        assert found.environments is None
        assert [file.name for file in found.workflows or ()] == ["a.yml"]
        assert f"/repos/acme/{found.name}/environments: 403" in found.unreadable
    assert len(server.requests) == 4


@pytest.mark.parametrize("by_graphql", [True, False])
def test_a_server_that_knows_no_environments_has_none(
    by_graphql: bool, state: GitHubState, transport: Transport
) -> None:
    state.add_repository("acme", "api", {".ci.yaml": DECLARATION})
    node = {"name": "api", "databaseId": 1, "yaml": None, "yml": None, "workflows": None, "actions": None}
    body = {"data": {"r0": node | {"environments": None}}}
    refuse_graphql(state, 200 if by_graphql else 404, body=body)

    def refuse(request: Request) -> Response | None:
        return Response(404, {}) if request.path.endswith("/environments") else None

    state.before_request.append(refuse)
    (found,) = Discovery(transport, ACME).details([RepoName("api")])
    assert (found.environments, found.unreadable) == ((), "")


@pytest.mark.parametrize("told", [None, {"totalCount": 1, "nodes": [None]}, {"totalCount": 1, "nodes": []}])
def test_environments_that_graphql_does_not_tell_are_asked_for_by_rest(
    told: object, state: GitHubState, transport: Transport, server: GitHubServer
) -> None:
    state.add_environment(state.add_repository("acme", "api", {".ci.yaml": DECLARATION}), "staging")
    node = {"name": "api", "databaseId": 1, "yaml": None, "yml": None, "workflows": None, "actions": None}
    refuse_graphql(state, 200, body={"data": {"r0": node | {"environments": told}}})
    (found,) = Discovery(transport, ACME).details([RepoName("api")])
    assert found.environments == ("staging",)
    assert len(server.requests) == 2


def test_details_fall_back_to_rest(state: GitHubState, transport: Transport) -> None:
    api = state.add_repository("acme", "api", {".ci.yaml": DECLARATION, ".github/workflows/a.yml": WORKFLOW})
    state.add_environment(api, "staging")
    refuse_graphql(state, 502)
    (found,) = Discovery(transport, ACME).details([RepoName("api")])
    assert [(file.name, file.text) for file in found.workflows or ()] == [("a.yml", WORKFLOW.decode())]
    assert found.environments == ("staging",)


def test_details_of_a_repository_that_is_gone_say_so(state: GitHubState, transport: Transport) -> None:
    (found,) = Discovery(transport, ACME).details([RepoName("gone")])
    assert (found.ci_files, found.environments) == (None, None)
    assert found.unreadable


def test_ci_file_ids_of_many_repositories_come_in_one_request(
    state: GitHubState, transport: Transport, server: GitHubServer
) -> None:
    names = [RepoName(f"r{number}") for number in range(50)]
    for name in names:
        state.add_repository("acme", name, {".ci.yaml": name.encode()} if name != "r7" else {"x": b""})
    ids = Discovery(transport, ACME).ci_file_ids(names)
    assert len(server.requests) == 1
    assert ids[RepoName("r7")] is None
    known = found_by(transport)
    assert all(ids[name] == ci_file_id(known[name].ci_files or ()) for name in names)
    assert len(set(ids.values())) == 50


def test_ci_file_ids_are_the_same_by_rest(state: GitHubState, transport: Transport) -> None:
    state.add_repository("acme", "api", {".ci.yaml": b"a", ".ci.yml": b"b"})
    by_graphql = Discovery(transport, ACME).ci_file_ids([RepoName("api")])
    refuse_graphql(state, 502)
    assert Discovery(transport, ACME).ci_file_ids([RepoName("api")]) == by_graphql


def test_the_ci_file_id_of_a_repository_that_is_gone_is_not_found(transport: Transport) -> None:
    with pytest.raises(CallFailed) as failed:
        Discovery(transport, ACME).ci_file_ids([RepoName("gone")])
    assert failed.value.kind is Failure.NOT_FOUND


def test_an_organisation_that_is_not_there_is_a_usage_problem(transport: Transport) -> None:
    with pytest.raises(UsageProblem, match="no organisation nowhere"):
        list(Discovery(transport, OrgName("nowhere")).repositories())


def test_a_person_is_not_an_organisation(transport: Transport) -> None:
    with pytest.raises(UsageProblem, match="person"):
        list(Discovery(transport, OrgName("ada")).repositories())


def test_a_wrong_token_is_unauthenticated(server: GitHubServer) -> None:
    with pytest.raises(CallFailed) as failed:
        list(Discovery(transport_to(server.url, "wrong"), ACME).repositories())
    assert failed.value.kind is Failure.UNAUTHENTICATED


def test_the_form_of_an_enterprise_server_works_alike(state: GitHubState, server: GitHubServer) -> None:
    state.add_repository("acme", "api", {".ci.yaml": DECLARATION})
    assert found_by(transport_to(f"{server.url}/api/v3"))["api"].ci_files
