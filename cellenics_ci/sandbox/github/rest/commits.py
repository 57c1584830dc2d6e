"""`/commits` and `/compare`: what happened to a repository, and how two commits stand to each other."""

from __future__ import annotations

from typing import Any, Final

from cellenics_ci.sandbox.github import trees
from cellenics_ci.sandbox.github.changes import changes_between
from cellenics_ci.sandbox.github.http import Response, not_found
from cellenics_ci.sandbox.github.pages import page
from cellenics_ci.sandbox.github.records import Repository
from cellenics_ci.sandbox.github.rest.git_views import UNSIGNED, person_view
from cellenics_ci.sandbox.github.rest.pulls import file_view
from cellenics_ci.sandbox.github.rest.views import WEB, node_id
from cellenics_ci.sandbox.github.routing import Call, route
from cellenics_ci.sandbox.github.trees import Commit

MOST_FILES: Final = 300
"""Files of a comparison that are told."""


@route("GET", "/repos/{owner}/{repo}/commits", permission="contents")
def list_commits(call: Call) -> Response:
    """List the commits that changed a path, or all, the newest first."""
    repository = call.repository()
    call.state.git_read(repository)
    query = call.request.query
    commit = trees.commit_at(repository, query.get("sha", ""))
    if commit is None:
        raise not_found()
    found = list(trees.history(repository, commit, query.get("path", "").strip("/")))
    return page(call.request, found, lambda each: commit_view(call, repository, each))


@route("GET", "/repos/{owner}/{repo}/compare/{basehead}", permission="contents")
def compare(call: Call) -> Response:
    """Tell how a head stands to a base: BASE...HEAD."""
    repository = call.repository()
    call.state.git_read(repository)
    base, head = (trees.commit_at(repository, each) for each in _ends(call.params["basehead"]))
    if base is None or head is None:
        raise not_found()
    mine, theirs = (list(trees.ancestors(repository, each)) for each in (head, base))
    have, had = {each.oid for each in mine}, {each.oid for each in theirs}
    ahead, behind = [each for each in mine if each.oid not in had], [each for each in theirs if each.oid not in have]
    merge_base = next((each for each in theirs if each.oid in have), None)
    if merge_base is None:
        # "No common ancestor between ...": GitHub has nothing to compare.
        raise not_found()
    status = "diverged" if ahead and behind else "ahead" if ahead else "behind" if behind else "identical"
    span = call.params["basehead"]
    web = f"{WEB}/{repository.full_name}/compare/{span}"
    ahead.reverse()
    shown = page(call.request, ahead, lambda each: commit_view(call, repository, each))
    body: dict[str, Any] = {
        "url": call.url("repos", repository.full_name, "compare", span),
        "html_url": web,
        "permalink_url": web,
        "diff_url": f"{web}.diff",
        "patch_url": f"{web}.patch",
        "base_commit": commit_view(call, repository, base),
        "merge_base_commit": commit_view(call, repository, merge_base),
        "status": status,
        "ahead_by": len(ahead),
        "behind_by": len(behind),
        "total_commits": len(ahead),
        "commits": shown.body,
    }
    if "page" not in call.request.query or call.request.query["page"] == "1":
        # Only the first page of commits has them, and never more (REST reference, "Compare two commits").
        changed = changes_between(merge_base.tree, head.tree)[:MOST_FILES]
        body["files"] = [file_view(call, repository, change, head.oid) for change in changed]
    return Response(200, body, shown.headers)


def _ends(span: str) -> tuple[str, str]:
    base, dots, head = span.partition("...")
    if not (base and dots and head):
        raise not_found()
    return base, head


def commit_view(call: Call, repository: Repository, commit: Commit) -> dict[str, Any]:
    """Return a commit as lists show it."""
    url = call.url("repos", repository.full_name, "commits", commit.oid)
    web = f"{WEB}/{repository.full_name}/commit"
    tree = {"sha": commit.tree.oid, "url": call.url("repos", repository.full_name, "git/trees", commit.tree.oid)}
    return {
        "url": url,
        "sha": commit.oid,
        "node_id": node_id("C", repository.id),
        "html_url": f"{web}/{commit.oid}",
        "comments_url": f"{url}/comments",
        "commit": {
            "url": call.url("repos", repository.full_name, "git/commits", commit.oid),
            "author": person_view(commit, "author"),
            "committer": person_view(commit, "committer"),
            "message": commit.message,
            "comment_count": 0,
            "tree": tree,
            "verification": UNSIGNED,
        },
        "author": None,
        "committer": None,
        "parents": [
            {
                "sha": oid,
                "url": call.url("repos", repository.full_name, "commits", oid),
                "html_url": f"{web}/{oid}",
            }
            for oid in commit.parents
        ],
    }
