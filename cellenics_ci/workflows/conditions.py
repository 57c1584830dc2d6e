"""What an `if:` says about the trigger, as far as it is a plain conjunction. Anything else narrows nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from cellenics_ci.workflows.patterns import matches
from cellenics_ci.workflows.triggers import ANY, DEFAULT_BRANCH, Trigger

_EQUAL = re.compile(r"github\.(ref|ref_name|ref_type|event_name)\s*(==|!=)\s*'([^']*)'")
_STARTS = re.compile(r"startsWith\(\s*github\.ref\s*,\s*'refs/(heads|tags)/([^'*]*)'\s*\)", re.IGNORECASE)
_GROUP = re.compile(r"(?<!\w)\(")
_KINDS: Final = {"heads": "branch", "tags": "tag"}


def narrowed(triggers: list[Trigger], condition: str | None) -> list[Trigger]:
    """Return the triggers under which a condition can hold: never fewer than there are."""
    text = (condition or "").strip()
    if text.startswith("${{") and text.endswith("}}"):
        text = text[3:-2].strip()
    if not text or "||" in text or "${{" in text or _GROUP.search(text):
        return triggers
    for part in text.split("&&"):
        triggers = [kept for trigger in triggers if (kept := _apply(part.strip(), trigger)) is not None]
    return triggers


def _apply(part: str, trigger: Trigger) -> Trigger | None:
    """Return the trigger as this part of a condition lets it through, None where it never does."""
    if equal := _EQUAL.fullmatch(part):
        what, operator, value = equal.groups()
        return _COMPARED[what](trigger, operator == "==", value)
    if starts := _STARTS.fullmatch(part):
        return _beginning(trigger, _KINDS[starts[1]], starts[2])
    return trigger


def _event(trigger: Trigger, wanted: bool, value: str) -> Trigger | None:
    return trigger if (trigger.event == value) is wanted else None


def _ref(trigger: Trigger, wanted: bool, value: str) -> Trigger | None:
    _, _, rest = value.partition("/")
    kind, _, name = rest.partition("/")
    return _named(trigger, wanted, _KINDS.get(kind, ""), name)


def _ref_name(trigger: Trigger, wanted: bool, value: str) -> Trigger | None:
    return _named(trigger, wanted, trigger.kind, value)


def _ref_type(trigger: Trigger, wanted: bool, value: str) -> Trigger | None:
    if trigger.kind not in ("branch", "tag"):
        return trigger
    return trigger if (trigger.kind == value) is wanted else None


def _named(trigger: Trigger, wanted: bool, kind: str, name: str) -> Trigger | None:
    """Narrow a pattern to the one name. A pull request's ref is its own (`refs/pull/1/merge`), no branch's."""
    if not wanted:
        return None if (trigger.kind, trigger.pattern) == (kind, name) else trigger
    if trigger.kind != kind or trigger.kind == "pull_request":
        return None
    possible = trigger.pattern == DEFAULT_BRANCH or matches(trigger.pattern, name)
    return Trigger(trigger.event, trigger.kind, name) if possible else None


def _beginning(trigger: Trigger, kind: str, start: str) -> Trigger | None:
    if trigger.kind != kind:
        return None
    return Trigger(trigger.event, trigger.kind, f"{start}**") if trigger.pattern == ANY else trigger


_COMPARED: Final[dict[str, Callable[[Trigger, bool, str], Trigger | None]]] = {
    "event_name": _event,
    "ref": _ref,
    "ref_name": _ref_name,
    "ref_type": _ref_type,
}
