"""A repository's pipelines: the runs that may still hold old secrets, and the CI file as it is now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from cellenics_ci.clients.answers import understood
from cellenics_ci.clients.gathered import Gathered
from cellenics_ci.clients.github.discovery import Discovery
from cellenics_ci.clients.github.transport import Transport
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.github import OlderRuns, WorkflowRun
from cellenics_ci.model.names import OrgName, RepoName

UNFINISHED: Final = ("requested", "waiting", "pending", "queued", "in_progress")
"""The states of a run that has not ended (REST reference, "List workflow runs for a repository").

In the order in which a run goes through them: asked for in turn, they meet a run that goes on meanwhile.
`action_required` is a conclusion: such a run has ended, and an approval starts it anew with the secrets of then.
"""

GONE_BACK: Final = ("waiting", "pending", "queued")
"""The states into which a run goes back for a later job: for an approval, its turn, or a runner."""

_FAILED: Final = 10
"""So many failed runs are asked for: they are a hint, and the first of them is enough to go and look."""


class RepositoryPipelines:
    """Workflow runs and CI files. Shared by threads. Every method raises CallFailed only."""

    def __init__(self, transport: Transport, org: OrgName) -> None:
        self._transport, self._org = transport, org
        self._ci_file_ids = Gathered(Discovery(transport, org).ci_file_ids)

    @understood
    def older_runs(self, repo: RepoName, created_before: float) -> OlderRuns:
        """Return what is known of the runs created before that time (re-runs count by their first attempt).

        One request for a repository with up to 100 runs. Where there are more, an old run may have been started
        again and be on no first page, so each state is asked for by itself, and those into which a run goes back
        once more. What stays unseen is a run that goes back and on again between these last requests, and one that
        is started again after them, as it could be at any time.
        """
        path = f"/repos/{quote(self._org, safe='')}/{quote(repo, safe='')}/actions/runs"
        try:
            answer = self._transport.get(path, per_page=100)
        except CallFailed as failed:
            if failed.kind is not Failure.NOT_FOUND:
                raise
            # A token without the right gets 403. Where the repository is there and its runs are not, there are none:
            # raises NOT_FOUND again where the repository itself is hidden or gone.
            self._transport.get(path.removesuffix("/actions/runs"))
            return OlderRuns((), None)
        listed = {run["id"]: run for run in answer.json["workflow_runs"]}
        if "link" in answer.headers or answer.json.get("total_count", 0) > len(listed):
            listed |= {run["id"]: run for state in (*UNFINISHED, *GONE_BACK) for run in self._in_state(path, state)}
        older = [run for run in listed.values() if _epoch(run["created_at"]) < created_before]
        # A run without a status counts as one that has not ended; without a date, one that ended tells nothing.
        ended = [_epoch(run["updated_at"]) for run in older if _has_ended(run) and run.get("updated_at")]
        unfinished = (_workflow_run(run) for run in older if not _has_ended(run))
        return OlderRuns(tuple(sorted(unfinished, key=lambda run: run.created_at)), max(ended, default=None))

    @understood
    def failed_runs(self, repo: RepoName, since: float) -> tuple[WorkflowRun, ...]:
        """Return the newest runs that were created since a moment and failed; none where there are no runs."""
        path = f"/repos/{quote(self._org, safe='')}/{quote(repo, safe='')}/actions/runs"
        moment = datetime.fromtimestamp(since, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        try:
            answer = self._transport.get(path, status="failure", created=f">={moment}", per_page=_FAILED)
        except CallFailed as failed:
            if failed.kind is not Failure.NOT_FOUND:
                raise
            return ()
        return tuple(_workflow_run(run) for run in answer.json["workflow_runs"])

    def ci_file_id(self, repo: RepoName) -> str | None:
        """Return the git blob ids of the repository's CI file on its default branch, None where there is none.

        Repositories that are asked about at the same time share a request.
        """
        return self._ci_file_ids(repo)

    def _in_state(self, path: str, state: str) -> Iterator[dict[str, Any]]:
        for page in self._transport.pages(path, status=state):
            yield from page.json["workflow_runs"]


def _has_ended(run: dict[str, Any]) -> bool:
    return run.get("status") == "completed"


def _workflow_run(run: dict[str, Any]) -> WorkflowRun:
    """Return a run; what people only read of it may be missing: no key waits for that."""
    return WorkflowRun(
        id=run["id"],
        name=run.get("name") or run.get("display_title") or "",
        status=run.get("status") or "",
        created_at=_epoch(run["created_at"]),
        url=run.get("html_url") or "",
    )


def _epoch(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
