"""From a workflow's `on:` to the refs that its runs have, as GitHub says them in a token's `sub`.

Which ref an event has: "Events that trigger workflows" in GitHub's docs. What becomes of it in `sub`: "OpenID Connect
reference" there: `repo:O/R:environment:NAME` where the job names an environment, else `repo:O/R:pull_request` for
pull requests, else `repo:O/R:ref:REF`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cellenics_ci.workflows.document import items_of, pairs_of, value_of
from cellenics_ci.workflows.facts import TrustKind
from cellenics_ci.yamltree import MapNode, Node

ANY: Final = "**"
DEFAULT_BRANCH: Final = "HEAD"
"""Stands for the default branch until its name is known. No branch can be called HEAD (git check-ref-format)."""
CALL: Final = "workflow_call"

_PULL_REQUEST: Final = ("pull_request", "pull_request_review", "pull_request_review_comment")
_ANY_REF: Final = ("workflow_dispatch", "create", "deployment", "deployment_status")
_QUEUE: Final = "gh-readonly-queue"


@dataclass(frozen=True, slots=True)
class Trigger:
    """An event and the ref of its runs; `pattern` is "" for pull requests."""

    event: str
    kind: TrustKind
    pattern: str


def events(on: Node | None) -> dict[str, Node | None]:
    """Return the events that start a workflow with their filters."""
    if isinstance(on, MapNode):
        return {key.value: value for key, value in pairs_of(on)}
    return {item.value: None for item in items_of(on)}


def triggers(on: Node | None) -> list[Trigger]:
    """Return what starts a workflow. `workflow_call` is not among it: that run is its caller's."""
    return [found for event, filters in events(on).items() for found in _of(event, filters)]


def _of(event: str, filters: Node | None) -> Iterator[Trigger]:
    if event == CALL:
        return
    if event == "push":
        yield from _pushes(filters)
    elif event in _PULL_REQUEST:
        yield Trigger(event, "pull_request", "")
    elif event == "pull_request_target":
        # It runs as the branch that the pull request is to be merged into.
        for pattern in _wanted(filters, "branches") or (ANY,):
            yield Trigger(event, "branch", pattern)
    elif event == "merge_group":
        for pattern in _wanted(filters, "branches") or (ANY,):
            yield Trigger(event, "branch", f"{_QUEUE}/{pattern}" if pattern == ANY else f"{_QUEUE}/{pattern}/**")
    elif event in _ANY_REF:
        yield Trigger(event, "branch", ANY)
        yield Trigger(event, "tag", ANY)
    elif event in ("release", "registry_package"):
        yield Trigger(event, "tag", ANY)
    else:
        # schedule, workflow_run, repository_dispatch, issues and all the others.
        yield Trigger(event, "branch", DEFAULT_BRANCH)


def _pushes(filters: Node | None) -> Iterator[Trigger]:
    """A filter on branches alone leaves tags out, and the other way round; without either, both start it."""
    branches = any(value_of(filters, name) is not None for name in ("branches", "branches-ignore"))
    tags = any(value_of(filters, name) is not None for name in ("tags", "tags-ignore"))
    if branches or not tags:
        for pattern in _wanted(filters, "branches") or (ANY,):
            yield Trigger("push", "branch", pattern)
    if tags or not branches:
        for pattern in _wanted(filters, "tags") or (ANY,):
            yield Trigger("push", "tag", pattern)


def _wanted(filters: Node | None, name: str) -> tuple[str, ...]:
    """Return a filter's patterns; what it takes away again (`!name`) can't be said in a role's trust."""
    return tuple(item.value for item in items_of(value_of(filters, name)) if not item.value.startswith("!"))
