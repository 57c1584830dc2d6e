"""Pull requests of the embedded GitHub: what they say they change, as git would."""

from __future__ import annotations

import pytest

from cellenics_ci.sandbox.github import Entry, GitHubState, Repository, Symlink, trees
from cellenics_ci.sandbox.github.pulls import changed_files, open_pull, push

FILE = b"one\ntwo\nthree\nfour\n"


@pytest.fixture
def state() -> GitHubState:
    state = GitHubState()
    state.add_account("acme")
    return state


@pytest.fixture
def repository(state: GitHubState) -> Repository:
    return state.add_repository("acme", "releases", {"a/old.yaml": FILE, "b.md": b"b\n", "c.md": b"b.md"})


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"a/old.yaml": None, "z.yaml": FILE}, [("z.yaml", "renamed", "a/old.yaml", 0, 0)]),
        ({"a/old.yaml": None, "z.yaml": FILE + b"five\n"}, [("z.yaml", "renamed", "a/old.yaml", 1, 0)]),
        (
            {"a/old.yaml": None, "z.yaml": b"one\nelse\n"},
            [("a/old.yaml", "removed", None, 0, 4), ("z.yaml", "added", None, 2, 0)],
        ),
        ({"a/old.yaml": FILE.replace(b"two", b"2")}, [("a/old.yaml", "modified", None, 1, 1)]),
        ({"c.md": Symlink("b.md")}, [("c.md", "changed", None, 0, 0)]),
        ({"b.md": None, "b.md/x": b"x\n"}, [("b.md", "removed", None, 0, 1), ("b.md/x", "added", None, 1, 0)]),
        ({}, []),
    ],
)
def test_changes_are_told_as_git_sees_them(
    state: GitHubState, repository: Repository, changes: dict[str, Entry | None], told: list[object]
) -> None:
    pull = open_pull(state, repository, "bob", changes)
    found = changed_files(repository, pull)
    assert [(each.path, each.status, each.before, each.additions, each.deletions) for each in found] == told


def test_what_the_branch_gained_meanwhile_is_no_change_of_the_pull_request(
    state: GitHubState, repository: Repository
) -> None:
    pull = open_pull(state, repository, "bob", {"b.md": b"new\n"})
    tip = trees.head(repository)
    assert tip is not None
    tree = trees.graft(tip.tree, "production/ui.yaml", trees.Blob(b"a: 1\n"))
    trees.advance(repository, trees.commit_on(tip, tree, "Update", at=tip.at + 1), now=tip.at + 1)
    assert [each.path for each in changed_files(repository, pull)] == ["b.md"]


def test_pushes_to_a_branch_here_are_noted_and_a_forks_are_not(state: GitHubState, repository: Repository) -> None:
    pull = open_pull(state, repository, "bob", {"b.md": b"1\n"})
    push(state, repository, pull, {"b.md": b"2\n"}, by="eve")
    open_pull(state, repository, "eve", {"b.md": b"3\n"}, fork="eve")
    assert [(each.actor, each.kind, each.after == pull.head.oid) for each in repository.pushes] == [
        ("bob", "branch_creation", False),
        ("eve", "push", True),
    ]
