"""Workflow runs that move on while they are read, against the embedded GitHub."""

from __future__ import annotations

from itertools import pairwise

import pytest

from cellenics_ci.clients.github.runs import GONE_BACK, UNFINISHED, RepositoryPipelines
from cellenics_ci.clients.github.transport import Transport
from cellenics_ci.model.names import RepoName
from cellenics_ci.sandbox.github import GitHubServer, GitHubState, Repository, WorkflowRun
from cellenics_ci.sandbox.github.http import Request, Response
from tests.clients.github.conftest import ACME

API = RepoName("api")


@pytest.fixture
def api(state: GitHubState) -> Repository:
    return state.add_repository("acme", "api")


@pytest.fixture
def old_run(state: GitHubState, api: Repository) -> WorkflowRun:
    """A run that is on no first page."""
    run = state.add_run(api, created_at=1000, conclusion=None)
    for number in range(100):
        state.add_run(api, created_at=2000 + number, updated_at=2000 + number)
    return run


def move(state: GitHubState, run: WorkflowRun, *, before: str, to: str) -> None:
    """Let a run go on just before a state is asked for."""

    def hook(request: Request) -> None:
        if request.query.get("status") == before:
            run.status = to

    state.before_request.append(hook)


def unfinished(transport: Transport) -> list[int]:
    return [run.id for run in RepositoryPipelines(transport, ACME).older_runs(API, 1500).unfinished]


@pytest.mark.parametrize(("at", "to"), [*pairwise(UNFINISHED), ("requested", "in_progress")])
def test_a_run_that_goes_on_while_it_is_looked_for_is_found(
    at: str, to: str, state: GitHubState, transport: Transport, old_run: WorkflowRun
) -> None:
    old_run.status = at
    move(state, old_run, before=at, to=to)
    assert unfinished(transport) == [old_run.id]


@pytest.mark.parametrize("to", GONE_BACK)
def test_a_run_that_goes_back_for_a_later_job_is_found(
    to: str, state: GitHubState, transport: Transport, old_run: WorkflowRun
) -> None:
    old_run.status = "in_progress"
    move(state, old_run, before="in_progress", to=to)
    assert unfinished(transport) == [old_run.id]


def test_states_are_asked_for_only_where_the_first_page_is_not_all(
    state: GitHubState, transport: Transport, api: Repository, server: GitHubServer
) -> None:
    for number in range(100):
        state.add_run(api, created_at=1000 + number, updated_at=2000, status="queued", conclusion=None)
    assert len(unfinished(transport)) == 100
    assert len(server.requests) == 1
    state.add_run(api, created_at=3000)
    assert len(unfinished(transport)) == 100
    assert len(server.requests) == 2 + len(UNFINISHED) + len(GONE_BACK)


@pytest.mark.parametrize("missing", ["html_url", "status", "name", "display_title", "updated_at"])
def test_what_is_only_shown_of_a_run_may_be_missing(missing: str, state: GitHubState, transport: Transport) -> None:
    dates = {"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-02T00:00:00Z"}
    words = {"name": "CI", "display_title": "CI", "html_url": "https://github.com/acme/api/actions/runs/1"}
    waits = {"id": 2, "status": "waiting"} | words | dates
    ended = {**waits, "id": 1, "status": "completed"}
    for run in (waits, ended) if missing != "status" else (waits,):
        del run[missing]
    state.before_request.append(lambda _: Response(200, {"total_count": 2, "workflow_runs": [ended, waits]}))
    runs = RepositoryPipelines(transport, ACME).older_runs(API, 2e9)
    assert [run.id for run in runs.unfinished] == [2]
    assert (runs.last_end is None) == (missing == "updated_at")
    assert RepositoryPipelines(transport, ACME).failed_runs(API, 0)
