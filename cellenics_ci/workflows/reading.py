"""From the files under .github to the facts: what every command that looks at pipelines reads them by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from cellenics_ci.model.names import PAIR_NAMES
from cellenics_ci.model.repositories import WorkflowFile
from cellenics_ci.workflows.actions import KEY_INPUTS, uses_of
from cellenics_ci.workflows.document import Job, Source, Step, pairs_of, scalar_of, value_of
from cellenics_ci.workflows.facts import (
    PAIR,
    UNKNOWN_PIPELINE,
    Call,
    CredentialStep,
    KeyRead,
    PipelineFacts,
    Problem,
    Via,
)
from cellenics_ci.workflows.pipeline import Pipeline, read_files
from cellenics_ci.workflows.reach import reach_of
from cellenics_ci.workflows.text import Mention, mentions, mentions_role
from cellenics_ci.yamltree import MapNode, Node, Scalar

_ROLE_INPUT = "role-to-assume"
_HANDED = re.compile(r"\$\{\{\s*inputs\.([\w-]+)\s*\}\}")


def read_pipeline(
    files: Iterable[WorkflowFile] | None, *, default_branch: str | None = None, role: str | None = None
) -> PipelineFacts:
    """Return what these files do; UNKNOWN_PIPELINE where they could not be listed (None).

    `role` is the name of the role that the repository has or is to have: jobs that assume another one by its plain
    name do not count into the reach. `default_branch` is what schedules and the like run on.
    """
    if files is None:
        return UNKNOWN_PIPELINE
    return facts_of(read_files(files), default_branch=default_branch, role=role)


def facts_of(pipeline: Pipeline, *, default_branch: str | None = None, role: str | None = None) -> PipelineFacts:
    """Return the facts of a pipeline that was read already."""
    reads = sorted(_all_reads(pipeline), key=lambda read: (read.place, read.secret))
    key_reads = tuple(read for read in reads if read.secret in (*PAIR_NAMES, PAIR))
    with_key, with_role, reaching, unseen = [], [], [], list[Problem]()
    for source in pipeline.sources.values():
        for job in source.jobs:
            steps = list(_taken(pipeline, source, job))
            named = [found for found in steps if found.role is not None]
            if _takes_key(source, job, key_reads, pipeline) or any(step.with_keys for step in steps):
                with_key.append(source.place(job.key))
                reaching.append((source, job))
            elif named:
                with_role.append(source.place(job.key))
                if any(_may_be(found.role or "", role) for found in named):
                    reaching.append((source, job))
            else:
                unseen += _unseen(pipeline, source, job)
    return PipelineFacts(
        key_reads=key_reads,
        token_reads=tuple(read for read in reads if read.secret not in PAIR_NAMES),
        credential_steps=tuple(_credential_steps(pipeline)),
        key_jobs=tuple(with_key),
        role_jobs=tuple(with_role),
        reach=reach_of(pipeline, reaching, default_branch, unseen),
        calls=tuple(_calls(pipeline)),
        problems=pipeline.problems,
        names_role=any(mentions_role(source.text) for source in pipeline.sources.values()),
        complete=not pipeline.missing,
    )


def _all_reads(pipeline: Pipeline) -> Iterator[KeyRead]:
    for source in pipeline.sources.values():
        spans = list(_spans(source))
        for mention in mentions(source.text):
            job, via = _context(spans, mention)
            if mention.inherited and job is not None and _known_call(pipeline, source, job):
                # What the called workflow reads is found there.
                continue
            yield KeyRead(source.place(mention.offset), mention.secret or PAIR, job, via)


def _known_call(pipeline: Pipeline, source: Source, job_id: str) -> bool:
    called = [pipeline.called(job) for job in source.jobs if job.id == job_id]
    return any(found is not None and found.root is not None for found in called)


Span = tuple[int, int, str | None, Via]


def _spans(source: Source) -> Iterator[Span]:
    """Yield what stands where, from the outside in."""
    yield from _span(source.get("env"), None, Via.WORKFLOW_ENV)
    for job in source.jobs:
        yield job.key.start, job.node.end, job.id, Via.TEXT
        yield from _span(job.mapping("env"), job.id, Via.JOB_ENV)
        yield from _span(job.mapping("secrets"), job.id, Via.CALL)
    for owner, step in source.all_steps():
        if owner is not None and not owner.has(step):
            # An alias: what it stands for is in another job, which comes first.
            continue
        name = owner.id if owner else None
        yield from _span(step.env, name, Via.STEP_ENV)
        yield from _span(step.run, name, Via.SCRIPT)
        yield from _span(step.inputs, name, _input_of(step))


def _span(node: Node | None, job: str | None, via: Via) -> Iterator[Span]:
    if node is not None:
        yield node.start, node.end, job, via


def _input_of(step: Step) -> Via:
    uses = uses_of(step.uses.value) if step.uses else None
    if uses is None:
        return Via.TEXT
    if uses.is_credentials_action:
        return Via.CREDENTIALS
    return Via.LOCAL_ACTION if uses.local else Via.OTHER_ACTION


def _context(spans: list[Span], mention: Mention) -> tuple[str | None, Via]:
    job, via = None, Via.TEXT
    for start, end, owner, kind in spans:
        if start <= mention.offset < end:
            job, via = owner, kind
    if mention.inherited:
        return job, Via.INHERIT
    return job, via if mention.secret else Via.ANYTHING


def _takes_key(source: Source, job: Job, reads: tuple[KeyRead, ...], pipeline: Pipeline) -> bool:
    """Whether a job itself is handed the pair. One that only passes it on to a workflow read here is not."""
    for read in reads:
        if read.place.file != source.path or read.via is Via.ANYTHING:
            continue
        everybodys = read.via is Via.WORKFLOW_ENV and bool(job.steps)
        own = read.job == job.id and not (read.via is Via.CALL and pipeline.called(job))
        repeated = any(not job.has(step) and source.holds(step.node, read.place.line) for step in job.steps)
        if everybodys or own or repeated:
            return True
    return False


def _taken(pipeline: Pipeline, source: Source, job: Job) -> Iterator[CredentialStep]:
    """Yield how a job takes credentials; what a local action hands on from its inputs, its user gives."""
    for where, step, user in pipeline.steps(source, job.steps):
        found = _credentials(where, step)
        if found is not None and user is not None:
            keyed, role = (_given(where, step, user, name) for name in (KEY_INPUTS[0], _ROLE_INPUT))
            found = replace(found, with_keys=keyed is not None, role=role)
        if found is not None:
            yield found


def _given(action: Source, step: Step, user: Step, name: str) -> str | None:
    """Return what a step of a local action gives to an input, as it comes from the step that uses the action."""
    written = input_of(step.inputs, name)
    handed = _HANDED.fullmatch(written.strip()) if written else None
    if handed is None:
        return written
    default = scalar_of(value_of(action.get("inputs"), handed[1]), "default")
    return input_of(user.inputs, handed[1].casefold()) or (default.value if default else None) or None


def _credential_steps(pipeline: Pipeline) -> Iterator[CredentialStep]:
    for source in pipeline.sources.values():
        for job, step in source.all_steps():
            found = _credentials(source, step, job)
            if found is not None:
                yield found


def _credentials(source: Source, step: Step, job: Job | None = None) -> CredentialStep | None:
    if step.uses is None or not uses_of(step.uses.value).is_credentials_action:
        return None
    role = input_of(step.inputs, _ROLE_INPUT)
    return CredentialStep(
        place=source.place(step.uses),
        job=job.id if job else None,
        uses=step.uses.value,
        with_keys=input_of(step.inputs, KEY_INPUTS[0]) is not None,
        role=role,
    )


def input_of(inputs: MapNode | None, name: str) -> str | None:
    """Return what a step gives to an input, None for nothing. GitHub does not mind the case of an input's name."""
    for key, value in pairs_of(inputs):
        if key.value.casefold() == name:
            given = scalar_of(inputs, key.value)
            return given.value if given is not None and given is value and given.value.strip() else None
    return None


def _may_be(written: str, role: str | None) -> bool:
    """Whether what is written as a role's name or ARN may be this role."""
    return role is None or "${{" in written.rpartition("/")[2] or written.rpartition("/")[2] == role


def _unseen(pipeline: Pipeline, source: Source, job: Job) -> Iterator[Problem]:
    """Yield where a job that may ask for a token goes on to what was not read, and may assume a role there."""
    if not _asks_for_token(source, job):
        return
    if job.uses is not None and pipeline.called(job) is None:
        yield Problem(source.place(job.uses), f"this workflow, which was not read, may assume a role for job {job.id}")
    for where, step, _ in pipeline.steps(source, job.steps):
        if step.uses is not None and uses_of(step.uses.value).local and pipeline.action(step) is None:
            sentence = f"this action, which was not found, may assume a role for job {job.id}"
            yield Problem(where.place(step.uses), sentence)


def _asks_for_token(source: Source, job: Job) -> bool:
    given = job.get("permissions") or source.get("permissions")
    if isinstance(given, Scalar):
        return given.value == "write-all"
    granted = scalar_of(given, "id-token")
    return granted is not None and granted.value == "write"


def _calls(pipeline: Pipeline) -> Iterator[Call]:
    for source in pipeline.sources.values():
        for job in source.jobs:
            if job.uses is not None and not uses_of(job.uses.value).local:
                yield Call(source.place(job.uses), job.id, job.uses.value)
