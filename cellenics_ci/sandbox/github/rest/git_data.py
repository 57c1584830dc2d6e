"""`/git`: blobs, trees and commits that are made one by one, and the branch that is moved to one of them.

The branch moves forward only: a commit that was not made on its tip is refused (422), so that two who push at once
meet here as they do on GitHub.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

from cellenics_ci.sandbox.github import trees
from cellenics_ci.sandbox.github.http import DOCS, Problem, Response, invalid, not_found
from cellenics_ci.sandbox.github.records import Repository
from cellenics_ci.sandbox.github.rest.git_views import commit_view, made_view, ref_view, tree_view
from cellenics_ci.sandbox.github.routing import Call, route
from cellenics_ci.sandbox.github.trees import Blob, Commit, Node, Tree

_PLACE: Final = "/repos/{owner}/{repo}/git"
_DOCS: Final = f"{DOCS}/rest/git"
NOT_FORWARD: Final = "Update is not a fast forward"
T = TypeVar("T", Blob, Tree, Commit)
_MODES: Final = {"100644": "blob", "100755": "blob", "120000": "blob", "040000": "tree"}


@route("GET", f"{_PLACE}/ref/{{path...}}", permission="contents")
def get_ref(call: Call) -> Response:
    """Tell where a branch is."""
    repository = _repository(call)
    return Response(200, ref_view(call, repository, _branch(call, repository)))


@route("GET", f"{_PLACE}/blobs/{{sha}}", permission="contents")
def get_blob(call: Call) -> Response:
    """Return a file's content."""
    repository = _repository(call)
    blob = _object(repository, call.params["sha"], Blob)
    content = base64.b64encode(blob.data).decode()
    told = made_view(call, repository, "blobs", blob.oid)
    return Response(200, told | {"content": content, "encoding": "base64", "size": len(blob.data)})


@route("GET", f"{_PLACE}/trees/{{sha}}", permission="contents")
def get_tree(call: Call) -> Response:
    """List a directory, with all below it where `recursive` is given."""
    repository = _repository(call)
    found = trees.find(repository, call.params["sha"])
    tree = found.tree if isinstance(found, Commit) else found
    if not isinstance(tree, Tree):
        raise not_found()
    return Response(200, tree_view(call, repository, tree, deep="recursive" in call.request.query))


@route("GET", f"{_PLACE}/commits/{{sha}}", permission="contents")
def get_commit(call: Call) -> Response:
    """Tell about a commit."""
    repository = _repository(call)
    return Response(200, commit_view(call, repository, _object(repository, call.params["sha"], Commit)))


@route("POST", f"{_PLACE}/blobs", permission="contents", level="write", role="WRITE")
def create_blob(call: Call) -> Response:
    """Keep a file's content."""
    repository = _repository(call)
    body = call.request.json()
    content = _text(body, "content")
    if body.get("encoding", "utf-8") == "base64":
        try:
            data = base64.b64decode(content, validate=True)
        except binascii.Error:
            raise invalid("Problem with content", _DOCS) from None
    else:
        data = content.encode()
    blob = Blob(data)
    trees.keep(repository, blob)
    return Response(201, {"sha": blob.oid, "url": call.url("repos", repository.full_name, "git/blobs", blob.oid)})


@route("POST", f"{_PLACE}/trees", permission="contents", level="write", role="WRITE")
def create_tree(call: Call) -> Response:
    """Keep a directory: `base_tree` with some paths changed. A `sha` of null takes a path away."""
    repository = _repository(call)
    body = call.request.json()
    tree = _object(repository, body["base_tree"], Tree, status=422) if body.get("base_tree") else Tree()
    entries = body.get("tree")
    if not isinstance(entries, list):
        raise invalid("Invalid tree info", _DOCS)
    for entry in entries:
        path = str(entry.get("path", ""))
        parts = path.split("/")
        if not path or any(part in ("", ".", "..", ".git") for part in parts):
            raise invalid("tree.path contains a malformed path component", _DOCS)
        tree = trees.graft(tree, path, _entry(repository, entry))
    trees.keep(repository, tree)
    return Response(201, tree_view(call, repository, tree, deep=False))


@route("POST", f"{_PLACE}/commits", permission="contents", level="write", role="WRITE")
def create_commit(call: Call) -> Response:
    """Keep a commit. Without an author it is whoever asks; an App's is signed then, and nobody else's."""
    repository = _repository(call)
    body = call.request.json()
    tree = _object(repository, _text(body, "tree"), Tree, status=422)
    parents = [_object(repository, str(each), Commit, status=422) for each in body.get("parents") or []]
    for parent in parents:
        trees.keep(repository, parent)
    author = _person(call, body.get("author"))
    committer = _person(call, body.get("committer") or body.get("author"))
    lines = [f"tree {tree.oid}", *(f"parent {parent.oid}" for parent in parents)]
    lines += [f"author {author}", f"committer {committer}", "", _text(body, "message"), ""]
    commit = Commit(tree, int(committer.split()[-2]), "\n".join(lines).encode())
    trees.keep(repository, commit)
    return Response(201, commit_view(call, repository, commit))


@route("PATCH", f"{_PLACE}/refs/{{path...}}", permission="contents", level="write", role="WRITE")
def update_ref(call: Call) -> Response:
    """Move the branch: forward only, and not at all where a rule holds it."""
    repository = _repository(call)
    tip = _branch(call, repository)
    body = call.request.json()
    commit = _object(repository, _text(body, "sha"), Commit, status=422)
    if not body.get("force") and all(each.oid != tip.oid for each in trees.ancestors(repository, commit)):
        raise invalid(NOT_FORWARD, f"{_DOCS}/refs#update-a-reference")
    if repository.rules:
        raise invalid("Repository rule violations found\n\nChanges must be made through a pull request.\n\n", _DOCS)
    if repository.protected is not None:
        raise invalid("Changes must be made through a pull request.", f"{DOCS}/articles/about-protected-branches")
    if not call.state.pushed(repository, commit):
        raise invalid(NOT_FORWARD, f"{_DOCS}/refs#update-a-reference")
    return Response(200, ref_view(call, repository, commit))


def _repository(call: Call) -> Repository:
    repository = call.repository()
    call.state.git_read(repository)
    return repository


def _branch(call: Call, repository: Repository) -> Commit:
    commit = trees.head(repository)
    if commit is None:
        raise Problem(409, "Git Repository is empty.", _DOCS)
    if call.params["path"] != f"heads/{repository.default_branch}":
        raise invalid("Reference does not exist", _DOCS) if call.write else not_found()
    return commit


def _object(repository: Repository, oid: str, kind: type[T], *, status: int = 404) -> T:
    found = trees.with_id(repository, oid)
    if isinstance(found, kind):
        return found
    raise not_found() if status == 404 else invalid(f"{kind.__name__} SHA does not exist", _DOCS)


def _entry(repository: Repository, entry: Mapping[str, Any]) -> Node | None:
    if _MODES.get(str(entry.get("mode"))) is None:
        raise invalid("Must supply a valid tree.mode", _DOCS)
    if isinstance(entry.get("content"), str):
        blob = Blob(entry["content"].encode())
        trees.keep(repository, blob)
        return blob
    if entry.get("sha", "") is None:
        return None
    found = trees.with_id(repository, str(entry.get("sha")))
    if not isinstance(found, Blob | Tree):
        raise invalid("tree.sha does not exist", _DOCS)
    return found


def _person(call: Call, given: Any) -> str:
    at, login = call.state.now(), call.viewer.login or "ghost"
    if not isinstance(given, dict):
        return f"{login} <{login}@users.noreply.github.com> {at} +0000"
    if isinstance(given.get("date"), str):
        at = int(datetime.fromisoformat(given["date"].replace("Z", "+00:00")).timestamp())
    return f"{_text(given, 'name')} <{_text(given, 'email')}> {at} +0000"


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise invalid(f'Invalid request.\n\n"{name}" wasn\'t supplied.', _DOCS)
    return value
