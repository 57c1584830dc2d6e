"""git's objects, with the ids that git itself would give them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal, TypeAlias

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

    @property
    def data(self) -> bytes:
        """The tree as git keeps it."""
        # git sorts directories as if their names ended in a slash.
        rows = sorted(self.children.items(), key=lambda row: row[0] + "/" * (row[1].type == "tree"))
        return b"".join(b"%o %s\0%s" % (node.mode, name.encode(), bytes.fromhex(node.oid)) for name, node in rows)

    @cached_property
    def oid(self) -> str:
        """The tree's id."""
        return object_id("tree", self.data)

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
    """A commit: its tree, its date (UTC epoch seconds), and its text as git keeps it."""

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

    @cached_property
    def parents(self) -> tuple[str, ...]:
        """The ids of the commits that it was made on."""
        head = self.text.decode().partition("\n\n")[0]
        return tuple(line.removeprefix("parent ") for line in head.splitlines() if line.startswith("parent "))

    def person(self, role: str) -> tuple[str, str, int]:
        """Return the name, address and date of its `author` or `committer`."""
        lines = self.text.decode().partition("\n\n")[0].splitlines()
        line = next(line.removeprefix(f"{role} ") for line in lines if line.startswith(f"{role} "))
        who, _, date = line.rpartition("> ")
        name, _, email = who.partition(" <")
        return name, email, int(date.split()[0])
