"""`/pulls`: pull requests, and the files that they change. And `/activity`: who moved which branch."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from cellenics_ci.sandbox.github import trees
from cellenics_ci.sandbox.github.changes import Change
from cellenics_ci.sandbox.github.http import DOCS, Response, invalid, iso, not_found
from cellenics_ci.sandbox.github.pages import page
from cellenics_ci.sandbox.github.pull_records import PullRequest, Push
from cellenics_ci.sandbox.github.pulls import changed_files, commit_of
from cellenics_ci.sandbox.github.records import Repository
from cellenics_ci.sandbox.github.rest.issues import label_view
from cellenics_ci.sandbox.github.rest.views import WEB, full_repository, node_id, user_called
from cellenics_ci.sandbox.github.routing import Call, route

MOST_FILES: Final = 3000
"""Files of a pull request that are told (REST reference, "List pull requests files")."""
_PULL: Final = "/repos/{owner}/{repo}/pulls/{number}"


@route("GET", "/repos/{owner}/{repo}/pulls", permission="pull_requests")
def list_pulls(call: Call) -> Response:
    """List pull requests, the open ones unless `state` says otherwise, the newest first."""
    repository = _repository(call)
    wanted = call.request.query.get("state", "open")
    found = [pull for pull in reversed(repository.pulls) if wanted in ("all", pull.state)]
    return page(call.request, found, lambda pull: _simple(call, repository, pull))


@route("GET", _PULL, permission="pull_requests")
def get_pull(call: Call) -> Response:
    """Return a pull request."""
    repository = _repository(call)
    return Response(200, _whole(call, repository, pull_of(call, repository)))


@route("PATCH", _PULL, permission="pull_requests", level="write", role="WRITE")
def update_pull(call: Call) -> Response:
    """Close a pull request, open it again, or change its title."""
    repository = _repository(call)
    pull, body = pull_of(call, repository), call.request.json()
    state = body.get("state", pull.state)
    if state not in ("open", "closed"):
        raise invalid("Validation Failed", f"{DOCS}/rest/pulls/pulls#update-a-pull-request")
    if state != pull.state:
        pull.state, pull.closed_at = state, call.state.now() if state == "closed" else None
    pull.title = str(body.get("title", pull.title))
    pull.updated_at = call.state.now()
    return Response(200, _whole(call, repository, pull))


@route("GET", f"{_PULL}/files", permission="pull_requests")
def list_files(call: Call) -> Response:
    """List the files that a pull request changes, 3,000 at most."""
    repository = _repository(call)
    pull = pull_of(call, repository)
    found = changed_files(repository, pull)[:MOST_FILES]
    return page(call.request, found, lambda change: file_view(call, repository, change, commit_of(pull).oid))


@route("GET", "/repos/{owner}/{repo}/activity", permission="contents")
def list_activity(call: Call) -> Response:
    """List who moved which branch, the newest first; `ref` chooses one."""
    repository = call.repository()
    ref = call.request.query.get("ref", "")
    wanted = ref if ref.startswith("refs/") or not ref else f"refs/heads/{ref}"
    found = [push for push in reversed(repository.pushes) if wanted in ("", push.ref)]
    return page(call.request, found, lambda push: _push(call, repository, push))


def pull_of(call: Call, repository: Repository) -> PullRequest:
    """Return the path's pull request. Raises Problem (404)."""
    number = call.params["number"]
    found = next((pull for pull in repository.pulls if str(pull.number) == number), None)
    if found is None:
        raise not_found()
    return found


def file_view(call: Call, repository: Repository, change: Change, commit: str) -> dict[str, Any]:
    """Return a changed file. What kind of file it is, is not told: a symbolic link looks like any other."""
    path = quote(change.path)
    web = f"{WEB}/{repository.full_name}"
    return {
        "sha": change.node.oid,
        "filename": change.path,
        "status": change.status,
        "additions": change.additions,
        "deletions": change.deletions,
        "changes": change.additions + change.deletions,
        "blob_url": f"{web}/blob/{commit}/{path}",
        "raw_url": f"{web}/raw/{commit}/{path}",
        "contents_url": f"{call.url('repos', repository.full_name, 'contents', path)}?ref={commit}",
        **({"previous_filename": change.before} if change.before else {}),
    }


def _repository(call: Call) -> Repository:
    repository = call.repository()
    call.state.git_read(repository)
    return repository


def _simple(call: Call, repository: Repository, pull: PullRequest) -> dict[str, Any]:
    links = _links(call, repository, pull)
    return {
        "url": links["self"],
        "id": pull.id,
        "node_id": node_id("PR", pull.id),
        "html_url": links["html"],
        "diff_url": f"{links['html']}.diff",
        "patch_url": f"{links['html']}.patch",
        **{f"{name}_url": link for name, link in links.items() if name not in ("self", "html")},
        "number": pull.number,
        "state": pull.state,
        "locked": False,
        "title": pull.title,
        "user": user_called(call, pull.author),
        "body": pull.body,
        "labels": [label_view(call, repository, name) for name in pull.labels],
        "milestone": None,
        "created_at": iso(pull.created_at),
        "updated_at": iso(pull.updated_at),
        "closed_at": iso(pull.closed_at),
        "merged_at": None,
        "merge_commit_sha": None,
        "assignee": None,
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        **_ends(call, repository, pull),
        "_links": {name: {"href": link} for name, link in links.items()},
        "author_association": "NONE" if pull.fork else "MEMBER",
        "auto_merge": None,
        "draft": pull.draft,
    }


def _links(call: Call, repository: Repository, pull: PullRequest) -> dict[str, str]:
    url = call.url("repos", repository.full_name, "pulls", pull.number)
    issue = call.url("repos", repository.full_name, "issues", pull.number)
    return {
        "self": url,
        "html": f"{WEB}/{repository.full_name}/pull/{pull.number}",
        "issue": issue,
        "comments": f"{issue}/comments",
        "review_comments": f"{url}/comments",
        "review_comment": f"{call.url('repos', repository.full_name, 'pulls')}/comments{{/number}}",
        "commits": f"{url}/commits",
        "statuses": call.url("repos", repository.full_name, "statuses", commit_of(pull).oid),
    }


def _ends(call: Call, repository: Repository, pull: PullRequest) -> dict[str, Any]:
    """Return where the changes come from, and where they are to go."""
    tip = trees.head(repository)
    source = call.state.repository(pull.fork, repository.name) if pull.fork else repository
    owner = pull.fork or repository.owner.login
    return {
        "head": {
            "label": f"{owner}:{pull.branch}",
            "ref": pull.branch,
            "sha": commit_of(pull).oid,
            "user": user_called(call, owner),
            "repo": full_repository(call, source) if source else None,
        },
        "base": {
            "label": f"{repository.owner.login}:{pull.base}",
            "ref": pull.base,
            "sha": tip.oid if tip else "",
            "user": user_called(call, repository.owner.login),
            "repo": full_repository(call, repository),
        },
    }


def _whole(call: Call, repository: Repository, pull: PullRequest) -> dict[str, Any]:
    changed = changed_files(repository, pull)
    return _simple(call, repository, pull) | {
        "merged": False,
        "mergeable": None,
        "rebaseable": None,
        "mergeable_state": "unknown",
        "merged_by": None,
        "comments": len(pull.comments),
        "review_comments": 0,
        "maintainer_can_modify": pull.fork is not None,
        "commits": 1,
        "additions": sum(change.additions for change in changed),
        "deletions": sum(change.deletions for change in changed),
        "changed_files": len(changed),
    }


def _push(call: Call, repository: Repository, push: Push) -> dict[str, Any]:
    return {
        "id": push.id,
        "node_id": node_id("PSH", push.id),
        "before": push.before,
        "after": push.after,
        "ref": push.ref,
        "timestamp": iso(push.at),
        "activity_type": push.kind,
        "actor": user_called(call, push.actor),
    }
