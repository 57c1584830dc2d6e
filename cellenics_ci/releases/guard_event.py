"""What a guard's run is about: a pull request or a merge group, from Actions' event."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from cellenics_ci.errors import UsageProblem
from cellenics_ci.privileges.problems import shown
from cellenics_ci.releases.kinds import mapping, part
from cellenics_ci.releases.names import is_commit

OF_PULLS: Final = ("pull_request_target", "pull_request")
OF_GROUPS: Final = "merge_group"


@dataclass(frozen=True, slots=True)
class PullEvent:
    """Something happened to a pull request. `head` and `sender` are None where nobody told."""

    number: int
    head: str | None = None
    sender: str | None = None


@dataclass(frozen=True, slots=True)
class GroupEvent:
    """A merge queue wants to know about a batch of pull requests: the commits before and after it."""

    base: str
    head: str


GuardEvent: TypeAlias = PullEvent | GroupEvent


def read_guard_event(name: str, text: str) -> GuardEvent:
    """Return what an event is about. Raises UsageProblem for one that can't be read, or is about something else."""
    if name not in (*OF_PULLS, OF_GROUPS):
        raise UsageProblem(
            f"There is nothing to judge in the event {shown(name)}.",
            remedy=f"Run it on {OF_PULLS[0]} and {OF_GROUPS}, or name a pull request with --pull-request.",
        )
    try:
        told: Any = json.loads(text)
    except ValueError:
        raise _unreadable(name) from None
    return _group(told, name) if name == OF_GROUPS else _pull(told, name)


def _pull(told: Any, name: str) -> PullEvent:
    request = mapping(told, "pull_request")
    number, head, sender = request.get("number"), part(request, "head", "sha"), part(told, "sender", "login")
    if not isinstance(number, int) or isinstance(number, bool) or number < 1 or not isinstance(head, str):
        raise _unreadable(name)
    if not is_commit(head):
        raise _unreadable(name)
    return PullEvent(number, head, sender if isinstance(sender, str) else None)


def _group(told: Any, name: str) -> GroupEvent:
    base, head = part(told, "merge_group", "base_sha"), part(told, "merge_group", "head_sha")
    if not (isinstance(base, str) and isinstance(head, str) and is_commit(base) and is_commit(head)):
        raise _unreadable(name)
    return GroupEvent(base, head)


def _unreadable(name: str) -> UsageProblem:
    return UsageProblem(
        f"The event {name} can't be read: what it is about is not known.",
        remedy="GITHUB_EVENT_PATH names its file; or name a pull request with --pull-request.",
    )
