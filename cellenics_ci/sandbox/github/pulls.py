"""Pull requests: opened, pushed to, and what they change. For seeding and for tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cellenics_ci.sandbox.github import trees
from cellenics_ci.sandbox.github.changes import Change, changes_between
from cellenics_ci.sandbox.github.pull_records import PullRequest, Push, PushKind
from cellenics_ci.sandbox.github.records import Entry, Repository
from cellenics_ci.sandbox.github.state import GitHubState
from cellenics_ci.sandbox.github.trees import Commit, Tree

Changes = Mapping[str, Entry | None]
"""By path: what is put there, None for nothing."""


def open_pull(
    state: GitHubState,
    repository: Repository,
    author: str,
    changes: Changes,
    *,
    title: str = "A change",
    branch: str = "",
    fork: str | None = None,
) -> PullRequest:
    """Open a pull request onto the default branch, from a new branch here or in somebody's fork."""
    with state.lock:
        tip = trees.head(repository)
        assert tip is not None, "an empty repository has no pull requests"
        trees.keep(repository, tip)
        _let_in(state, repository, author, fork)
        number = len(repository.pulls) + 1
        pull = PullRequest(
            id=state.next_id(),
            number=number,
            title=title,
            author=author,
            base=repository.default_branch,
            branch=branch or f"change-{number}",
            head=tip,
            created_at=state.now(),
            updated_at=state.now(),
            fork=fork,
        )
        repository.pulls.append(pull)
        push(state, repository, pull, changes, by=author)
        return pull


def push(state: GitHubState, repository: Repository, pull: PullRequest, changes: Changes, *, by: str) -> Commit:
    """Push a commit to a pull request's branch. A fork's objects are there under the repository it was forked from."""
    with state.lock:
        tree: Tree = pull.head.tree
        for path, entry in changes.items():
            tree = trees.graft(tree, path, None if entry is None else trees.node_of(entry))
        _let_in(state, repository, by, None)
        before: Commit = pull.head
        pull.head = trees.commit_on(before, tree, pull.title, at=state.now(), who=f"{by} <{by}@example.invalid>")
        trees.keep(repository, pull.head)
        pull.updated_at = state.now()
        if pull.fork is None:
            ref = f"refs/heads/{pull.branch}"
            new = not any(each.ref == ref for each in repository.pushes)
            kind: PushKind = "branch_creation" if new else "push"
            old = "0" * 40 if new else before.oid
            repository.pushes.append(Push(state.next_id(), by, ref, old, pull.head.oid, state.now(), kind))
        return commit_of(pull)


def commit_of(pull: PullRequest) -> Commit:
    """Return a pull request's last commit."""
    commit: Commit = pull.head
    return commit


def changed_files(repository: Repository, pull: PullRequest) -> list[Change]:
    """Return what a pull request changes since it left the branch that it is to go into."""
    tip = trees.head(repository)
    base = trees.merge_base(repository, tip, commit_of(pull)) if tip else None
    return changes_between(base.tree if base else Tree(), commit_of(pull).tree)


def event_of(repository: Repository, pull: PullRequest, action: str, sender: str) -> dict[str, Any]:
    """Return what Actions writes into GITHUB_EVENT_PATH about a pull request, as far as anybody here reads it."""
    tip = trees.head(repository)
    return {
        "action": action,
        "number": pull.number,
        "pull_request": {
            "number": pull.number,
            "head": {"ref": pull.branch, "sha": commit_of(pull).oid},
            "base": {"ref": pull.base, "sha": tip.oid if tip else ""},
            "user": {"login": pull.author},
        },
        "repository": {"full_name": repository.full_name},
        "sender": {"login": sender},
    }


def _let_in(state: GitHubState, repository: Repository, login: str, fork: str | None) -> None:
    for name in filter(None, (login, fork)):
        if state.account(name) is None:
            state.add_account(name, person=True)
    if fork and state.repository(fork, repository.name) is None:
        state.add_repository(fork, repository.name, {}, fork=True, private=repository.private)
