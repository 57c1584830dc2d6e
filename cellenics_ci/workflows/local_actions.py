"""A local action that takes the pair as inputs and hands it to the credentials action: it learns to take a role too.

A composite action sees neither secrets nor variables (actions/runner issues 2551 and 4311), so the role comes in as an
input. Its old inputs stay, and an empty one is as good as none: whoever else uses the action goes on as before.
"""

from __future__ import annotations

from typing import Final

from cellenics_ci.workflows.actions import KEY_INPUTS, uses_of
from cellenics_ci.workflows.changes import Changes, Wanted
from cellenics_ci.workflows.credentials import ROLE_INPUT, in_lines, inputs_of, swapped, why_not
from cellenics_ci.workflows.document import Source, Step, pairs_of, scalar_of
from cellenics_ci.workflows.edits import Edit, Entry, inserted_after
from cellenics_ci.workflows.keys import is_input, pair_in
from cellenics_ci.yamltree import MapNode, Node

_PASSED: Final = f"${{{{ inputs.{ROLE_INPUT} }}}}"


def to_role(changes: Changes, source: Source, step: Step, action: Source | None, wanted: Wanted) -> None:
    """Note what makes a step with a local action hand it the role in place of the pair."""
    pair = pair_in(inputs_of(step).values())
    if action is None or action.root is None:
        changes.refuse(source, step.uses or step.node, "the local action that takes the key was not found")
        return
    if pair is None or step.inputs is None:
        changes.refuse(source, step.node, "the local action takes only a part of the key, or more than one")
        return
    names = (pair[0][0].value, pair[1][0].value)
    inner = _taking(action, names)
    if inner is None:
        sentence = f"the local action {action.path} does more with the key than to hand it to the credentials action"
        changes.refuse(source, step.uses or step.node, sentence)
        return
    if step.node.repeated or step.inputs.repeated:
        changes.refuse(source, step.node, "the step is used in several places by an alias")
        return
    entries = sorted(pair, key=lambda entry: entry[0].start)
    if not step.inputs.flow and not in_lines(source, entries):
        changes.refuse(source, entries[0][0], "the key's inputs do not stand in lines of their own")
        return
    changes.edit(source, *swapped(source, step.inputs, entries, [(ROLE_INPUT, wanted.role_arn)]))
    _teach(changes, action, inner, names)


def _taking(action: Source, names: tuple[str, str]) -> Step | None:
    """Return the one step that gets the inputs, None where they are used for anything else."""
    found = None
    for step in action.steps:
        inputs = inputs_of(step)
        if step.uses is None or not uses_of(step.uses.value).is_credentials_action or found is not None:
            continue
        if all(
            kind in inputs and is_input(inputs[kind][1], name) for kind, name in zip(KEY_INPUTS, names, strict=True)
        ):
            found = step
    uses = [action.text.casefold().count(f"inputs.{name.casefold()}") for name in names]
    return found if uses == [1, 1] and "inputs[" not in action.text else None


def _teach(changes: Changes, action: Source, step: Step, names: tuple[str, str]) -> None:
    """Note what makes a local action take a role. Whoever comes second finds it done or asks for the same edits."""
    inputs = inputs_of(step)
    there = inputs.get(ROLE_INPUT)
    declared = action.get("inputs")
    if there is not None:
        if not is_input(there[1], ROLE_INPUT):
            changes.refuse(action, there[0], "the local action uses the key to assume another role")
        return
    problem = why_not(action, step)
    if problem:
        changes.refuse(action, step.uses or step.node, problem)
        return
    last = inputs[KEY_INPUTS[1]]
    assert step.inputs is not None
    if not isinstance(declared, MapNode) or declared.flow or step.inputs.flow or not in_lines(action, [last]):
        changes.refuse(action, declared or step.node, "the local action's inputs are no plain block")
        return
    changes.edit(action, inserted_after(action, last, [f"{ROLE_INPUT}: {_PASSED}"]))
    if any(key.value == ROLE_INPUT for key, _ in pairs_of(declared)):
        return
    ours = [(key, value) for key, value in pairs_of(declared) if key.value in names]
    for _, value in ours:
        changes.edit(action, *_optional(value))
    place = max(ours or list(pairs_of(declared)), key=lambda entry: entry[0].start)
    width = " " * _width(action, place)
    lines = [
        f"{ROLE_INPUT}:",
        f"{width}description: The IAM role to assume, in place of an access key",
        f"{width}required: false",
    ]
    changes.edit(action, inserted_after(action, place, lines))


def _optional(declared: Node) -> list[Edit]:
    """Return what makes an input one that may be missing."""
    required = scalar_of(declared, "required")
    if required is None or required.value.lower() != "true":
        return []
    return [Edit(required.start, required.end, "false")]


def _width(action: Source, entry: Entry) -> int:
    """Return by how many columns the action's file indents."""
    key, value = entry
    if not isinstance(value, MapNode) or value.flow:
        return 2
    columns = [place - action.text.rfind("\n", 0, place) for place in (key.start, value.start)]
    return max(columns[1] - columns[0], 1)
