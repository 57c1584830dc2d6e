"""`/actions/runs`: workflow runs, newest first, with GitHub's filters."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from cellenics_ci.sandbox.github import trees
from cellenics_ci.sandbox.github.http import Response, invalid, iso, not_found
from cellenics_ci.sandbox.github.pages import page
from cellenics_ci.sandbox.github.records import Repository, WorkflowRun
from cellenics_ci.sandbox.github.rest.views import WEB, minimal_repository, node_id, simple_user
from cellenics_ci.sandbox.github.routing import Call, route

STATUSES: Final = frozenset(
    {"completed", "in_progress", "queued", "requested", "waiting", "pending"}
    | {"action_required", "cancelled", "failure", "neutral", "skipped", "stale", "success", "timed_out"}
)
"""What the `status` filter takes: statuses and conclusions (REST reference, "Workflow runs")."""
_DAY: Final = 86400


@route("GET", "/repos/{owner}/{repo}/actions/runs", permission="actions")
def list_runs(call: Call) -> Response:
    """List workflow runs."""
    repository = call.repository()
    runs = [run for run in repository.runs if _matches(call, run)]
    runs.sort(key=lambda run: (run.created_at, run.id), reverse=True)

    def view(run: WorkflowRun) -> dict[str, Any]:
        return _view(call, repository, run)

    return page(call.request, runs, view, name="workflow_runs")


@route("GET", "/repos/{owner}/{repo}/actions/runs/{run_id}", permission="actions")
def get_run(call: Call) -> Response:
    """Tell about one workflow run."""
    repository = call.repository()
    for run in repository.runs:
        if str(run.id) == call.params["run_id"]:
            return Response(200, _view(call, repository, run))
    raise not_found()


def _matches(call: Call, run: WorkflowRun) -> bool:
    query = call.request.query
    status = query.get("status")
    if status and status not in STATUSES:
        raise invalid(f"status can't be {status!r}")
    if status and status not in run.outcome(call.state.clock()):
        return False
    fields = {"event": run.event, "branch": run.head_branch, "head_sha": run.head_sha, "actor": run.actor}
    if any(query.get(name, value) != value for name, value in fields.items()):
        return False
    return "created" not in query or _within(query["created"], run.created_at)


def _within(text: str, at: int) -> bool:
    """Whether a time lies in a range of GitHub's search syntax: `>=…`, `>…`, `<=…`, `<…`, `A..B`, or a day."""
    if ".." in text:
        since, until = text.split("..", 1)
        return (since == "*" or at >= _time(since)[0]) and (until == "*" or at <= _time(until)[1])
    for sign in (">=", "<=", ">", "<"):
        if text.startswith(sign):
            first, last = _time(text.removeprefix(sign))
            return {">=": at >= first, "<=": at <= last, ">": at > last, "<": at < first}[sign]
    first, last = _time(text)
    return first <= at <= last


def _time(text: str) -> tuple[int, int]:
    """Return the first and the last second that a date or a time stands for."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise invalid(f"created can't be {text!r}") from None
    start = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    return start, start + (_DAY - 1 if len(text.strip()) <= len("2026-01-01") else 0)


def _view(call: Call, repository: Repository, run: WorkflowRun) -> dict[str, Any]:
    status, conclusion = run.outcome(call.state.clock())
    url = call.url("repos", repository.full_name, "actions/runs", run.id)
    parts = ("jobs", "logs", "artifacts", "cancel", "rerun")
    home = minimal_repository(call, repository)
    actor = simple_user(call, call.state.account(run.actor) or repository.owner)
    return {
        "id": run.id,
        "name": run.name,
        "node_id": node_id("WFR", run.id),
        "head_branch": run.head_branch,
        "head_sha": run.head_sha,
        "path": run.path,
        "display_title": run.name,
        "run_number": run.run_number,
        "run_attempt": run.run_attempt,
        "event": run.event,
        "status": status,
        "conclusion": conclusion,
        "workflow_id": run.workflow_id,
        "check_suite_id": run.id,
        "check_suite_node_id": node_id("CS", run.id),
        "url": url,
        "html_url": f"{WEB}/{repository.full_name}/actions/runs/{run.id}",
        "pull_requests": [],
        "created_at": iso(run.created_at),
        "updated_at": iso(run.updated_at if run.updated_at is not None else run.created_at),
        "run_started_at": iso(run.run_started_at if run.run_started_at is not None else run.created_at),
        "actor": actor,
        "triggering_actor": actor,
        **{f"{part}_url": f"{url}/{part}" for part in parts},
        "check_suite_url": call.url("repos", repository.full_name, "check-suites", run.id),
        "workflow_url": call.url("repos", repository.full_name, "actions/workflows", run.workflow_id),
        "previous_attempt_url": f"{url}/attempts/{run.run_attempt - 1}" if run.run_attempt > 1 else None,
        "head_commit": _head_commit(repository, run),
        "repository": home,
        "head_repository": home,
    }


def _head_commit(repository: Repository, run: WorkflowRun) -> dict[str, Any]:
    commit = trees.head(repository)
    author = {"name": "Sandbox", "email": "sandbox@example.invalid"}
    return {
        "id": run.head_sha,
        "tree_id": commit.tree.oid if commit else run.head_sha,
        "message": run.name,
        "timestamp": iso(run.created_at),
        "author": author,
        "committer": author,
    }
