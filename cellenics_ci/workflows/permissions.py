"""Gives a job `id-token: write` without taking anything from it that it may live on.

- The job has `permissions`: the line is added there.
- The workflow has some: the job gets a copy of them with the line; other jobs get no right to a token.
- Neither has: the job gets what it needs of GITHUB_TOKEN where its steps show that. Where they do not, it gets what it
  had so far, which is the repository's default: contents and packages to read, or everything. Where the default is
  not known either, the job is left as it is.
- A called workflow can't have more than the job that calls it ("Reuse workflows"). Where it names no permissions it
  has its caller's, so the line is only added there; and a caller that names none needs what is named in what it calls.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Literal, TypeAlias

from cellenics_ci.workflows.document import Job, Source, pairs_of
from cellenics_ci.workflows.edits import Edit, Entry, inserted_after, last_offset, replaced
from cellenics_ci.workflows.facts import Problem
from cellenics_ci.workflows.pipeline import Pipeline
from cellenics_ci.workflows.token_use import TokenUse, token_use
from cellenics_ci.workflows.triggers import CALL, events
from cellenics_ci.yamltree import MapNode, Node, Scalar

TokenDefault: TypeAlias = Literal["read", "write"]
"""A repository's `default_workflow_permissions` (REST: "Get default workflow permissions for a repository")."""
Levels: TypeAlias = Mapping[str, str]

_ID_TOKEN: Final = "id-token"  # noqa: S105 - a permission's name
_ALL: Final = "write-all"
_EVERYTHING: Final[Levels] = {_ALL: ""}
"""Stands for `permissions: write-all`."""
# What the two defaults are: "Permissions for the GITHUB_TOKEN". With `write-all` there is id-token among all others.
_DEFAULTS: Final[Mapping[TokenDefault, Levels]] = {
    "read": {"contents": "read", "packages": "read"},
    "write": _EVERYTHING,
}


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
    started = events(source.get("on"))
    if CALL in started and pipeline.callers(source):
        if len(started) == 1:
            return []
        sentence = (
            f"the job {job.id} has no `permissions`, and it is both called and started by itself: name them there"
        )
        return Problem(source.place(job.key), sentence)
    needed = _needed(pipeline, source, job, default)
    if needed is None:
        sentence = (
            f"the job {job.id} has no `permissions`, and what it needs of GITHUB_TOKEN can't be told: name them in the "
            "job, then this can go on"
        )
        return Problem(source.place(job.key), sentence)
    return _added(source, job, needed)


def _needed(pipeline: Pipeline, source: Source, job: Job, default: TokenDefault | None) -> Levels | None:
    """Return the permissions of a job that has named none, None where they can't be told."""
    needed: dict[str, str] = {}
    for where, one in _working(pipeline, source, job):
        levels = _named(where, one)
        if levels is None:
            levels = _of_use(token_use(pipeline, where, one), default)
        if levels is None:
            return None
        for name, level in levels.items():
            needed[name] = max(needed.get(name, ""), level, key=("", "none", "read", "write").index)
    return _EVERYTHING if _ALL in needed else needed


def _working(pipeline: Pipeline, source: Source, job: Job) -> Iterator[tuple[Source, Job]]:
    """Yield the jobs that work in a job's name: itself, or those of the workflows that it calls."""
    waiting = [(source, job)]
    seen = {source.path}
    while waiting:
        where, one = waiting.pop()
        called = pipeline.called(one)
        if called is None:
            yield where, one
        elif called.path not in seen:
            seen.add(called.path)
            waiting += [(called, inner) for inner in called.jobs]


def _named(source: Source, job: Job) -> Levels | None:
    """Return the permissions that a job or its workflow names one by one, None where it does not."""
    given = job.get("permissions") or source.get("permissions")
    if not isinstance(given, MapNode):
        return None
    return {key.value: value.value for key, value in pairs_of(given) if isinstance(value, Scalar)}


def _of_use(use: TokenUse, default: TokenDefault | None) -> Levels | None:
    if use is TokenUse.NONE:
        return {}
    if use is TokenUse.READ_CONTENTS or (use is TokenUse.WRITE_CONTENTS and default == "read"):
        return {"contents": "read"}
    if use is TokenUse.WRITE_CONTENTS and default == "write":
        return {"contents": "write"}
    return _DEFAULTS[default] if default else None


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
        return [replaced(source, there, f"{_ID_TOKEN}: write")]
    if not given.flow:
        return [inserted_after(source, entries[-1], [f"{_ID_TOKEN}: write"])]
    if entries:
        end = last_offset(source.text, entries[-1][1])
        return [Edit(end, end, f", {_ID_TOKEN}: write")]
    return [Edit(given.start, given.end, f"{{{_ID_TOKEN}: write}}")]


def _copied(source: Source, job: Job, shared: Node) -> list[Edit] | Problem:
    if isinstance(shared, Scalar):
        return _extended(source, job.node, shared)
    levels = _named(source, job) or {}
    if levels.get(_ID_TOKEN) == "write":
        return []
    return _added(source, job, levels)


def _added(source: Source, job: Job, needed: Levels) -> list[Edit] | Problem:
    anchor = next((entry for entry in pairs_of(job.node) if entry[0].value in ("runs-on", "uses")), None)
    if anchor is None or job.node.repeated:
        return Problem(source.place(job.key), f"`permissions` can't be added to the job {job.id}")
    if needed is _EVERYTHING:
        return _placed(source, job, anchor, [f"permissions: {_ALL}"])
    wanted = [f"{name}: {level}" for name, level in needed.items() if name != _ID_TOKEN] + [f"{_ID_TOKEN}: write"]
    if job.node.flow:
        return _placed(source, job, anchor, [f"permissions: {{{', '.join(wanted)}}}"])
    width = " " * _step_width(source, job)
    return _placed(source, job, anchor, ["permissions:", *(width + line for line in wanted)])


def _placed(source: Source, job: Job, anchor: Entry, lines: list[str]) -> list[Edit]:
    if job.node.flow:
        start = anchor[0].start
        return [Edit(start, start, f"{lines[0]}, ")]
    return [inserted_after(source, anchor, lines)]


def _step_width(source: Source, job: Job) -> int:
    """Return by how many columns this file indents: as far as the job's keys are from its name."""
    outer, inner = (place - source.text.rfind("\n", 0, place) for place in (job.key.start, job.node.start))
    return inner - outer if 1 <= inner - outer <= 8 else 2
