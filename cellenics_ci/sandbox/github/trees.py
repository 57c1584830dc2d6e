"""A repository's files as git objects, its one branch, and what happened on it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from cellenics_ci.sandbox.github.objects import Blob, Commit, Gitlink, Node, Tree
from cellenics_ci.sandbox.github.records import Entry, Repository, Submodule, Symlink

__all__ = ["Blob", "Commit", "Gitlink", "Node", "Tree"]

SANDBOX: Final = "Sandbox <sandbox@example.invalid>"


def head(repository: Repository) -> Commit | None:
    """Return the commit at HEAD, None for an empty repository.

    Whoever sets `files` directly has pushed: the next look finds a commit on top.
    """
    if not repository.files:
        return None
    files = tuple(repository.files.items())
    tip: Commit | None = repository.tip
    if tip is None:
        return _commit(repository.full_name, repository.pushed_at, files)
    tree = _tree_of(repository.full_name, files)
    if tree.oid != tip.tree.oid:
        tip = commit_on(tip, tree, f"State of {repository.name}", at=max(repository.pushed_at, tip.at))
        keep(repository, tip)
        repository.tip = tip
    return tip


def commit_on(parent: Commit | None, tree: Tree, message: str, *, at: int, who: str = SANDBOX) -> Commit:
    """Return a commit of a tree on another one; `who` is `NAME <EMAIL>`."""
    line = f"{who} {at} +0000"
    parents = f"parent {parent.oid}\n" if parent else ""
    return Commit(tree, at, f"tree {tree.oid}\n{parents}author {line}\ncommitter {line}\n\n{message}\n".encode())


def keep(repository: Repository, made: Node | Commit) -> None:
    """Add an object, with all that is in it, to a repository, whether a branch leads to it or not."""
    waiting: list[Node | Commit] = [made]
    while waiting:
        current = waiting.pop()
        if current.oid in repository.objects or isinstance(current, Gitlink):
            continue
        repository.objects[current.oid] = current
        if isinstance(current, Commit):
            waiting.append(current.tree)
        elif isinstance(current, Tree):
            waiting.extend(current.children.values())


def advance(repository: Repository, commit: Commit, *, now: int) -> None:
    """Make a commit HEAD, and its tree the files."""
    before = head(repository)
    if before is not None:
        # The first commit is made up as it is asked for; from now on it has to stay what it was.
        keep(repository, before)
    keep(repository, commit)
    repository.tip, repository.pushed_at = commit, now
    repository.files = dict(_entries(commit.tree))


def ancestors(repository: Repository, commit: Commit) -> Iterator[Commit]:
    """Yield a commit and all that it was made on, the newest first, as far as they are known here."""
    waiting, seen = [commit], {commit.oid}
    while waiting:
        waiting.sort(key=lambda each: each.at)
        current = waiting.pop()
        yield current
        for oid in current.parents:
            parent = with_id(repository, oid)
            if isinstance(parent, Commit) and oid not in seen:
                seen.add(oid)
                waiting.append(parent)


def history(repository: Repository, commit: Commit, path: str = "") -> Iterator[Commit]:
    """Yield the commits that changed what is at a path ("": all), the newest first, as far as they are known here."""
    for current in ancestors(repository, commit):
        parent = with_id(repository, current.parents[0]) if current.parents else None
        before = parent.tree.at(path) if isinstance(parent, Commit) else None
        after = current.tree.at(path)
        if not path or (before.oid if before else None) != (after.oid if after else None):
            yield current


def graft(tree: Tree, path: str, node: Node | None) -> Tree:
    """Return a tree with something else at a path, None for nothing; folders are made, and go when they are empty."""
    name, _, rest = path.partition("/")
    children = dict(tree.children)
    if rest:
        folder = children.get(name)
        inner = graft(folder if isinstance(folder, Tree) else Tree(), rest, node)
        children[name] = inner
        if not inner.children:
            del children[name]
    elif node is None:
        children.pop(name, None)
    else:
        children[name] = node
    return Tree(children)


def node_of(entry: Entry) -> Node:
    """Return what is kept at a path as git keeps it."""
    if isinstance(entry, Submodule):
        return Gitlink(entry.oid, entry.url)
    return Blob(entry.target.encode(), symlink=True) if isinstance(entry, Symlink) else Blob(entry)


def merge_base(repository: Repository, one: Commit, other: Commit) -> Commit | None:
    """Return the newest commit that both were made on, None where there is none."""
    mine = {each.oid for each in ancestors(repository, one)}
    return next((each for each in ancestors(repository, other) if each.oid in mine), None)


def commit_at(repository: Repository, ref: str) -> Commit | None:
    """Return the commit that a ref names: HEAD, the default branch in any spelling, or its id."""
    commit = head(repository)
    branch = repository.default_branch
    if commit is None or ref in {"", "HEAD", branch, f"heads/{branch}", f"refs/heads/{branch}"}:
        return commit
    found = with_id(repository, ref)
    return found if isinstance(found, Commit) else None


def find(repository: Repository, expression: str) -> Node | Commit | None:
    """Return what an expression of `git rev-parse` names: a ref, `ref:path`, or an object's id."""
    ref, colon, path = expression.partition(":")
    commit = commit_at(repository, ref)
    if colon:
        return commit.tree.at(path) if commit else None
    return commit or with_id(repository, expression)


def with_id(repository: Repository, oid: str) -> Node | Commit | None:
    """Return the object with this id, None for nothing; a submodule's commit is not in this repository."""
    commit = head(repository)
    if oid in repository.objects:
        kept: Node | Commit = repository.objects[oid]
        return kept
    if commit is None or commit.oid == oid:
        return commit
    waiting: list[Node] = [commit.tree]
    while waiting:
        node = waiting.pop()
        if node.oid == oid and not isinstance(node, Gitlink):
            return node
        if isinstance(node, Tree):
            waiting.extend(node.children.values())
    return None


# One page of GraphQL asks for several objects of each of a hundred repositories.
@lru_cache(maxsize=2048)
def _commit(name: str, at: int, files: tuple[tuple[str, Entry], ...]) -> Commit:
    return commit_on(None, _tree(name, files), f"State of {name}", at=at)


@lru_cache(maxsize=256)
def _tree_of(name: str, files: tuple[tuple[str, Entry], ...]) -> Tree:
    return _tree(name, files)


def _entries(tree: Tree, path: str = "") -> Iterator[tuple[str, Entry]]:
    for name, node in sorted(tree.children.items()):
        where = f"{path}{name}"
        if isinstance(node, Tree):
            yield from _entries(node, f"{where}/")
        elif isinstance(node, Gitlink):
            yield where, Submodule(node.url, node.oid)
        else:
            yield where, Symlink(node.data.decode()) if node.symlink else node.data


def _tree(name: str, files: tuple[tuple[str, Entry], ...]) -> Tree:
    root = Tree()
    for path, entry in files:
        *parents, last = path.strip("/").split("/")
        directory = root
        for parent in parents:
            child = directory.children.setdefault(parent, Tree())
            if not isinstance(child, Tree):
                raise ValueError(f"{name}: {parent} is a file and a directory")
            directory = child
        directory.children[last] = node_of(entry)
    return root
