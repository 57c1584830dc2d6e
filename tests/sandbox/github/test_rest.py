"""Lists, contents, runs, variables, deploy keys, OIDC and the API's own pages."""

from __future__ import annotations

import base64
import hashlib

import pytest

from cellenics_ci.sandbox.github import GitHubServer, GitHubState, OidcSubject, Repository, Submodule, Symlink
from tests.sandbox.github.client import Client, Clock

KEYS = "/repos/acme/ui/keys"
CONTENTS = "/repos/acme/ui/contents"


def public_key(seed: int, comment: str = "flux") -> str:
    kind = b"ssh-ed25519"
    parts = b"".join(len(part).to_bytes(4, "big") + part for part in (kind, bytes([seed]) * 32))
    return f"ssh-ed25519 {base64.b64encode(parts).decode()} {comment}".strip()


# Pages


def test_links_lead_through_every_page(state: GitHubState, client: Client) -> None:
    for number in range(24):
        state.add_repository("acme", f"r{number}")
    answer, names, seen = client("GET", "/orgs/acme/repos?per_page=10&sort=full_name"), [], []
    while True:
        names += [found["name"] for found in answer.json()]
        seen.append(sorted(answer.links))
        if "next" not in answer.links:
            break
        answer = client("GET", answer.links["next"]["url"].removeprefix(client.server.url))
    assert names == sorted([f"r{number}" for number in range(24)] + ["ui"])
    assert seen == [["last", "next"], ["first", "last", "next", "prev"], ["first", "prev"]]


def test_pages_hold_thirty_unless_told_otherwise_and_a_hundred_at_most(state: GitHubState, client: Client) -> None:
    for number in range(110):
        state.add_repository("acme", f"r{number}")
    sizes = [len(client.get(f"/orgs/acme/repos{query}")) for query in ("", "?per_page=500", "?per_page=100&page=2")]
    assert sizes == [30, 100, 11]
    assert client.get("/orgs/acme/repos?page=99") == []


def test_one_page_has_no_links(client: Client) -> None:
    assert "Link" not in client("GET", "/orgs/acme/repos").headers


# Contents


def test_reads_a_file_with_gits_own_id(client: Client) -> None:
    found = client.get(f"{CONTENTS}/.ci.yaml")
    data = base64.b64decode(found["content"])
    assert data == b"ci-policies: []\n"
    assert found["sha"] == hashlib.sha1(b"blob %d\0%s" % (len(data), data)).hexdigest()


def test_reads_raw_and_object_media_types(client: Client) -> None:
    raw = client("GET", f"{CONTENTS}/README.md", Accept="application/vnd.github.raw+json")
    assert raw.content == b"# ui\n"
    assert raw.headers["Content-Type"].startswith("application/vnd.github.raw+json")
    directory = client.get(f"{CONTENTS}/", Accept="application/vnd.github.object+json")
    assert [entry["name"] for entry in directory["entries"]] == [".ci.yaml", "README.md"]


def test_lists_a_directory_with_everything_in_it(repository: Repository, client: Client) -> None:
    repository.files |= {
        "d/Ünï code.txt": b"x",
        "d/sub": Submodule("https://example.invalid/x.git"),
        "d/link": Symlink("../README.md"),
        "d/dead": Symlink("nowhere"),
        "d/e/f": b"",
    }
    listed = {entry["name"]: entry["type"] for entry in client.get(f"{CONTENTS}/d")}
    assert listed == {"Ünï code.txt": "file", "sub": "file", "link": "symlink", "dead": "symlink", "e": "dir"}
    assert client.get(f"{CONTENTS}/d/%C3%9Cn%C3%AF%20code.txt")["size"] == 1
    assert client.get(f"{CONTENTS}/d/sub")["type"] == "submodule"
    assert base64.b64decode(client.get(f"{CONTENTS}/d/link")["content"]) == b"# ui\n"
    assert client.get(f"{CONTENTS}/d/dead")["target"] == "nowhere"


def test_leaves_the_content_of_a_large_file_out(repository: Repository, client: Client) -> None:
    repository.files["large"] = b"x" * (1024 * 1024 + 1)
    found = client.get(f"{CONTENTS}/large")
    assert (found["encoding"], found["content"]) == ("none", "")


@pytest.mark.parametrize(("ref", "status"), [("master", 200), ("refs/heads/master", 200), ("HEAD", 200), ("x", 404)])
def test_reads_at_a_ref(client: Client, ref: str, status: int) -> None:
    assert client("GET", f"{CONTENTS}/README.md?ref={ref}").status_code == status


def test_an_empty_repository_has_no_contents(state: GitHubState, client: Client) -> None:
    state.add_repository("acme", "empty")
    answer = client("GET", "/repos/acme/empty/contents/.ci.yaml")
    assert (answer.status_code, answer.json()["message"]) == (404, "This repository is empty.")


# Deploy keys


def test_adds_reads_and_deletes_a_deploy_key(clock: Clock, client: Client) -> None:
    made = client("POST", KEYS, {"title": "t", "key": public_key(1), "read_only": True})
    assert made.status_code == 201
    key = made.json()
    assert key == {
        "id": key["id"],
        "key": public_key(1, ""),
        "url": f"{client.server.url}{KEYS}/{key['id']}",
        "title": "t",
        "verified": True,
        "created_at": "2027-01-15T08:00:00Z",
        "read_only": True,
        "added_by": "ada",
        "last_used": None,
        "enabled": True,
    }
    assert client.get(KEYS) == [key]
    assert client.get(f"{KEYS}/{key['id']}") == key
    assert client("DELETE", f"{KEYS}/{key['id']}").status_code == 204
    assert client("DELETE", f"{KEYS}/{key['id']}").status_code == 404


def test_a_deploy_key_may_write_unless_told_otherwise(client: Client) -> None:
    assert client("POST", KEYS, {"key": public_key(1)}).json()["read_only"] is False


def test_takes_a_public_key_once_on_the_whole_server(state: GitHubState, client: Client) -> None:
    state.add_account("other", members={"ada": "admin"})
    state.add_repository("other", "ui")
    assert client("POST", "/repos/other/ui/keys", {"key": public_key(1, "one")}).status_code == 201
    refused = client("POST", KEYS, {"key": public_key(1, "another comment")})
    assert refused.status_code == 422
    assert refused.json()["message"] == "Validation Failed"
    assert refused.json()["errors"] == [
        {"resource": "PublicKey", "code": "custom", "field": "key", "message": "key is already in use"}
    ]


@pytest.mark.parametrize("key", ["", "ssh-ed25519", "ssh-ed25519 !!!", "ssh-ed25519 AAAA", "nonsense AAAA", None])
def test_refuses_what_is_no_public_key(client: Client, key: str | None) -> None:
    assert client("POST", KEYS, {"key": key}).status_code == 422


def test_an_organisation_can_forbid_deploy_keys(repository: Repository, client: Client) -> None:
    repository.owner.deploy_keys_allowed = False
    assert client("POST", KEYS, {"key": public_key(1)}).status_code == 422


# Workflow runs


def test_filters_runs(clock: Clock, state: GitHubState, repository: Repository, client: Client) -> None:
    start = state.now()
    for at, settings in enumerate(
        (
            {"status": "in_progress", "event": "push"},
            {"status": "queued", "event": "schedule", "head_branch": "other"},
            {"conclusion": "failure"},
            {},
        )
    ):
        state.add_run(repository, created_at=start + at, name=str(at), **settings)

    def names(query: str) -> list[str]:
        listed = client.get(f"/repos/acme/ui/actions/runs{query}")
        assert listed["total_count"] >= len(listed["workflow_runs"])
        return [run["name"] for run in listed["workflow_runs"]]

    assert names("") == ["3", "2", "1", "0"]
    assert names("?status=in_progress") == ["0"]
    assert names("?status=completed") == ["3", "2"]
    assert names("?status=failure") == ["2"]
    assert names("?event=schedule") == names("?branch=other") == ["1"]
    assert names("?created=%3E%3D2027-01-15T08:00:02Z") == ["3", "2"]
    assert names("?created=%3C2027-01-15T08:00:01%2B00:00") == ["0"]
    assert names("?created=2027-01-15T08:00:01Z..2027-01-15T08:00:02Z") == ["2", "1"]
    assert names("?created=*..2027-01-14") == []
    assert names("?created=2027-01-15") == ["3", "2", "1", "0"]
    assert names("?per_page=1&page=2") == ["2"]
    assert client("GET", "/repos/acme/ui/actions/runs?status=nonsense").status_code == 422
    assert client("GET", "/repos/acme/ui/actions/runs?created=nonsense").status_code == 422


def test_a_run_ends_when_its_time_has_come(
    clock: Clock, state: GitHubState, repository: Repository, client: Client
) -> None:
    run = state.add_run(repository, status="in_progress", conclusion=None, ends_at=state.now() + 5)
    path = f"/repos/acme/ui/actions/runs/{run.id}"
    assert (client.get(path)["status"], client.get(path)["conclusion"]) == ("in_progress", None)
    clock.at += 5
    assert (client.get(path)["status"], client.get(path)["conclusion"]) == ("completed", "success")
    assert client("GET", "/repos/acme/ui/actions/runs/1").status_code == 404


# Variables


def test_keeps_variables(client: Client) -> None:
    place = "/repos/acme/ui/actions/variables"
    assert client("POST", place, {"name": "stage", "value": "a"}).status_code == 201
    assert client("POST", place, {"name": "STAGE", "value": "b"}).status_code == 409
    assert client("POST", place, {"name": "GITHUB_X", "value": "b"}).status_code == 422
    assert client("PATCH", f"{place}/STAGE", {"value": "c"}).status_code == 204
    assert client.get(f"{place}/stage")["value"] == "c"
    assert client("PATCH", f"{place}/STAGE", {"name": "OTHER"}).status_code == 204
    assert [row["name"] for row in client.get(place)["variables"]] == ["OTHER"]
    assert client("DELETE", f"{place}/OTHER").status_code == 204
    assert client("DELETE", f"{place}/OTHER").status_code == 404


# OIDC and the API itself


def test_tells_how_the_oidc_subject_is_made(repository: Repository, client: Client) -> None:
    mine, all_of_us = "/repos/acme/ui/actions/oidc/customization/sub", "/orgs/acme/actions/oidc/customization/sub"
    plain = {"use_immutable_subject": False, "sub_claim_prefix": "repo:acme/ui"}
    assert client.get(mine) == {"use_default": True} | plain
    assert client("GET", all_of_us).status_code == 404
    repository.owner.oidc = OidcSubject(("repo", "context"), immutable=True)
    assert client.get(all_of_us) == {"include_claim_keys": ["repo", "context"], "use_immutable_subject": True}
    assert client.get(mine)["use_immutable_subject"] is True
    assert client.get(mine)["sub_claim_prefix"] == f"repo:acme@{repository.owner.id}/ui@{repository.id}"
    repository.oidc = OidcSubject(("job_workflow_ref",))
    assert client.get(mine) == {"use_default": False, "include_claim_keys": ["job_workflow_ref"]} | plain


def test_tells_its_ssh_host_keys(state: GitHubState, server: GitHubServer, client: Client) -> None:
    state.ssh_host_keys.append(public_key(9, ""))
    meta = client.get("/meta")
    assert meta["ssh_keys"] == [public_key(9, "")]
    digest = hashlib.sha256(base64.b64decode(public_key(9).split()[1])).digest()
    assert meta["ssh_key_fingerprints"] == {"SHA256_ED25519": base64.b64encode(digest).decode().rstrip("=")}
    assert client.get("/")["rate_limit_url"] == f"{server.url}/rate_limit"
