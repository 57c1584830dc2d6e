"""What a file says apart from keys, roles and permissions: a rewriting must not touch it."""

from __future__ import annotations

from typing import Any

from cellenics_ci.model.names import PAIR_NAMES
from cellenics_ci.workflows.changes import INSERTED_ACTION
from cellenics_ci.workflows.keys import is_secret, is_variable
from cellenics_ci.yamltree import Scalar
from tests.workflows.loading import load

_KEY_INPUTS = ("aws-access-key-id", "aws-secret-access-key")
_ROLE_INPUTS = ("role-to-assume", "role-duration-seconds")


def rest_of(text: str) -> Any:
    """Return a file's value without what a rewriting is about."""
    root = load(text)
    if not isinstance(root, dict):
        return root
    root.pop("permissions", None)
    for job in _values(root.get("jobs")):
        job.pop("permissions", None)
        _without_pair(job, "secrets")
    for holder in (root, *_values(root.get("jobs"))):
        _without_pair(holder, "env")
        if "steps" in holder:
            holder["steps"] = _steps(holder["steps"])
    return _without_declarations(root)


def _without_declarations(root: dict[str, Any]) -> dict[str, Any]:
    on = root.get("on")
    if isinstance(on, dict) and isinstance(on.get("workflow_call"), dict):
        _without_pair(on["workflow_call"], "secrets", plain=True)
        on["workflow_call"] = on["workflow_call"] or None
    if isinstance(root.get("inputs"), dict):
        root["inputs"].pop("role-to-assume", None)
        for declared in _values(root["inputs"]):
            declared.pop("required", None)
    runs = root.get("runs")
    if isinstance(runs, dict) and "steps" in runs:
        runs["steps"] = _steps(runs["steps"])
    return root


def _steps(steps: Any) -> Any:
    if not isinstance(steps, list):
        return steps
    kept = []
    for step in steps:
        if not isinstance(step, dict) or _inserted(step):
            continue
        _without_pair(step, "env")
        if isinstance(step.get("with"), dict):
            step["with"] = {name: value for name, value in step["with"].items() if not _about(step, name, value)}
        kept.append(step)
    return kept


def _inserted(step: dict[str, Any]) -> bool:
    return step.get("uses") == INSERTED_ACTION and step.get("name") == "Configure AWS credentials"


def _about(step: dict[str, Any], name: str, value: Any) -> bool:
    """Whether an input is one that a rewriting may set or take out."""
    if name.casefold() in (*_KEY_INPUTS, *_ROLE_INPUTS) or _is_pair(value):
        return True
    return name == "aws-region" and value == "${{ vars.AWS_REGION }}" and "role-to-assume" in step["with"]


def _without_pair(holder: dict[str, Any], key: str, *, plain: bool = False) -> None:
    found = holder.get(key)
    if isinstance(found, dict):
        left = {name: value for name, value in found.items() if not (name in PAIR_NAMES and (plain or _is_pair(value)))}
        if left:
            holder[key] = left
        else:
            del holder[key]


def _is_pair(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    node = Scalar(value, True, "", 1)
    return any(is_secret(node, name) or is_variable(node, name) for name in PAIR_NAMES)


def _values(mapping: Any) -> list[dict[str, Any]]:
    return [value for value in mapping.values() if isinstance(value, dict)] if isinstance(mapping, dict) else []
