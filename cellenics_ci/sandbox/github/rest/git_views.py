"""What `/git` shows: refs, trees and commits, with their addresses."""

from __future__ import annotations

from typing import Any, Final

from cellenics_ci.sandbox.github.http import iso
from cellenics_ci.sandbox.github.records import Repository
from cellenics_ci.sandbox.github.rest.views import WEB, node_id
from cellenics_ci.sandbox.github.routing import Call
from cellenics_ci.sandbox.github.trees import Commit, Gitlink, Node, Tree

UNSIGNED: Final = {"verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None}


def made_view(call: Call, repository: Repository, kind: str, oid: str) -> dict[str, Any]:
    """Return what every object that was made is told with."""
    return {"sha": oid, "node_id": node_id("G", repository.id), "url": object_url(call, repository, kind, oid)}


def object_url(call: Call, repository: Repository, kind: str, oid: str) -> str:
    """Return an object's address."""
    return call.url("repos", repository.full_name, "git", kind, oid)


def ref_view(call: Call, repository: Repository, commit: Commit) -> dict[str, Any]:
    """Return the default branch as a ref."""
    name = f"refs/heads/{repository.default_branch}"
    return {
        "ref": name,
        "node_id": node_id("REF", repository.id),
        "url": call.url("repos", repository.full_name, "git", name),
        "object": {"type": "commit", "sha": commit.oid, "url": object_url(call, repository, "commits", commit.oid)},
    }


def tree_view(call: Call, repository: Repository, tree: Tree, *, deep: bool) -> dict[str, Any]:
    """Return a tree, with all below it where it is to be deep."""
    rows = []
    waiting = [("", tree)]
    while waiting:
        folder, current = waiting.pop(0)
        for name, node in sorted(current.children.items()):
            rows.append(_row(call, repository, f"{folder}{name}", node))
            if deep and isinstance(node, Tree):
                waiting.append((f"{folder}{name}/", node))
    url = object_url(call, repository, "trees", tree.oid)
    return {"sha": tree.oid, "url": url, "truncated": False, "tree": sorted(rows, key=lambda row: str(row["path"]))}


def _row(call: Call, repository: Repository, path: str, node: Node) -> dict[str, Any]:
    row: dict[str, Any] = {"path": path, "mode": f"{node.mode:06o}", "type": node.type, "sha": node.oid}
    if isinstance(node, Gitlink):
        return row
    kind = "trees" if isinstance(node, Tree) else "blobs"
    size = {} if isinstance(node, Tree) else {"size": len(node.data)}
    return row | size | {"url": object_url(call, repository, kind, node.oid)}


def commit_view(call: Call, repository: Repository, commit: Commit) -> dict[str, Any]:
    """Return a commit as `/git` shows it."""
    web = f"{WEB}/{repository.full_name}/commit"
    links = [
        {"sha": oid, "url": object_url(call, repository, "commits", oid), "html_url": f"{web}/{oid}"}
        for oid in commit.parents
    ]
    return made_view(call, repository, "commits", commit.oid) | {
        "html_url": f"{web}/{commit.oid}",
        "author": person_view(commit, "author"),
        "committer": person_view(commit, "committer"),
        "message": commit.message,
        "tree": {"sha": commit.tree.oid, "url": object_url(call, repository, "trees", commit.tree.oid)},
        "parents": links,
        "verification": UNSIGNED,
    }


def person_view(commit: Commit, role: str) -> dict[str, Any]:
    """Return a commit's author or committer as GitHub shows them."""
    name, email, at = commit.person(role)
    return {"name": name, "email": email, "date": iso(at)}
