"""One job's change from keys to the role, or what stands in its way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from cellenics_ci.model.names import PAIR_NAMES
from cellenics_ci.workflows import credentials, local_actions, variables
from cellenics_ci.workflows.actions import KEY_INPUTS, Uses, uses_of
from cellenics_ci.workflows.calls import called_elsewhere, grant_upwards
from cellenics_ci.workflows.changes import Changes, Wanted
from cellenics_ci.workflows.document import Job, Source, Step, pairs_of, scalar_of, scalars
from cellenics_ci.workflows.edits import last_offset
from cellenics_ci.workflows.environments import environments
from cellenics_ci.workflows.keys import is_secret, names_key, pair_in
from cellenics_ci.workflows.pipeline import Pipeline
from cellenics_ci.workflows.text import Mention, mentions
from cellenics_ci.workflows.variables import Holder
from cellenics_ci.yamltree import Node

Span: TypeAlias = tuple[int, int]

_STRANGE_LINE_ENDS = re.compile("\r(?!\n)|[\x85\u2028\u2029]")
_BOTH: Final = (KEY_INPUTS, PAIR_NAMES)
_BY_NAME: Final = "it uses the key by its name; a role's key needs its session token beside it"


def change_job(changes: Changes, pipeline: Pipeline, source: Source, job: Job, wanted: Wanted) -> None:
    """Note the edits of a job that reads the pair, and of all that it needs from others; or the problems."""
    _check_place(changes, pipeline, source, job, wanted)
    held = variables.holders(source, job)
    takers = [step for step in job.steps if credentials.takes_pair(step) and (held or _from_secrets(step))]
    handing = [step for step in job.steps if _hands_on(step)]
    _check_rest(changes, pipeline, source, job, list(_understood(held, takers, handing, source.text)))
    if changes.problems:
        return
    if held:
        _change_variables(changes, pipeline, source, job, held, takers, wanted)
    else:
        for step in takers:
            credentials.to_role(changes, source, step, job, wanted)
    for step in handing:
        if credentials.session_inputs(job):
            changes.refuse(source, step.node, "the job may take over an hour, and its local action sets no duration")
        local_actions.to_role(changes, source, step, pipeline.action(step), wanted)
    grant_upwards(changes, pipeline, source, job, wanted)


def _change_variables(
    changes: Changes,
    pipeline: Pipeline,
    source: Source,
    job: Job,
    held: list[Holder],
    takers: list[Step],
    wanted: Wanted,
) -> None:
    variables.check_users(changes, pipeline, source, job, held)
    others = [step for step in job.steps if step not in takers and _takes_credentials(step)]
    if others:
        changes.refuse(source, others[0].node, "the job has other credentials besides the key in its variables")
    elif not takers:
        variables.to_step(changes, source, job, held, wanted)
    elif any(holder.step is not None for holder in held) or any(_from_secrets(step) for step in takers):
        changes.refuse(source, held[0].key, "the job has the key both in variables and in the credentials action")
    elif not variables.only_github_before(job, takers[0]):
        changes.refuse(source, held[0].key, "steps before the credentials action may use the key of the job's env")
    else:
        variables.remove(changes, source, held)
        for step in takers:
            credentials.to_role(changes, source, step, job, wanted)


def _check_place(changes: Changes, pipeline: Pipeline, source: Source, job: Job, wanted: Wanted) -> None:
    """Refuse jobs whose key is not the one that the role stands for, or that the role would not trust."""
    if _STRANGE_LINE_ENDS.search(source.text):
        changes.refuse(source, job.key, "the file has line ends that editors and YAML count differently")
    if called_elsewhere(pipeline, source, wanted):
        changes.refuse(source, job.key, "other repositories call this workflow, and the role trusts only this one")
    steps = job.get("steps")
    if job.node.repeated or (steps is not None and steps.repeated):
        changes.refuse(source, job.key, "the job, or its steps, are used in several places by an alias")
    lasts = credentials.too_long(job)
    if lasts:
        changes.refuse(source, job.key, lasts)
    names = environments(job, source, [caller for _, caller in pipeline.callers(source)])
    if names is None and wanted.foreign_environments:
        changes.refuse(source, job.key, "which environment's key it takes is only known when it runs")
    for name in sorted({name.casefold() for name in names or ()} & {n.casefold() for n in wanted.foreign_environments}):
        changes.refuse(source, job.key, f"it takes the key of the environment {name}, which is not ours")


def _check_rest(changes: Changes, pipeline: Pipeline, source: Source, job: Job, understood: list[Span]) -> None:
    """Refuse a job that reads the pair in another way too, or whose scripts call the key by its name."""
    spans = [(job.node.start, job.node.end)]
    environment = source.get("env")
    if environment is not None:
        spans.append((environment.start, environment.end))
    for mention in mentions(source.text):
        ours = mention.secret is None or mention.secret in PAIR_NAMES
        if not ours or not _within(mention.offset, spans):
            continue
        if not _within(mention.offset, spans[:1]) and len(source.jobs) > 1:
            sentence = "every job of the workflow gets the key: move it to the job that needs it"
            changes.refuse(source, mention.offset, sentence)
        elif not _within(mention.offset, understood):
            changes.refuse(source, mention.offset, _reason(job, mention))
    names = {id(scalar_of(node, "name")) for node in (job.node, *(step.node for step in job.steps))}
    told = {problem.place for problem in changes.problems}
    reading = list(mentions(source.text))
    for text in scalars(job.node):
        if id(text) in names or not names_key(text.value) or _within(text.start, understood):
            continue
        if source.place(text) not in told and not any(_in(text, mention) for mention in reading):
            changes.refuse(source, text, _BY_NAME)
    for where, step, _ in pipeline.steps(source, job.steps):
        if where is not source and step.run is not None and names_key(step.run.value):
            changes.refuse(where, step.run, _BY_NAME)


def _reason(job: Job, mention: Mention) -> str:
    """Say what a reading does that stands in the way."""
    if mention.secret is None:
        return "it reads all secrets, or one whose name is put together when it runs"
    for step in job.steps:
        if _in(step.run, mention):
            return "a script is given the key; a role's key needs its session token beside it"
        if _in(step.env, mention):
            return "the step's variables hold the key under other names, or only a part of it"
        if _in(step.inputs, mention) and step.uses is not None:
            return _reason_of_action(uses_of(step.uses.value))
    if any(_in(job.get(name), mention) for name in ("container", "services")):
        return "a container gets the key when it is started, before a role could be assumed"
    return "the key is used in a way that can't be changed safely"


def _reason_of_action(uses: Uses) -> str:
    if uses.is_credentials_action:
        return "the credentials action is not given just the pair here"
    if uses.resembles_credentials_action:
        return f"{uses.target} is a copy of the credentials action: what it does without a key is not known"
    return f"{uses.target} takes the key as an input: look whether it can use the role's, from its variables"


def _in(node: Node | None, mention: Mention) -> bool:
    return node is not None and node.start <= mention.offset < node.end


def _within(offset: int, spans: Iterable[Span]) -> bool:
    return any(start <= offset < end for start, end in spans)


def _understood(held: list[Holder], takers: list[Step], handing: list[Step], text: str) -> Iterator[Span]:
    """Yield where the pair stands in ways that are changed."""
    entries = [entry for holder in held for entry in holder.pair]
    for step in takers:
        inputs = credentials.inputs_of(step)
        entries += [inputs[name] for name in KEY_INPUTS]
    for step in handing:
        entries += pair_in(credentials.inputs_of(step).values()) or ()
    for key, value in entries:
        yield key.start, last_offset(text, value)


def _from_secrets(step: Step) -> bool:
    """Whether the credentials action gets the pair from the secrets themselves."""
    inputs = credentials.inputs_of(step)
    return all(name in inputs and is_secret(inputs[name][1], secret) for name, secret in zip(*_BOTH, strict=True))


def _takes_credentials(step: Step) -> bool:
    return step.uses is not None and uses_of(step.uses.value).is_credentials_action


def _hands_on(step: Step) -> bool:
    """Whether a step gives secrets of the pair to a local action."""
    if step.uses is None or not uses_of(step.uses.value).local:
        return False
    return any(is_secret(value, name) for _, value in pairs_of(step.inputs) for name in PAIR_NAMES)
