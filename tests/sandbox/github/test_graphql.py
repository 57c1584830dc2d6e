"""GraphQL: repositories by pages, git objects, partial answers and GitHub's kinds of error."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from cellenics_ci.sandbox.github import GitHubState, Repository, Submodule, Symlink
from tests.sandbox.github.client import Client

PAGE = """
query($first: Int!, $after: String) {
  rateLimit { cost remaining limit used resetAt nodeCount }
  organization(login: "acme") {
    login databaseId
    repositories(first: $first, after: $after, orderBy: {field: NAME, direction: ASC}) {
      totalCount pageInfo { hasNextPage endCursor }
      nodes { name yaml: object(expression: "HEAD:.ci.yaml") { ... on Blob { text byteSize isTruncated isBinary } } }
    }
  }
}"""


def objects(client: Client, *expressions: str) -> list[Any]:
    fields = " ".join(
        f'o{at}: object(expression: "{text}") {{ __typename oid ... on Blob {{ text byteSize isTruncated isBinary }} '
        "... on Tree { entries { name path type mode oid object { __typename ... on Blob { text } } } } "
        "... on Commit { committedDate tree { oid } } }"
        for at, text in enumerate(expressions)
    )
    answer = client.graphql(f'{{ repository(owner: "acme", name: "ui") {{ {fields} }} }}')
    assert "errors" not in answer
    return list(answer["data"]["repository"].values())


def test_follows_pages_to_the_end(state: GitHubState, client: Client) -> None:
    for number in range(120):
        state.add_repository("acme", f"r{number:03}", {"x": b"x"})
    names: list[str] = []
    after, more = None, True
    while more:
        answer = client.graphql(PAGE, first=50, after=after)
        found = answer["data"]["organization"]["repositories"]
        assert found["totalCount"] == 121
        names += [node["name"] for node in found["nodes"]]
        after, more = found["pageInfo"]["endCursor"], found["pageInfo"]["hasNextPage"]
    assert names == sorted(one.name for one in state.repositories.values())
    assert answer["data"]["rateLimit"]["cost"] == 1
    assert answer["data"]["rateLimit"]["used"] == 3


def test_filters_forks_and_archived_repositories(state: GitHubState, client: Client) -> None:
    state.add_repository("acme", "old", archived=True)
    state.add_repository("acme", "fork", fork=True)

    def names(filters: str) -> list[str]:
        found = client.graphql(f'{{organization(login:"acme"){{repositories(first:9 {filters}){{nodes{{name}}}}}}}}')
        return [node["name"] for node in found["data"]["organization"]["repositories"]["nodes"]]

    assert names("") == ["ui", "old", "fork"]
    assert names("isArchived:false") == ["ui", "fork"]
    assert names("isFork:false isArchived:false") == ["ui"]


def test_tells_everything_about_a_repository(state: GitHubState, repository: Repository, client: Client) -> None:
    state.add_environment(repository, "prod/Köln")
    fields = (
        "id databaseId name nameWithOwner isArchived isFork isDisabled isEmpty isPrivate isLocked visibility url "
        "sshUrl viewerPermission pushedAt createdAt owner{login} defaultBranchRef{name target{oid ... on Commit"
        "{committedDate}}} environments(first:9){totalCount pageInfo{hasNextPage} nodes{name id databaseId}}"
    )
    found = client.graphql(f'{{repository(owner:"ACME",name:"UI"){{{fields}}}}}')["data"]["repository"]
    assert found["nameWithOwner"] == "acme/ui"
    assert found["sshUrl"] == "git@github.com:acme/ui.git"
    assert (found["visibility"], found["viewerPermission"], found["isEmpty"]) == ("PRIVATE", "ADMIN", False)
    assert found["defaultBranchRef"]["target"]["committedDate"] == "2027-01-15T08:00:00Z"
    assert found["environments"]["nodes"][0]["name"] == "prod/Köln"
    rest = client.get("/repos/acme/ui")
    assert (rest["id"], rest["node_id"]) == (found["databaseId"], found["id"])


def test_reads_blobs_as_github_tells_them(repository: Repository, client: Client) -> None:
    long = ("é" * 300_000).encode()
    repository.files |= {"bin": b"\0\1", "latin1": b"\xe9", "long": long, "link": Symlink("README.md")}
    text, binary, latin, cut, link, missing = objects(
        client, "HEAD:README.md", "HEAD:bin", "master:latin1", "HEAD:long", "HEAD:link", "HEAD:none"
    )
    assert (text["text"], text["isBinary"], text["isTruncated"]) == ("# ui\n", False, False)
    assert (binary["text"], binary["isBinary"], binary["byteSize"]) == (None, True, 2)
    assert (latin["text"], latin["isBinary"]) == (None, True)
    assert (cut["isTruncated"], cut["byteSize"], len(cut["text"])) == (True, 600_000, 256 * 1024)
    assert link["text"] == "README.md"
    assert missing is None


def test_reads_trees_with_their_blobs(repository: Repository, client: Client) -> None:
    repository.files |= {".github/workflows/ci.yaml": b"on: push", "sub": Submodule("https://example.invalid/x")}
    workflows, root, sub, commit = objects(client, "HEAD:.github/workflows", "HEAD:", "HEAD:sub", "HEAD")
    (entry,) = workflows["entries"]
    assert (entry["path"], entry["mode"], entry["object"]["text"]) == (
        ".github/workflows/ci.yaml",
        0o100644,
        "on: push",
    )
    kinds = {row["name"]: (row["type"], row["object"]) for row in root["entries"]}
    assert kinds["sub"] == ("commit", None)
    assert kinds[".github"][0] == "tree"
    assert sub is None
    assert commit["tree"]["oid"] == root["oid"]


def test_an_empty_repository_has_no_branch_and_no_objects(repository: Repository, client: Client) -> None:
    repository.files.clear()
    query = '{repository(owner:"acme",name:"ui"){isEmpty defaultBranchRef{name} object(expression:"HEAD:a"){oid}}}'
    assert client.graphql(query)["data"]["repository"] == {"isEmpty": True, "defaultBranchRef": None, "object": None}


def test_object_ids_are_those_of_git(tmp_path: Path, repository: Repository, client: Client) -> None:
    files = {"a/b.txt": b"b", "a.txt": b"a", "a-b": b"c"}
    repository.files = dict(files)

    def git(*arguments: str) -> str:
        environment = {"PATH": "/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(tmp_path)}
        run = subprocess.run(["git", *arguments], cwd=tmp_path, env=environment, capture_output=True, check=True)
        return run.stdout.decode().strip()

    git("init", "-q", ".")
    for path, data in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(data)
    git("add", *files)
    assert objects(client, "HEAD:")[0]["oid"] == git("write-tree")
    oid = objects(client, "HEAD:a.txt")[0]["oid"]
    found = client.graphql(f'{{repository(owner:"acme",name:"ui"){{object(oid:"{oid}"){{... on Blob{{text}}}}}}}}')
    assert found["data"]["repository"]["object"] == {"text": "a"}


def test_lists_deploy_keys_for_admins(repository: Repository, client: Client) -> None:
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINLQ0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS"
    client("POST", "/repos/acme/ui/keys", {"key": key, "title": "flux", "read_only": True})
    query = (
        '{repository(owner:"acme",name:"ui"){name deployKeys(first:9){totalCount nodes'
        "{id title key readOnly verified enabled createdAt}}}}"
    )
    (found,) = client.graphql(query)["data"]["repository"]["deployKeys"]["nodes"]
    assert (found["title"], found["key"], found["readOnly"]) == ("flux", key, True)
    repository.viewer_permission = "WRITE"
    refused = client.graphql(query)
    assert refused["data"] == {"repository": None}
    assert refused["errors"][0]["type"] == "FORBIDDEN"


@pytest.mark.parametrize("kind", ["FORBIDDEN", "SERVICE_UNAVAILABLE"])
def test_one_repository_can_fail_while_the_others_are_told(state: GitHubState, client: Client, kind: str) -> None:
    state.add_repository("acme", "broken", graphql_error=kind)
    answer = client.graphql(PAGE, first=10)
    nodes = answer["data"]["organization"]["repositories"]["nodes"]
    assert [node and node["name"] for node in nodes] == [None, "ui"]
    (error,) = answer["errors"]
    assert (error["type"], error["path"]) == (kind, ["organization", "repositories", "nodes", 0])
    assert error["locations"]


@pytest.mark.parametrize("login", ["nobody", "ada"])
def test_an_unknown_organisation_is_an_error_with_status_200(client: Client, login: str) -> None:
    answer = client.graphql("query($l:String!){organization(login:$l){login}}", l=login)
    assert answer["data"] == {"organization": None}
    (error,) = answer["errors"]
    assert (error["type"], error["path"]) == ("NOT_FOUND", ["organization"])


def test_tells_what_kind_of_owner_it_is(client: Client) -> None:
    owners = {"a": "acme", "b": "ada", "c": "x"}
    fields = (f'{name}: repositoryOwner(login: "{login}") {{ __typename }}' for name, login in owners.items())
    query = f"{{ {' '.join(fields)} }}"
    assert client.graphql(query) == {
        "data": {"a": {"__typename": "Organization"}, "b": {"__typename": "User"}, "c": None}
    }


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ("first:101", "EXCESSIVE_PAGINATION"),
        ("", "MISSING_PAGINATION_BOUNDARIES"),
        ("first:-1", "EXCESSIVE_PAGINATION"),
    ],
)
def test_refuses_pages_without_a_proper_size(client: Client, arguments: str, kind: str) -> None:
    given = f"({arguments})" if arguments else ""
    answer = client.graphql(f'{{organization(login:"acme"){{repositories{given}{{totalCount}}}}}}')
    assert answer["data"] == {"organization": None}
    assert answer["errors"][0]["type"] == kind


def test_refuses_a_cursor_that_is_none(client: Client) -> None:
    answer = client.graphql(PAGE, first=1, after="nonsense")
    assert answer["errors"][0]["type"] == "INVALID_CURSOR_ARGUMENTS"


@pytest.mark.parametrize("query", ["{", "{nothing}", "query($x: Int!) {viewer{login}}"])
def test_a_query_that_makes_no_sense_is_answered_with_errors_alone(client: Client, query: str) -> None:
    answer = client.graphql(query)
    assert answer["errors"]
    assert not answer.get("data")


def test_a_missing_query_is_a_bad_request(client: Client) -> None:
    assert client("POST", "/graphql", {"x": 1}).status_code == 400


def test_a_heavy_page_times_out(state: GitHubState, client: Client) -> None:
    state.heaviest_graphql_page = 40
    heavy = client("POST", "/graphql", {"query": PAGE, "variables": {"first": 50}})
    assert heavy.status_code == 502
    assert heavy.json()["data"] is None
    assert client("POST", "/graphql", {"query": PAGE, "variables": {"first": 20}}).status_code == 200


def test_counts_points_as_documented(state: GitHubState, client: Client) -> None:
    query = '{rateLimit{cost nodeCount} organization(login:"acme"){repositories(first:100){nodes{%s}}}}'
    nested = " ".join(f"a{at}: environments(first: 5) {{ totalCount }}" for at in range(3))
    assert client.graphql(query % nested)["data"]["rateLimit"] == {"cost": 3, "nodeCount": 1600}
    assert client.graphql(query % "name")["data"]["rateLimit"] == {"cost": 1, "nodeCount": 100}
