"""Gives a job `id-token: write` without taking anything from it that it may live on.

- The job has `permissions`: the line is added there.
- The workflow has some: the job gets a copy of them with the line; other jobs get no right to a token.
- Neither has: the job gets what it needs of GITHUB_TOKEN where its steps show that. Where they do not, it gets what it
  had so far, which is the repository's default: contents and packages to read, or everything. Where the default is
  not known either, the job is left as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from cellenics_ci.workflows.document import Job, Source, pairs_of
from cellenics_ci.workflows.edits import Edit, Entry, inserted_after, last_offset, replaced
from cellenics_ci.workflows.facts import Problem
from cellenics_ci.workflows.pipeline import Pipeline
from cellenics_ci.workflows.token_use import TokenUse, token_use
from cellenics_ci.yamltree import MapNode, Node, Scalar

TokenDefault: TypeAlias = Literal["read", "write"]
"""A repository's `default_workflow_permissions` (REST: "Get default workflow permissions for a repository")."""

_ID_TOKEN = "id-token"  # noqa: S105 - a permission's name
_ALL = "write-all"


def grant(pipeline: Pipeline, source: Source, job: Job, default: TokenDefault | None) -> list[Edit] | Problem:
    """Return the edits that let a job ask for an OIDC token, or why it is left as it is."""
    own = job.get("permissions")
    if own is not None:
        return _extended(source, job.node, own)
    shared = source.get("permissions")
    if shared is not None:
        if len(source.jobs) == 1 and source.root is not None:
            return _extended(source, source.root, shared)
        return _copied(source, job, shared)
    needed = _needed(token_use(pipeline, source, job), default)
    if needed is None:
        sentence = (
            f"the job {job.id} has no `permissions`, and what it needs of GITHUB_TOKEN can't be told: name them in the "
            "job, then this can go on"
        )
        return Problem(source.place(job.key), sentence)
    return _added(source, job, needed)


def _needed(use: TokenUse, default: TokenDefault | None) -> list[str] | None:
    """Return the permissions of a job that has named none, None where they can't be told."""
    if use is TokenUse.NONE:
        return []
    if use is TokenUse.READ_CONTENTS or (use is TokenUse.WRITE_CONTENTS and default == "read"):
        return ["contents: read"]
    if use is TokenUse.WRITE_CONTENTS and default == "write":
        return ["contents: write"]
    # Exactly what it had: with `write-all` there is id-token among all the others.
    return {"read": ["contents: read", "packages: read"], "write": [_ALL]}.get(default or "")


def _extended(source: Source, holder: MapNode, given: Node) -> list[Edit] | Problem:
    if isinstance(given, Scalar):
        if given.value == _ALL:
            return []
        sentence = f"`permissions: {given.value}` can't be joined with `id-token: write`: name them one by one"
        return Problem(source.place(given), sentence)
    if not isinstance(given, MapNode) or given.repeated:
        return Problem(source.place(given), "these `permissions` are used in several places by an alias")
    entries = list(pairs_of(given))
    there = next((entry for entry in entries if entry[0].value == _ID_TOKEN), None)
    if there is not None:
        value = there[1]
        if isinstance(value, Scalar) and value.value == "write":
            return []
        return [replaced(there, f"{_ID_TOKEN}: write")]
    if not given.flow:
        return [inserted_after(source, entries[-1], [f"{_ID_TOKEN}: write"])]
    if entries:
        end = last_offset(entries[-1][1])
        return [Edit(end, end, f", {_ID_TOKEN}: write")]
    return [Edit(given.start, given.end, f"{{{_ID_TOKEN}: write}}")]


def _copied(source: Source, job: Job, shared: Node) -> list[Edit] | Problem:
    if isinstance(shared, Scalar):
        if shared.value == _ALL:
            return []
        return _extended(source, job.node, shared)
    pairs = [(key, value) for key, value in pairs_of(shared) if isinstance(value, Scalar)]
    if any(key.value == _ID_TOKEN and value.value == "write" for key, value in pairs):
        return []
    return _added(source, job, [f"{key.value}: {value.value}" for key, value in pairs if key.value != _ID_TOKEN])


def _added(source: Source, job: Job, needed: Sequence[str]) -> list[Edit] | Problem:
    anchor = next((entry for entry in pairs_of(job.node) if entry[0].value in ("runs-on", "uses")), None)
    if anchor is None or job.node.repeated:
        return Problem(source.place(job.key), f"`permissions` can't be added to the job {job.id}")
    if list(needed) == [_ALL]:
        return _placed(source, job, anchor, [f"permissions: {_ALL}"])
    wanted = [*needed, f"{_ID_TOKEN}: write"]
    if job.node.flow:
        return _placed(source, job, anchor, [f"permissions: {{{', '.join(wanted)}}}"])
    step = _step_width(source, job)
    return _placed(source, job, anchor, ["permissions:", *(" " * step + line for line in wanted)])


def _placed(source: Source, job: Job, anchor: Entry, lines: list[str]) -> list[Edit]:
    if job.node.flow:
        start = anchor[0].start
        return [Edit(start, start, f"{lines[0]}, ")]
    return [inserted_after(source, anchor, lines)]


def _step_width(source: Source, job: Job) -> int:
    """Return by how many columns this file indents: as far as the job's keys are from its name."""
    places = [place - source.text.rfind("\n", 0, place) for place in (job.key.start, job.node.start)]
    return max(places[1] - places[0], 1) if places[1] - places[0] <= 8 else 2
