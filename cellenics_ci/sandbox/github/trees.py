"""A repository's files as git objects, with the ids that git itself would give them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Final, Literal, TypeAlias

from cellenics_ci.sandbox.github.records import Entry, Repository, Submodule, Symlink

GitType: TypeAlias = Literal["blob", "tree", "commit"]
BINARY_PROBE: Final = 8000
"""git calls a file binary if there is a NUL in its first 8,000 bytes."""


def object_id(kind: str, data: bytes) -> str:
    """Return git's id of an object: the SHA-1 of its kind, length and content."""
    return hashlib.sha1(b"%s %d\0%s" % (kind.encode(), len(data), data)).hexdigest()  # noqa: S324 - git's own


@dataclass(frozen=True)
class Blob:
    """A file, or a symbolic link whose content is its target."""

    data: bytes
    symlink: bool = False
    type: GitType = "blob"

    @cached_property
    def oid(self) -> str:
        """The blob's id."""
        return object_id("blob", self.data)

    @property
    def mode(self) -> int:
        """git's mode of the entry."""
        return 0o120000 if self.symlink else 0o100644

    @property
    def binary(self) -> bool:
        """Whether git takes it for binary, or it is no UTF-8."""
        if b"\0" in self.data[:BINARY_PROBE]:
            return True
        try:
            self.data.decode()
        except UnicodeDecodeError:
            return True
        return False


@dataclass(frozen=True)
class Gitlink:
    """A submodule: the commit of another repository."""

    oid: str
    url: str
    type: GitType = "commit"
    mode: int = 0o160000


@dataclass(frozen=True)
class Tree:
    """A directory."""

    children: dict[str, Node] = field(default_factory=dict)
    type: GitType = "tree"
    mode: int = 0o040000

    @cached_property
    def oid(self) -> str:
        """The tree's id."""
        # git sorts directories as if their names ended in a slash.
        rows = sorted(self.children.items(), key=lambda row: row[0] + "/" * (row[1].type == "tree"))
        parts = (b"%o %s\0%s" % (node.mode, name.encode(), bytes.fromhex(node.oid)) for name, node in rows)
        return object_id("tree", b"".join(parts))

    def at(self, path: str) -> Node | None:
        """Return what is at a path ("" is the tree itself), None for nothing."""
        node: Node = self
        for part in filter(None, path.split("/")):
            child = node.children.get(part) if isinstance(node, Tree) else None
            if child is None:
                return None
            node = child
        return node


Node: TypeAlias = Blob | Gitlink | Tree


@dataclass(frozen=True)
class Commit:
    """The one commit of a repository: its HEAD."""

    tree: Tree
    at: int
    text: bytes

    @cached_property
    def oid(self) -> str:
        """The commit's id."""
        return object_id("commit", self.text)

    @property
    def message(self) -> str:
        """The commit's message."""
        return self.text.decode().partition("\n\n")[2].rstrip("\n")


def head(repository: Repository) -> Commit | None:
    """Return the commit at HEAD, None for an empty repository."""
    if not repository.files:
        return None
    return _commit(repository.full_name, repository.pushed_at, tuple(repository.files.items()))


def commit_at(repository: Repository, ref: str) -> Commit | None:
    """Return the commit that a ref names: HEAD, the default branch in any spelling, or its id."""
    commit = head(repository)
    branch = repository.default_branch
    names = {"", "HEAD", branch, f"heads/{branch}", f"refs/heads/{branch}"}
    return commit if commit and (ref in names or ref == commit.oid) else None


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
    tree = _tree(name, files)
    who = f"Sandbox <sandbox@example.invalid> {at} +0000"
    text = f"tree {tree.oid}\nauthor {who}\ncommitter {who}\n\nState of {name}\n"
    return Commit(tree, at, text.encode())


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
        if isinstance(entry, Submodule):
            directory.children[last] = Gitlink(entry.oid, entry.url)
        elif isinstance(entry, Symlink):
            directory.children[last] = Blob(entry.target.encode(), symlink=True)
        else:
            directory.children[last] = Blob(entry)
    return root
