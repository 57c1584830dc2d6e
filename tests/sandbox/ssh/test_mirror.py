"""REST and git see one and the same repository: what is pushed to one is there for the other."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cellenics_ci.sandbox.environment import child_environment
from cellenics_ci.sandbox.github import GitHubServer, GitHubState, Repository, trees
from cellenics_ci.sandbox.running import Sandbox
from cellenics_ci.sandbox.ssh.mirror import Mirror
from cellenics_ci.sandbox.ssh.repositories import Repositories, git_environment
from cellenics_ci.sandbox.worldfile import read_world
from tests.clients.github.conftest import transport_to
from tests.releases.worlds import pushing, wanted


@pytest.fixture
def state() -> GitHubState:
    state = GitHubState()
    state.add_account("acme", members={"ada": "admin"})
    state.add_token("ghp_admin", "ada", ["repo"])
    return state


@pytest.fixture
def releases(state: GitHubState) -> Repository:
    return state.add_repository("acme", "releases", {"README.md": b"# releases\n", "a/b/c.yaml": b"a: 1\n"})


@pytest.fixture
def server(state: GitHubState, releases: Repository) -> Iterator[GitHubServer]:
    with GitHubServer(state) as server:
        yield server
        assert server.failures == []


@pytest.fixture
def bare(needs: Callable[[str], str], state: GitHubState, releases: Repository, tmp_path: Path) -> Path:
    needs("git")
    repositories = Repositories(tmp_path / "repositories")
    mirror = Mirror(state, repositories)
    mirror.publish(releases, tip_of(releases))
    mirror.start()
    return repositories.path("acme/releases")


def tip_of(repository: Repository) -> trees.Commit:
    tip = trees.head(repository)
    assert tip is not None
    return tip


def git(*arguments: str | Path) -> str:
    command = ["git", *map(str, arguments)]
    return subprocess.run(command, env=git_environment(), capture_output=True, text=True, check=True).stdout


def test_git_finds_nothing_wrong_with_what_the_api_pushed(
    server: GitHubServer, releases: Repository, bare: Path
) -> None:
    outcome = pushing(transport_to(server.url)).run()
    assert git("-C", bare, "rev-parse", "master").strip() == outcome.commit
    assert git("-C", bare, "show", "master:staging/shop.yaml") == wanted().text
    assert git("-C", bare, "fsck", "--strict", "--no-dangling") == ""
    assert len(git("-C", bare, "rev-list", "master").split()) == 2


def test_the_api_gives_what_git_pushed_and_pushes_go_on_top_of_it(
    server: GitHubServer, releases: Repository, bare: Path, tmp_path: Path
) -> None:
    clone = tmp_path / "clone"
    git("clone", "--quiet", bare, clone)
    (clone / "staging").mkdir()
    (clone / "staging/web.yaml").write_text("a: 2\n")
    git("-C", clone, "add", ".")
    git("-C", clone, "commit", "--quiet", "-m", "Automated image update")
    git("-C", clone, "push", "--quiet", "origin", "master")
    outcome = pushing(transport_to(server.url)).run()
    assert releases.files["staging/web.yaml"] == b"a: 2\n"
    tip = trees.head(releases)
    assert tip is not None and tip.oid == outcome.commit
    assert [each.message for each in trees.ancestors(releases, tip)][1:] == [
        "Automated image update",
        "State of acme/releases",
    ]
    # And the clone, which knows nothing of this, is refused by git itself.
    (clone / "staging/web.yaml").write_text("a: 3\n")
    git("-C", clone, "commit", "--quiet", "-a", "-m", "Again")
    with pytest.raises(subprocess.CalledProcessError) as refused:
        git("-C", clone, "push", "--quiet", "origin", "master")
    assert "rejected" in refused.value.stderr


def test_a_git_push_that_comes_between_a_look_and_a_push_of_the_api_is_not_lost(
    state: GitHubState, releases: Repository, bare: Path, tmp_path: Path
) -> None:
    seen = tip_of(releases)
    clone = tmp_path / "clone"
    git("clone", "--quiet", bare, clone)
    (clone / "web.yaml").write_text("a: 2\n")
    git("-C", clone, "add", ".")
    git("-C", clone, "commit", "--quiet", "-m", "Automated image update")
    git("-C", clone, "push", "--quiet", "origin", "master")
    late = trees.commit_on(seen, trees.graft(seen.tree, "web.yaml", trees.Blob(b"a: 3\n")), "Too late", at=seen.at)
    assert not state.pushed(releases, late)
    assert git("-C", bare, "show", "master:web.yaml") == "a: 2\n"
    state.git_read(releases)
    assert releases.files["web.yaml"] == b"a: 2\n"


def test_a_file_that_the_api_writes_lies_on_top_of_what_git_pushed(
    server: GitHubServer, releases: Repository, bare: Path, tmp_path: Path
) -> None:
    clone = tmp_path / "clone"
    git("clone", "--quiet", bare, clone)
    git("-C", clone, "mv", "README.md", "readme.md")
    git("-C", clone, "commit", "--quiet", "-m", "Rename it")
    git("-C", clone, "push", "--quiet", "origin", "master")
    content = {"message": "Write it", "content": base64.b64encode(b"two").decode()}
    transport_to(server.url).put("/repos/acme/releases/contents/new.txt", content)
    assert git("-C", bare, "log", "--format=%s", "master").splitlines() == [
        "Write it",
        "Rename it",
        "State of acme/releases",
    ]
    assert set(releases.files) == {"readme.md", "a/b/c.yaml", "new.txt"}


def test_a_shell_in_the_sandbox_clones_and_pushes_any_repository_by_its_address_on_github(
    needs: Callable[[str], str], tmp_path: Path
) -> None:
    needs("git")
    world = read_world("{organization: acme, repositories: {ui: {files: {a.txt: one}}}}", "world")
    clone, folder = tmp_path / "clone", tmp_path / "sandbox"
    with Sandbox(world, folder=folder) as sandbox:
        assert sandbox.flux is not None
        shell = child_environment(git_environment(), {}, folder, git_folder=sandbox.flux.git_folder)
        for words in (
            ("clone", "--quiet", "https://github.com/acme/ui", str(clone)),
            ("-C", str(clone), "mv", "a.txt", "b.txt"),
            ("-C", str(clone), "commit", "--quiet", "-m", "Rename it"),
            ("-C", str(clone), "push", "--quiet", "origin", "HEAD:master"),
        ):
            subprocess.run(["git", *words], env=shell, check=True)
        transport = transport_to(sandbox.github.url, sandbox.environment()["GITHUB_API_TOKEN"])
        tree = transport.get("/repos/acme/ui/git/trees/master").json["tree"]
    assert [entry["path"] for entry in tree] == ["b.txt"]
