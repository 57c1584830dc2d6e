"""`/contents`: files, directories, links and submodules at a path, in GitHub's three media types."""

from __future__ import annotations

import base64
import posixpath
from typing import Any, Final
from urllib.parse import quote

from cellenics_ci.sandbox.github import trees
from cellenics_ci.sandbox.github.http import DOCS, Problem, Response, invalid, not_found
from cellenics_ci.sandbox.github.records import Repository
from cellenics_ci.sandbox.github.rest.views import WEB
from cellenics_ci.sandbox.github.routing import Call, route
from cellenics_ci.sandbox.github.trees import Blob, Gitlink, Tree

INLINE_LIMIT: Final = 1024 * 1024
"""Bytes up to which a file's content is in the JSON answer (REST reference, "Get repository content")."""
_DOCS: Final = f"{DOCS}/rest/repos/contents#get-repository-content"


@route("GET", "/repos/{owner}/{repo}/contents/{path...}", permission="contents")
def contents(call: Call) -> Response:
    """Return what is at a path: one thing, or a directory's list."""
    repository = call.repository()
    call.state.git_read(repository)
    ref = call.request.query.get("ref", "")
    commit = trees.commit_at(repository, ref)
    if commit is None:
        if not repository.files:
            raise Problem(404, "This repository is empty.", _DOCS)
        raise Problem(404, f"No commit found for the ref {ref}", _DOCS)
    path = call.params["path"].strip("/")
    node = commit.tree.at(path)
    if node is None:
        raise not_found()
    accept = call.request.headers.get("accept", "")
    if isinstance(node, Tree):
        return _directory(call, repository, path, node, as_object="object" in accept)
    if isinstance(node, Blob) and node.symlink:
        # A link to a file of the repository answers as that file.
        target = commit.tree.at(posixpath.normpath(posixpath.join(posixpath.dirname(path), node.data.decode())))
        node = target if isinstance(target, Blob) else node
    if isinstance(node, Blob) and "raw" in accept:
        return Response(200, node.data, {"Content-Type": "application/vnd.github.raw+json; charset=utf-8"})
    return Response(200, _item(call, repository, path, node, whole=True))


@route("PUT", "/repos/{owner}/{repo}/contents/{path...}", permission="contents", level="write", role="WRITE")
def put_file(call: Call) -> Response:
    """Write one file in a commit on the default branch; `sha` has to be that of the file it replaces."""
    repository, body, path = call.repository(), call.request.json(), call.params["path"].strip("/")
    try:
        data = base64.b64decode(body["content"])
    except (KeyError, TypeError, ValueError):
        raise invalid('Invalid request.\n\n"content" wasn\'t supplied.', _DOCS) from None
    call.state.git_read(repository)
    commit = trees.head(repository)
    known = commit.tree.at(path) if commit else None
    if known is not None and body.get("sha") != known.oid:
        raise Problem(409, f"{path} does not match {body.get('sha', '')}", _DOCS)
    node = Blob(data)
    tree = trees.graft(commit.tree if commit else Tree(), path, node)
    message = str(body.get("message") or f"Update {path}")
    written = trees.commit_on(commit, tree, message, at=call.state.now())
    if not call.state.pushed(repository, written):
        raise Problem(409, f"{path} does not match {body.get('sha', '')}", _DOCS)
    item = _item(call, repository, path, node)
    return Response(200 if known else 201, {"content": item, "commit": {"sha": written.oid}})


def _directory(call: Call, repository: Repository, path: str, tree: Tree, *, as_object: bool) -> Response:
    items = [
        _item(call, repository, f"{path}/{name}".lstrip("/"), child) for name, child in sorted(tree.children.items())
    ]
    if not as_object:
        return Response(200, items)
    return Response(200, _item(call, repository, path, tree) | {"entries": items})


def _item(call: Call, repository: Repository, path: str, node: trees.Node, *, whole: bool = False) -> dict[str, Any]:
    kinds = {"tree": "dir", "commit": "submodule", "blob": "file"}
    kind = "symlink" if isinstance(node, Blob) and node.symlink else kinds[node.type]
    where, branch = quote(path), repository.default_branch
    url = f"{call.url('repos', repository.full_name, 'contents', where)}?ref={branch}"
    sort = "blob" if isinstance(node, Blob) else "tree"
    web = f"{WEB}/{repository.full_name}/{sort}/{branch}/{where}"
    git = call.url("repos", repository.full_name, "git", f"{sort}s", node.oid)
    item = {
        "name": posixpath.basename(path),
        "path": path,
        "sha": node.oid,
        "size": len(node.data) if isinstance(node, Blob) else 0,
        "url": url,
        "html_url": web,
        "git_url": git,
        "download_url": f"{WEB}/{repository.full_name}/raw/{branch}/{where}" if isinstance(node, Blob) else None,
        "type": kind,
        "_links": {"self": url, "git": git, "html": web},
    }
    return item | _extras(node, whole=whole)


def _extras(node: trees.Node, *, whole: bool) -> dict[str, Any]:
    if isinstance(node, Gitlink):
        # In a directory GitHub lists submodules as files, for compatibility (same page).
        return {"submodule_git_url": node.url} if whole else {"type": "file"}
    if not whole or isinstance(node, Tree):
        return {}
    if node.symlink:
        return {"target": node.data.decode()}
    if len(node.data) > INLINE_LIMIT:
        return {"content": "", "encoding": "none"}
    # GitHub breaks the Base64 text into lines of 60 characters.
    return {"content": _lines(base64.b64encode(node.data).decode()), "encoding": "base64"}


def _lines(text: str) -> str:
    return "".join(f"{text[at : at + 60]}\n" for at in range(0, len(text), 60))
