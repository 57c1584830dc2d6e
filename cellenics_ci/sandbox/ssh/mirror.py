"""One truth for REST and git: what the API pushes is in the bare repository, and what git pushes is in the API.

The bare repository decides who was first: its branch is moved by `git update-ref` from the commit that was read.
"""

from __future__ import annotations

import subprocess
import zlib
from pathlib import Path
from typing import Final

from cellenics_ci.sandbox.github import trees
from cellenics_ci.sandbox.github.records import Repository
from cellenics_ci.sandbox.github.state import GitHubState
from cellenics_ci.sandbox.github.trees import Blob, Commit, Gitlink, Node, Tree
from cellenics_ci.sandbox.ssh.repositories import Repositories, git_environment

NO_COMMIT: Final = "0" * 40
"""To git the value of a branch that must not be there yet."""


class Mirror:
    """Keeps the bare repositories of a folder and the embedded GitHub's state the same."""

    def __init__(self, state: GitHubState, repositories: Repositories) -> None:
        self._state, self._repositories = state, repositories

    def start(self) -> None:
        """Begin: from now on both sides see what the other one pushes."""
        self._state.on_push.append(self.publish)
        self._state.before_git.append(self.absorb)

    def stop(self) -> None:
        """Stop."""
        if self.publish in self._state.on_push:
            self._state.on_push.remove(self.publish)
            self._state.before_git.remove(self.absorb)

    def publish(self, repository: Repository, tip: Commit) -> bool:
        """Bring a commit of the API's to the bare repository, which is made where it is not there.

        Returns False, and moves nothing, where git has pushed there what the API does not know yet.
        """
        path = self._repositories.empty(repository.full_name, repository.default_branch)
        known = self._pushed_tip(repository)
        if known is not None and not isinstance(trees.with_id(repository, known), Commit):
            return False
        for commit in trees.ancestors(repository, tip):
            if _written(path, commit):
                break
            _write(path, commit)
        branch = f"refs/heads/{repository.default_branch}"
        try:
            _git(path, "update-ref", branch, tip.oid, known or NO_COMMIT)
        except subprocess.CalledProcessError:
            return False
        return True

    def absorb(self, repository: Repository) -> None:
        """Bring what git has to the API. The caller holds the state's lock."""
        oid = self._pushed_tip(repository)
        tip = trees.head(repository)
        if oid is None or (tip is not None and tip.oid == oid):
            return
        if tip is not None and isinstance(trees.with_id(repository, oid), Commit):
            # The API is ahead: somebody set the files without telling anybody.
            self.publish(repository, tip)
            return
        commit = _read_commit(self._repositories.path(repository.full_name), repository, oid)
        trees.advance(repository, commit, now=self._state.now())

    def _pushed_tip(self, repository: Repository) -> str | None:
        ref = self._repositories.path(repository.full_name) / "refs" / "heads" / repository.default_branch
        try:
            return ref.read_text().strip()
        except OSError:
            return None


def _written(path: Path, made: Node | Commit) -> bool:
    return (path / "objects" / made.oid[:2] / made.oid[2:]).exists()


def _write(path: Path, made: Node | Commit) -> None:
    if isinstance(made, Gitlink) or _written(path, made):
        return
    if isinstance(made, Commit):
        _write(path, made.tree)
        kind, data = "commit", made.text
    elif isinstance(made, Tree):
        for child in made.children.values():
            _write(path, child)
        kind, data = "tree", made.data
    else:
        kind, data = "blob", made.data
    file = path / "objects" / made.oid[:2] / made.oid[2:]
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(zlib.compress(b"%s %d\0%s" % (kind.encode(), len(data), data)))


def _read_commit(path: Path, repository: Repository, oid: str) -> Commit:
    """Read a commit with its tree and all that it was made on, as far as it is not known yet."""
    lines = _git(path, "rev-list", "--reverse", oid).decode().split()
    for each in lines:
        if not isinstance(trees.with_id(repository, each), Commit):
            text = _git(path, "cat-file", "commit", each)
            head = text.decode(errors="replace").splitlines()
            tree = _read_tree(path, head[0].removeprefix("tree "))
            committer = next(line for line in head if line.startswith("committer "))
            trees.keep(repository, Commit(tree, int(committer.split()[-2]), text))
    found = trees.with_id(repository, oid)
    assert isinstance(found, Commit), "read just now"
    return found


def _read_tree(path: Path, oid: str) -> Tree:
    children: dict[str, Node] = {}
    for line in _git(path, "ls-tree", "-z", oid).decode().split("\0"):
        if not line:
            continue
        facts, _, name = line.partition("\t")
        mode, kind, inner = facts.split()
        if kind == "tree":
            children[name] = _read_tree(path, inner)
        elif kind == "commit":
            children[name] = Gitlink(inner, "")
        else:
            children[name] = Blob(_git(path, "cat-file", "blob", inner), symlink=mode == "120000")
    return Tree(children)


def _git(path: Path, *arguments: str) -> bytes:
    command = ["git", "-C", str(path), *arguments]
    return subprocess.run(command, env=git_environment(), capture_output=True, check=True).stdout
