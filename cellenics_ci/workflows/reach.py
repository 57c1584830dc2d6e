"""Which subjects reach the jobs that take AWS credentials: the smallest trust with which all of them go on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from cellenics_ci.workflows.conditions import narrowed
from cellenics_ci.workflows.document import Job, Source, scalar_of
from cellenics_ci.workflows.environments import environments
from cellenics_ci.workflows.facts import Cause, Problem, Reach
from cellenics_ci.workflows.pipeline import Pipeline
from cellenics_ci.workflows.triggers import DEFAULT_BRANCH, Trigger, triggers

_DEEPEST = 10
"""Workflows that call each other: GitHub allows ten levels ("Reuse workflows"), four in earlier years."""


def reach_of(
    pipeline: Pipeline, jobs: Sequence[tuple[Source, Job]], default_branch: str | None, unseen: Iterable[Problem] = ()
) -> Reach:
    """Return what sets these jobs off, and what their tokens say then. `unseen` is what is not known besides."""
    causes: dict[Cause, None] = {}
    unknown = dict.fromkeys(unseen)
    for source, job in jobs:
        for found in _of_job(pipeline, source, job, default_branch):
            if isinstance(found, Problem):
                unknown[found] = None
            else:
                causes[found] = None
    return Reach(tuple(causes), tuple(unknown))


def _of_job(pipeline: Pipeline, source: Source, job: Job, default_branch: str | None) -> Iterator[Cause | Problem]:
    place = source.place(job.key)
    reaching = narrowed(_started(pipeline, source, default_branch, _DEEPEST), _condition(job))
    if not reaching:
        return
    names = environments(job, source, [caller for _, caller in pipeline.callers(source)])
    if names is None:
        yield Problem(place, f"the environment of the job {job.id} is only known when it runs")
        return
    for trigger in reaching:
        for name in names:
            if name:
                yield Cause("environment", name, trigger.event, place)
        if not names or "" in names:
            if trigger.pattern == DEFAULT_BRANCH:
                yield Problem(place, f"the job {job.id} runs on the default branch, whose name is not known")
            else:
                yield Cause(trigger.kind, trigger.pattern, trigger.event, place)


def _started(pipeline: Pipeline, source: Source, default_branch: str | None, depth: int) -> list[Trigger]:
    """Return what starts a workflow, be it by way of others in this repository."""
    own = [
        replace(trigger, pattern=default_branch) if trigger.pattern == DEFAULT_BRANCH and default_branch else trigger
        for trigger in triggers(source.get("on"))
    ]
    if not depth:
        return own
    for caller, job in pipeline.callers(source):
        own += narrowed(_started(pipeline, caller, default_branch, depth - 1), _condition(job))
    return list(dict.fromkeys(own))


def _condition(job: Job) -> str | None:
    found = scalar_of(job.node, "if")
    return found.value if found else None
