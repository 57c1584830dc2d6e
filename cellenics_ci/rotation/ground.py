"""Which of a user's keys is in use, which is a leftover, and which must go: pure decisions on an Observation.

The order of trust: what our own tags say and the secrets' dates confirm; then, for two keys without
tags, last use and dates where they agree; then what the admin says with --retire. Else nobody decides.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from cellenics_ci.model.keys import AccessKey
from cellenics_ci.model.names import AccessKeyId, shorten
from cellenics_ci.model.scopes import ACTIONS, Scope
from cellenics_ci.model.tags import KeyNote, Stage, scope_code
from cellenics_ci.rotation.evidence import (
    UNCERTAIN,
    Uses,
    disagreement,
    holder_by_dates,
    holder_by_use,
    live_confirmed,
    may_hold,
    unheld,
    used_since_written,
)
from cellenics_ci.rotation.observation import Observation
from cellenics_ci.rotation.reach import Held, declared_since, reached, undeclared_since


@dataclass(frozen=True, slots=True)
class Ground:
    """What is to be done about the keys that are there.

    `discard`: never in GitHub, or retired and inactive: deleted at once. `promote`: delivered by a run that
    died, so it is live. `finish`: its retirement was begun. `make_room`: an active key given up because a
    user has two at most. `retire`: goes once the new key is in GitHub. `outage`: scopes without a working
    pair until then. `declared_since`: scopes that may hold the old key, which the delivery did not know of: it stays
    until they are written. `undecided`: why nobody but a person can say.
    """

    notes: tuple[tuple[AccessKeyId, KeyNote], ...] = ()
    discard: tuple[tuple[AccessKeyId, str], ...] = ()
    promote: AccessKeyId | None = None
    finish: AccessKeyId | None = None
    make_room: AccessKeyId | None = None
    retire: AccessKeyId | None = None
    why: str = ""
    outage: tuple[Scope, ...] = ()
    declared_since: tuple[Scope, ...] = ()
    undecided: str = ""

    @property
    def repairs(self) -> bool:
        """Whether anything of an earlier run is deleted or finished, or a key given up, before the new one."""
        return bool(self.discard or self.promote or self.make_room)


def decide(seen: Observation, uses: Uses, *, retire: AccessKeyId | None = None) -> Ground:
    """Return what is to be done about the keys in `seen`. `retire` is the key that the admin gave up."""
    ground = _decide(seen, uses, retire)
    if not ground.undecided or retire is None or len(seen.keys) < 2:
        return ground
    live = [key for key, note in seen.notes if note.stage is Stage.LIVE and live_confirmed(note, seen)]
    if retire in live:
        return ground
    return _make_room(replace(ground, undecided=""), list(seen.keys), retire, "given up with --retire")


def _decide(seen: Observation, uses: Uses, retire: AccessKeyId | None) -> Ground:
    notes = {key.id: _note_of(key, seen) for key in seen.keys}
    fresh = tuple((key, note) for key, note in notes.items() if seen.note(key) != note)
    ground = Ground(notes=fresh, outage=_left_without(seen))
    rest: list[AccessKey] = []
    for key in seen.keys:
        why = _leftover(key, notes[key.id], seen)
        if why:
            ground = replace(ground, discard=(*ground.discard, (key.id, why)))
        else:
            rest.append(key)
    if any(key.id in seen.unreadable for key in rest) and len(rest) > 1:
        return replace(ground, undecided="a key's tag was edited by hand and can't be read")
    if not rest:
        return ground
    delivering = [key for key in rest if notes[key.id].stage is Stage.DELIVERING]
    if delivering:
        return _resume(ground, delivering[-1], rest, notes, seen)
    if len(rest) == 1:
        return replace(ground, retire=rest[0].id)
    return _two_keys(ground, rest, notes, seen, uses, retire)


def _note_of(key: AccessKey, seen: Observation) -> KeyNote:
    noted = seen.note(key.id)
    if noted is not None:
        return noted
    lock = seen.lock
    if lock is not None and key.id not in lock.seen and (_other_is_live(key, seen) or not _written_since(key, seen)):
        # The dead run created it, and died before it could tag it; GitHub can't hold it.
        return KeyNote(Stage.PENDING, at=int(key.created_at), run=lock.run)
    return KeyNote(Stage.ADOPTED, at=int(key.created_at))


def _other_is_live(key: AccessKey, seen: Observation) -> bool:
    """Whether the tags and the secrets' dates agree that GitHub holds another key."""
    present = {other.id for other in seen.keys} - {key.id}
    return any(
        note.stage is Stage.LIVE and owner in present and live_confirmed(note, seen) for owner, note in seen.notes
    )


def _written_since(key: AccessKey, seen: Observation) -> bool:
    return any(may_hold(key, pair) for _, pair in seen.dates)


def _leftover(key: AccessKey, note: KeyNote, seen: Observation) -> str:
    if note.stage is Stage.PENDING:
        return "left by an interrupted run, never delivered"
    if note.stage is Stage.RETIRED and not key.active:
        return "retired earlier, already inactive"
    if note.outage and not key.active:
        return "cut off earlier, already inactive"
    if note.stage is Stage.DELIVERING and not undeclared_since(note, seen):
        held = reached(note, seen)
        if not held.fully and not held.half:
            return "left by an interrupted run, never delivered"
    return ""


def _left_without(seen: Observation) -> tuple[Scope, ...]:
    """The scopes that an interrupted run left without a pair when it gave a key up, and nobody has written since."""
    active = {key.id for key in seen.keys if key.active}
    gone = [note for key, note in seen.notes if key not in active]
    live = [note for key, note in seen.notes if key in active and note.stage is Stage.LIVE]
    held = {code for note in live if live_confirmed(note, seen) for code, _ in note.dates}
    return _scopes({code for note in gone for code in note.outage} - held, seen)


def _scopes(codes: Collection[str], seen: Observation) -> tuple[Scope, ...]:
    return tuple(scope for scope, _ in seen.dates if scope_code(scope) in codes)


def _resume(
    ground: Ground,
    key: AccessKey,
    rest: list[AccessKey],
    notes: Mapping[AccessKeyId, KeyNote],
    seen: Observation,
) -> Ground:
    note = notes[key.id]
    others = [other for other in rest if other.id != key.id]
    held = reached(note, seen)
    since = declared_since(note, others[0], seen) if others else ()
    gone = undeclared_since(note, seen)
    if not others and (gone or not key.active):
        return replace(ground, retire=key.id, outage=held.half)
    if gone:
        return replace(ground, undecided="an interrupted run wrote to a scope that is no longer there")
    if not key.active:
        return replace(ground, undecided="the key of an interrupted run was deactivated by hand")
    if not held.half and not held.not_at_all:
        if not others:
            return replace(ground, promote=key.id)
        return replace(ground, promote=key.id, retire=others[0].id, declared_since=since)
    # A scope that the delivery did not know of speaks for the old key like one that it did not reach.
    held = replace(held, not_at_all=(*held.not_at_all, *since))
    if not others:
        # There is room for a third pair, so whoever holds this key keeps it until then.
        return replace(ground, retire=key.id, outage=held.half)
    other = others[0]
    if not other.active:
        return replace(ground, make_room=other.id, retire=key.id, outage=(*held.half, *held.not_at_all), why="inactive")
    return _give_up_one(ground, key, other, held)


def _give_up_one(ground: Ground, new: AccessKey, old: AccessKey, held: Held) -> Ground:
    """Both keys are in use, neither's secret is known, and a user has two keys at most (invariant I1's exception)."""
    counts = (len(held.fully), len(held.not_at_all))
    keep_new = counts[0] > counts[1] or (counts[0] == counts[1] and ACTIONS in held.fully)
    if keep_new:
        why = "fewer scopes hold it; an interrupted run wrote the others"
        return replace(ground, make_room=old.id, retire=new.id, outage=(*held.half, *held.not_at_all), why=why)
    why = "fewer scopes hold it; an interrupted run had begun to write it"
    return replace(ground, make_room=new.id, retire=old.id, outage=(*held.half, *held.fully), why=why)


def _two_keys(
    ground: Ground,
    rest: list[AccessKey],
    notes: Mapping[AccessKeyId, KeyNote],
    seen: Observation,
    uses: Uses,
    retire: AccessKeyId | None,
) -> Ground:
    noted = (key for key in rest if key.active and notes[key.id].stage is Stage.LIVE)
    live = next((key for key in noted if live_confirmed(notes[key.id], seen)), None)
    ids = [key.id for key in rest]
    if retire in ids:
        if live is not None and retire == live.id:
            return replace(ground, undecided=f"{shorten(live.id)} is the key that GitHub holds; it can't be given up")
        gone = next(key for key in rest if key.id == retire)
        lost = declared_since(notes[live.id], gone, seen) if live is not None else ()
        ground = replace(ground, outage=_together(ground.outage, lost))
        return _make_room(ground, rest, retire, "given up with --retire")
    retired = next((key for key in rest if notes[key.id].stage is Stage.RETIRED), None)
    if retired is not None and live_confirmed(notes[retired.id], seen):
        note = notes[retired.id]
        lost = (*_scopes(note.outage, seen), *declared_since(note, retired, seen))
        ground = replace(ground, outage=_together(ground.outage, lost))
        return _make_room(ground, rest, retired.id, "an interrupted run had begun to give it up")
    strange = unheld(notes[live.id], seen) if live is not None else ()
    if live is not None and retired is not None:
        lost = declared_since(notes[live.id], retired, seen)
        return replace(ground, finish=retired.id, retire=live.id, outage=_together(ground.outage, lost))
    inactive = [key for key in rest if not key.active]
    if inactive:
        named = ", ".join(shorten(key.id) for key in inactive)
        return replace(
            ground, undecided=f"it has two keys, and the inactive one ({named}) was not retired by this tool"
        )
    by_dates = live.id if live is not None and not strange else holder_by_dates(rest, seen)
    by_use = holder_by_use(rest, uses)
    if by_dates is None or by_dates != by_use:
        return replace(ground, undecided=disagreement(by_dates, by_use))
    other = next(key.id for key in rest if key.id != by_dates)
    if used_since_written(other, rest, seen, uses):
        why = f"the secrets' dates point to {shorten(by_dates)}, but {shorten(other)} was used after they were written"
        return replace(ground, undecided=f"{UNCERTAIN}: {why}")
    return _make_room(ground, rest, other, f"last use and the secrets' dates agree that {shorten(by_dates)} is in use")


def _together(*scopes: tuple[Scope, ...]) -> tuple[Scope, ...]:
    return tuple(dict.fromkeys(scope for each in scopes for scope in each))


def _make_room(ground: Ground, rest: list[AccessKey], gone: AccessKeyId | None, why: str) -> Ground:
    kept = next(key.id for key in rest if key.id != gone)
    return replace(ground, make_room=gone, retire=kept, why=why)
