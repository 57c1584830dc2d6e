"""How far a delivery came that nobody saw end: told by which secrets' dates have moved, and which scopes it knew of."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cellenics_ci.model.keys import AccessKey
from cellenics_ci.model.scopes import Scope
from cellenics_ci.model.tags import KeyNote, scope_code
from cellenics_ci.rotation.evidence import may_hold
from cellenics_ci.rotation.observation import Observation


@dataclass(frozen=True, slots=True)
class Held:
    """How far a DELIVERING key got: scopes that hold it, scopes that hold another, scopes that hold half of each."""

    fully: tuple[Scope, ...] = ()
    not_at_all: tuple[Scope, ...] = ()
    half: tuple[Scope, ...] = ()


def reached(note: KeyNote, seen: Observation) -> Held:
    """Return how far it came, of the scopes that its note names and that are still looked at."""
    held = Held()
    for scope, now in seen.dates:
        before = note.dates_of(scope)
        if before is None:
            continue
        moved = [
            after is not None and after != earlier
            for earlier, after in ((before.key_id_at, now.key_id_at), (before.secret_at, now.secret_at))
        ]
        if all(moved):
            held = replace(held, fully=(*held.fully, scope))
        elif any(moved):
            held = replace(held, half=(*held.half, scope))
        else:
            held = replace(held, not_at_all=(*held.not_at_all, scope))
    return held


def undeclared_since(note: KeyNote, seen: Observation) -> bool:
    """Whether a run meant to write to a scope that nobody looks at any more: what it holds can't be told."""
    known = {scope_code(scope) for scope, _ in seen.dates}
    return any(code not in known for code, _ in note.dates)


def declared_since(note: KeyNote, other: AccessKey, seen: Observation) -> tuple[Scope, ...]:
    """The scopes that a note does not know of, and that may hold the other key: nobody has this one's secret."""
    return tuple(scope for scope, pair in seen.dates if note.dates_of(scope) is None and may_hold(other, pair))
