"""Keys in `env`: of a job, of its steps, or of a workflow with one job. A step that assumes the role takes over.

What follows that step has the credentials too. So this is only done where it can't get in anybody's way: the job has
no other credentials, nobody calls the key by its name, and what runs before that step is GitHub's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cellenics_ci.workflows.actions import uses_of
from cellenics_ci.workflows.changes import INSERTED_ACTION, Changes, Wanted
from cellenics_ci.workflows.credentials import ROLE_INPUT, in_lines, session_inputs
from cellenics_ci.workflows.document import Job, Source, Step, pairs_of, scalar_of, value_of
from cellenics_ci.workflows.edits import (
    Edit,
    Entry,
    eol,
    indent,
    line_start,
    without_flow,
    without_lines,
)
from cellenics_ci.workflows.keys import variables_in
from cellenics_ci.workflows.pipeline import Pipeline
from cellenics_ci.yamltree import MapNode, Node, Scalar

_REGIONS: Final = ("AWS_REGION", "AWS_DEFAULT_REGION")
_OTHER_CREDENTIALS: Final = ("AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_PROFILE", "AWS_ROLE_ARN")


@dataclass(frozen=True, slots=True)
class Holder:
    """An `env` that sets the pair, with its key, and the step it belongs to (None: to a job or the workflow)."""

    key: Scalar
    env: MapNode
    pair: tuple[Entry, Entry]
    step: Step | None


def holders(source: Source, job: Job) -> list[Holder]:
    """Return what sets the pair as variables for a job and its steps."""
    places: list[tuple[Node | None, Step | None]] = [(source.root, None), (job.node, None)]
    places += [(step.node, step) for step in job.steps]
    found = []
    for node, step in places:
        for key, env in pairs_of(node):
            pair = variables_in(env) if key.value == "env" else None
            if pair is not None and isinstance(env, MapNode):
                found.append(Holder(key, env, pair, step))
    return found


def check_users(changes: Changes, pipeline: Pipeline, source: Source, job: Job, found: Sequence[Holder]) -> None:
    """Refuse other people's actions that get the key by these variables: many do not know session tokens."""
    given = [holder.step for holder in found if holder.step is not None]
    users = given if len(given) == len(found) else job.steps
    for where, step, _ in pipeline.steps(source, users):
        uses = uses_of(step.uses.value) if step.uses else None
        if step.uses is None or uses is None or uses.minds_session:
            continue
        sentence = f"{uses.target} gets the key in its variables: can it use a role's, with a session token?"
        changes.refuse(where, step.uses, sentence)
    for step in users:
        if step.uses is not None and uses_of(step.uses.value).local and pipeline.action(step) is None:
            changes.refuse(source, step.uses, "a local action that gets the key in its variables was not found")


def to_step(changes: Changes, source: Source, job: Job, found: Sequence[Holder], wanted: Wanted) -> None:
    """Note what puts a step that assumes the role in place of variables."""
    target = _first_user(changes, source, job, found)
    if target is None:
        return
    region = _region(changes, source, job, found, wanted)
    condition = _condition(changes, source, found)
    remove(changes, source, found)
    lines = [
        "- name: Configure AWS credentials",
        *([f"  if: {condition}"] if condition else []),
        f"  uses: {INSERTED_ACTION}",
        "  with:",
        f"    {ROLE_INPUT}: {wanted.role_arn}",
        f"    aws-region: {region}",
        *(f"    {name}: {value}" for name, value in session_inputs(job)),
    ]
    inserted = _before(source, target, lines)
    if inserted is None:
        changes.refuse(source, target.node, "no step can be put before this one: the steps are no plain block")
        return
    changes.edit(source, inserted)


def remove(changes: Changes, source: Source, found: Sequence[Holder]) -> None:
    """Note what takes the pair out of variables."""
    for holder in found:
        if holder.env.repeated:
            changes.refuse(source, holder.key, "these variables are used in several places by an alias")
        elif holder.env.flow:
            _remove_flow(changes, source, holder)
        elif not in_lines(source, list(holder.pair)):
            changes.refuse(source, holder.key, "the variables do not stand in lines of their own")
        elif len(holder.env.pairs) > len(holder.pair):
            changes.edit(source, *without_lines(source, holder.pair))
        elif in_lines(source, [(holder.key, holder.env)]):
            # The line of `env:` goes too; a comment between it and the pair stays.
            changes.edit(source, *without_lines(source, [(holder.key, holder.key), *holder.pair]))
        else:
            # It is the first key of a step, behind the dash: `env` stays, with nothing in it.
            after = source.text.index(":", holder.key.end) + 1
            changes.edit(source, Edit(after, after, " {}"), *without_lines(source, holder.pair))


def _remove_flow(changes: Changes, source: Source, holder: Holder) -> None:
    if len(holder.env.pairs) > len(holder.pair):
        changes.edit(source, *without_flow(source, holder.env, holder.pair))
    else:
        changes.edit(source, Edit(holder.env.start, holder.env.end, "{}"))


def _first_user(changes: Changes, source: Source, job: Job, found: Sequence[Holder]) -> Step | None:
    """Return the step before which credentials are needed."""
    if all(holder.step is not None for holder in found):
        return found[0].step
    for step in job.steps:
        if not _is_github_own(step):
            return step
    changes.refuse(source, job.key, "no step of the job can be seen to use the key of its env")
    return None


def only_github_before(job: Job, step: Step) -> bool:
    """Whether nothing but GitHub's own actions runs before a step: they have no use for AWS credentials."""
    return all(_is_github_own(before) for before in job.steps[: job.steps.index(step)])


def _is_github_own(step: Step) -> bool:
    return step.uses is not None and uses_of(step.uses.value).target.startswith("actions/")


def _condition(changes: Changes, source: Source, found: Sequence[Holder]) -> str | None:
    """Return the `if` of the steps that had the key: the step before them must not run where they do not."""
    steps = [holder.step for holder in found if holder.step is not None]
    if len(steps) < len(found):
        return None
    written = {source.text[step.condition.start : step.condition.end] if step.condition else None for step in steps}
    if len(written) > 1:
        changes.refuse(source, found[0].key, "the steps that have the key run under different conditions")
    condition = next(iter(written))
    if condition is not None and "\n" in condition:
        changes.refuse(source, found[0].key, "the condition of the step goes over several lines")
    return condition


def _region(changes: Changes, source: Source, job: Job, found: Sequence[Holder], wanted: Wanted) -> str:
    """Return the region that the job has in its variables; another one must not be set over it."""
    around = [source.get("env"), job.get("env")]
    own = [holder.env for holder in found if holder.step is not None]
    values: dict[str, str] = {}
    for env in [*around, *own]:
        for name in _REGIONS:
            value = scalar_of(env, name)
            if value is not None:
                values[value.value] = (
                    f"${{{{ env.{name} }}}}" if env in around else source.text[value.start : value.end]
                )
        if any(value_of(env, name) is not None for name in _OTHER_CREDENTIALS):
            changes.refuse(source, env or job.key, "there are other AWS credentials in the same variables")
    if len(values) > 1:
        changes.refuse(source, found[0].key, "the variables name several regions, and the role's step sets one")
    return next(iter(values.values()), wanted.region)


def _before(source: Source, step: Step, lines: Sequence[str]) -> Edit | None:
    """Put a step's lines before a step, and before the comments that belong to it."""
    text = source.text
    dash = text.rfind("-", 0, step.node.start)
    if dash < 0 or text[dash + 1 : step.node.start].strip() or text[line_start(text, dash) : dash].strip():
        return None
    start = line_start(text, dash)
    while start and text[line_start(text, start - 1) : start].lstrip().startswith("#"):
        start = line_start(text, start - 1)
    blanks, newline = indent(text, dash), eol(text, dash)
    parted = bool(start) and not text[line_start(text, start - 1) : start].strip()
    body = "".join(blanks + line + newline for line in lines)
    return Edit(start, start, body + newline if parted else body)
