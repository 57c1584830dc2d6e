"""`/issues` as far as pull requests have it: comments and labels."""

from __future__ import annotations

from typing import Any, Final

from cellenics_ci.sandbox.github.http import DOCS, Response, invalid, iso, not_found
from cellenics_ci.sandbox.github.pages import page
from cellenics_ci.sandbox.github.pull_records import Comment, PullRequest
from cellenics_ci.sandbox.github.records import Repository
from cellenics_ci.sandbox.github.rest.views import WEB, node_id, user_called
from cellenics_ci.sandbox.github.routing import Call, route

LONGEST: Final = 65_536
"""Characters of a comment's body."""
_ISSUE: Final = "/repos/{owner}/{repo}/issues/{number}"
_COMMENT: Final = "/repos/{owner}/{repo}/issues/comments/{comment}"


@route("GET", f"{_ISSUE}/comments", permission="pull_requests")
def list_comments(call: Call) -> Response:
    """List what was said to a pull request, the oldest first."""
    repository = call.repository()
    pull = _pull(call, repository)
    return page(call.request, pull.comments, lambda comment: _comment_view(call, repository, pull, comment))


@route("POST", f"{_ISSUE}/comments", permission="pull_requests", level="write")
def create_comment(call: Call) -> Response:
    """Say something to a pull request."""
    repository = call.repository()
    pull, now = _pull(call, repository), call.state.now()
    comment = Comment(call.state.next_id(), call.viewer.login or "ghost", _body(call), now, now)
    pull.comments.append(comment)
    return Response(201, _comment_view(call, repository, pull, comment))


@route("GET", _COMMENT, permission="pull_requests")
def get_comment(call: Call) -> Response:
    """Return a comment."""
    repository = call.repository()
    return Response(200, _comment_view(call, repository, *_comment(call, repository)))


@route("PATCH", _COMMENT, permission="pull_requests", level="write")
def update_comment(call: Call) -> Response:
    """Write a comment anew."""
    repository = call.repository()
    pull, comment = _comment(call, repository)
    comment.body, comment.updated_at = _body(call), call.state.now()
    return Response(200, _comment_view(call, repository, pull, comment))


@route("DELETE", _COMMENT, permission="pull_requests", level="write")
def delete_comment(call: Call) -> Response:
    """Delete a comment."""
    pull, comment = _comment(call, call.repository())
    pull.comments.remove(comment)
    return Response(204)


@route("GET", f"{_ISSUE}/labels", permission="pull_requests")
def list_labels(call: Call) -> Response:
    """List a pull request's labels."""
    repository = call.repository()
    return page(call.request, _pull(call, repository).labels, lambda name: label_view(call, repository, name))


@route("POST", f"{_ISSUE}/labels", permission="pull_requests", level="write", role="TRIAGE")
def add_labels(call: Call) -> Response:
    """Give a pull request labels; those that it has stay."""
    repository = call.repository()
    pull, wanted = _pull(call, repository), call.request.json().get("labels")
    if not isinstance(wanted, list) or not all(isinstance(name, str) and name for name in wanted):
        raise invalid("Invalid request.", f"{DOCS}/rest/issues/labels")
    pull.labels += [name for name in wanted if name not in pull.labels]
    return Response(200, [label_view(call, repository, name) for name in pull.labels])


@route("DELETE", f"{_ISSUE}/labels/{{label}}", permission="pull_requests", level="write", role="TRIAGE")
def remove_label(call: Call) -> Response:
    """Take a label away."""
    repository = call.repository()
    pull = _pull(call, repository)
    if call.params["label"] not in pull.labels:
        raise not_found()
    pull.labels.remove(call.params["label"])
    return Response(200, [label_view(call, repository, name) for name in pull.labels])


def label_view(call: Call, repository: Repository, name: str) -> dict[str, Any]:
    """Return a label."""
    number = sum(name.encode()) + 1
    return {
        "id": number,
        "node_id": node_id("LA", number),
        "url": call.url("repos", repository.full_name, "labels", name),
        "name": name,
        "description": None,
        "color": "ededed",
        "default": False,
        "archived_at": None,
        "archived_by": None,
    }


def _pull(call: Call, repository: Repository) -> PullRequest:
    found = next((pull for pull in repository.pulls if str(pull.number) == call.params["number"]), None)
    if found is None:
        raise not_found()
    return found


def _comment(call: Call, repository: Repository) -> tuple[PullRequest, Comment]:
    wanted = call.params["comment"]
    for pull in repository.pulls:
        for comment in pull.comments:
            if str(comment.id) == wanted:
                return pull, comment
    raise not_found()


def _body(call: Call) -> str:
    body = call.request.json().get("body")
    if not isinstance(body, str) or not body.strip() or len(body) > LONGEST:
        raise invalid("Validation Failed", f"{DOCS}/rest/issues/comments")
    return body


def _comment_view(call: Call, repository: Repository, pull: PullRequest, comment: Comment) -> dict[str, Any]:
    return {
        "id": comment.id,
        "node_id": node_id("IC", comment.id),
        "url": call.url("repos", repository.full_name, "issues/comments", comment.id),
        "html_url": f"{WEB}/{repository.full_name}/pull/{pull.number}#issuecomment-{comment.id}",
        "issue_url": call.url("repos", repository.full_name, "issues", pull.number),
        "user": user_called(call, comment.login),
        "created_at": iso(comment.created_at),
        "updated_at": iso(comment.updated_at),
        "author_association": "MEMBER",
        "body": comment.body,
    }
