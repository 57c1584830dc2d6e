"""A step with the credentials action: its keys give way to the role."""

from __future__ import annotations

import re
from typing import Final

from cellenics_ci.model.names import PAIR_NAMES
from cellenics_ci.workflows.actions import KEY_INPUTS, oidc_problem, uses_of
from cellenics_ci.workflows.changes import Changes, Wanted
from cellenics_ci.workflows.document import Job, Source, Step, pairs_of, scalar_of, value_of
from cellenics_ci.workflows.edits import (
    Edit,
    Entry,
    eol,
    indent,
    line_end,
    line_start,
    replaced,
    stands_alone,
    without_flow,
    without_lines,
)
from cellenics_ci.workflows.keys import is_secret, is_variable
from cellenics_ci.yamltree import MapNode, Node, Scalar

ROLE_INPUT: Final = "role-to-assume"
LONGEST_SESSION: Final = 7200
"""Seconds for which `ci-role-<repo>` may be assumed: its MaxSessionDuration."""

_REGION_INPUT: Final = "aws-region"
_HOUR: Final = 60
_IN_THE_WAY: Final = {
    "aws-session-token": "the step is given a session token: these are no keys of a user",
    "web-identity-token-file": "the step has a web identity token of its own",
    "role-chaining": "the step chains roles",
    ROLE_INPUT: "the step uses the key to assume another role, which would have to trust GitHub, or ours, first",
}


def inputs_of(step: Step) -> dict[str, Entry]:
    """Return a step's inputs by their names in small letters."""
    return {key.value.casefold(): (key, value) for key, value in pairs_of(step.inputs)}


def takes_pair(step: Step) -> bool:
    """Whether this is the credentials action with the pair, from the secrets or from variables of their names."""
    if step.uses is None or not uses_of(step.uses.value).is_credentials_action:
        return False
    inputs = inputs_of(step)
    return all(
        name in inputs and (is_secret(inputs[name][1], secret) or is_variable(inputs[name][1], secret))
        for name, secret in zip(KEY_INPUTS, PAIR_NAMES, strict=True)
    )


def to_role(changes: Changes, source: Source, step: Step, job: Job, wanted: Wanted) -> None:
    """Note what makes a step that `takes_pair` assume the role."""
    problem = why_not(source, step)
    if problem or step.inputs is None:
        changes.refuse(source, step.uses or step.node, problem or "the step has no inputs")
        return
    inputs = inputs_of(step)
    extra = [entry for entry in session_inputs(job) if entry[0] not in inputs]
    if _REGION_INPUT not in inputs and not _region_around(source, job, step):
        extra.insert(0, (_REGION_INPUT, wanted.region))
    entries = sorted((inputs[name] for name in KEY_INPUTS), key=lambda entry: entry[0].start)
    if not step.inputs.flow and not in_lines(source, entries):
        changes.refuse(source, entries[0][0], "the key's inputs do not stand in lines of their own")
        return
    changes.take(source, swapped(source, step.inputs, entries, [(ROLE_INPUT, wanted.role_arn), *extra]))


def session_inputs(job: Job) -> list[tuple[str, str]]:
    """Return what a job needs that is known to take more than the hour which a session lasts by default."""
    minutes = _minutes(job)
    return [("role-duration-seconds", str(LONGEST_SESSION))] if minutes is not None and minutes > _HOUR else []


def too_long(job: Job) -> str | None:
    """Say why a session of the role may be too short for a job, None where it is not known to be."""
    minutes = _minutes(job)
    if minutes is None or minutes * 60 <= LONGEST_SESSION:
        return None
    return f"the job may take {minutes} min, the role gives {LONGEST_SESSION // 60} min at most"


def _minutes(job: Job) -> int | None:
    written = scalar_of(job.node, "timeout-minutes")
    return int(written.value) if written is not None and written.value.isdecimal() else None


def _region_around(source: Source, job: Job, step: Step) -> bool:
    """Whether the region is in variables: where the step names none, the action takes it from there."""
    around = (source.get("env"), job.get("env"), step.env)
    return any(value_of(env, name) is not None for env in around for name in ("AWS_REGION", "AWS_DEFAULT_REGION"))


def why_not(source: Source, step: Step) -> str | None:
    """Say why a step with the credentials action can't do without its keys, None where it can."""
    inputs = inputs_of(step)
    for name, sentence in _IN_THE_WAY.items():
        if name in inputs and not (isinstance(inputs[name][1], Scalar) and not _text(inputs[name][1])):
            return sentence
    duration = _text(inputs["role-duration-seconds"][1]) if "role-duration-seconds" in inputs else ""
    if duration.isdigit() and int(duration) > LONGEST_SESSION:
        return f"the step wants a session of {duration} s, the role gives {LONGEST_SESSION} s at most"
    if step.uses is None or step.node.repeated or (step.inputs is not None and step.inputs.repeated):
        return "the step is used in several places by an alias"
    line = source.text[line_start(source.text, step.uses.start) : line_end(source.text, step.uses.start)]
    return oidc_problem(uses_of(step.uses.value).ref, line)


def swapped(source: Source, mapping: MapNode, entries: list[Entry], new: list[tuple[str, str]]) -> list[Edit]:
    """Put new entries in place of the first old one, and take the other old ones out."""
    first, *others = entries
    if mapping.flow:
        text = ", ".join(f'{name}: "{value}"' for name, value in new)
        return [replaced(source, first, text), *without_flow(source, mapping, others)]
    newline = eol(source.text, first[0].start) + indent(source.text, first[0].start)
    text = newline.join(f"{name}: {value}" for name, value in new)
    return [replaced(source, first, text), *without_lines(source, others)]


def in_lines(source: Source, entries: list[Entry]) -> bool:
    """Whether each entry has its lines for itself, so that they can be changed without its neighbours."""
    return all(stands_alone(source.text, key) for key, _ in entries)


def _text(node: Node) -> str:
    return re.sub(r"\s+", "", node.value) if isinstance(node, Scalar) else "?"
