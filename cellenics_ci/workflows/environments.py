"""Which environments a job may name: a plain name, or the names that its expression can come to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from cellenics_ci.workflows.document import Job, Source, items_of, scalar_of, value_of
from cellenics_ci.workflows.triggers import CALL
from cellenics_ci.yamltree import MapNode, Scalar

_WHOLE = re.compile(r"\$\{\{\s*(.*?)\s*\}\}", re.DOTALL)
_CHOICE = re.compile(r"[^|]+?&&\s*'([^']+)'\s*\|\|\s*'([^']*)'")
_LOOKUP = re.compile(r"(?:github\.event\.)?(inputs|matrix)\.([\w-]+)")
NOT_TOLD: Final = None


def environments(job: Job, source: Source, callers: Iterable[Job]) -> tuple[str, ...] | None:
    """Return the names that a job's `environment` may have, none where it names none, NOT_TOLD where only a run tells.

    "" among them stands for runs in which it names none. `callers` are the jobs that call this workflow.
    """
    given = job.get("environment")
    name = scalar_of(given, "name") if isinstance(given, MapNode) else given
    if not isinstance(name, Scalar) or name.is_null:
        return () if given is None or isinstance(given, Scalar) else NOT_TOLD
    if "${{" not in name.value:
        return (name.value,)
    whole = _WHOLE.fullmatch(name.value.strip())
    if whole is None:
        return NOT_TOLD
    if choice := _CHOICE.fullmatch(whole[1]):
        return tuple(sorted(set(choice.groups())))
    lookup = _LOOKUP.fullmatch(whole[1])
    if lookup is None:
        return NOT_TOLD
    values = _matrix(job, lookup[2]) if lookup[1] == "matrix" else _inputs(source, lookup[2], callers)
    return _all_plain(values)


def _all_plain(values: Iterable[str | None]) -> tuple[str, ...] | None:
    found = list(values)
    plain = [value for value in found if value is not None and "${{" not in value]
    return tuple(sorted(set(plain))) if plain and len(plain) == len(found) else NOT_TOLD


def _matrix(job: Job, name: str) -> Iterator[str | None]:
    matrix = value_of(job.get("strategy"), "matrix")
    axis = value_of(matrix, name)
    if isinstance(axis, Scalar):
        yield None  # the whole axis is an expression
    yield from (item.value for item in items_of(axis) if not isinstance(axis, Scalar))
    included = value_of(matrix, "include")
    if isinstance(included, Scalar):
        yield None
    elif included is not None and not isinstance(included, MapNode):
        entries = [scalar_of(entry, name) for entry in included.items]
        if axis is None:
            yield from ("" if entry is None else entry.value for entry in entries)
        else:
            yield from (entry.value for entry in entries if entry is not None)


def _inputs(source: Source, name: str, callers: Iterable[Job]) -> Iterator[str | None]:
    """Yield what an input can be: the options of a choice, the default, and what calling jobs give."""
    on = source.get("on")
    by_hand = value_of(value_of(value_of(on, "workflow_dispatch"), "inputs"), name)
    if by_hand is not None:
        options = items_of(value_of(by_hand, "options"))
        yield from (option.value for option in options) if options else (None,)
    called = value_of(value_of(value_of(on, CALL), "inputs"), name)
    if called is not None:
        default = scalar_of(called, "default")
        for caller in callers:
            given = scalar_of(caller.mapping("with"), name) or default
            yield "" if given is None else given.value
