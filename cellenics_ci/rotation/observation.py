"""What one repository's rotation rests on, as it was seen at one moment, and what has changed since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cellenics_ci.model.keys import AccessKey, User
from cellenics_ci.model.names import AccessKeyId
from cellenics_ci.model.retirement_tag import being_retired
from cellenics_ci.model.scopes import PairDates, Scope, ScopeDates
from cellenics_ci.model.tags import REGION_TAG, REPOSITORY_TAG, KeyNote, Lock, read_lock, read_notes


@dataclass(frozen=True, slots=True)
class Observation:
    """One user's keys and notes, the dates of its repository's secrets, and the id of its CI file."""

    exists: bool = False
    path: str = ""
    keys: tuple[AccessKey, ...] = ()
    notes: tuple[tuple[AccessKeyId, KeyNote], ...] = ()
    unreadable: tuple[AccessKeyId, ...] = ()
    lock: Lock | None = None
    owner: str | None = None
    region: str | None = None
    dates: tuple[tuple[Scope, PairDates], ...] = ()
    file_id: str | None = None
    being_retired: bool = False

    def note(self, key: AccessKeyId) -> KeyNote | None:
        """Return what the tags say of a key, None where they say nothing."""
        return dict(self.notes).get(key)

    def dates_by_scope(self) -> dict[Scope, PairDates]:
        """Return the dates of the pair in every scope that was looked at."""
        return dict(self.dates)


def observe(user: User | None, keys: Sequence[AccessKey], dates: ScopeDates, file_id: str | None) -> Observation:
    """Put what was read into an Observation."""
    if user is None:
        return Observation(dates=sorted_dates(dates), file_id=file_id)
    notes, unreadable = read_notes(user.tags)
    return Observation(
        exists=True,
        path=user.path,
        keys=tuple(keys),
        notes=tuple(sorted(notes.items())),
        unreadable=tuple(sorted(unreadable)),
        lock=read_lock(user.tags),
        owner=user.tags.get(REPOSITORY_TAG),
        region=user.tags.get(REGION_TAG),
        dates=sorted_dates(dates),
        file_id=file_id,
        being_retired=being_retired(user.tags),
    )


def sorted_dates(dates: ScopeDates) -> tuple[tuple[Scope, PairDates], ...]:
    """Return dates in the one order that makes two Observations comparable."""
    return tuple(sorted(dates.items(), key=lambda item: item[0]))


def user_difference(planned: Observation, user: User | None) -> str | None:
    """Say what differs of the user and its tags (its lock too), None where nothing does."""
    now = observe(user, planned.keys, {}, None)
    if now.exists != planned.exists:
        return "the IAM user appeared" if now.exists else "the IAM user is gone"
    if now.path != planned.path:
        return "the IAM user was moved to another path"
    if (now.notes, now.unreadable, now.lock) != (planned.notes, planned.unreadable, planned.lock):
        return "another run has worked on the user"
    if now.being_retired != planned.being_retired:
        return "it is being retired" if now.being_retired else "its retirement was undone"
    if (now.owner, now.region) != (planned.owner, planned.region):
        return "the user's tags were edited"
    return None


def keys_difference(planned: Sequence[AccessKey], now: Sequence[AccessKey]) -> str | None:
    """Say whether the access keys differ in number, id or status, None where they do not."""
    if {(key.id, key.active) for key in planned} != {(key.id, key.active) for key in now}:
        return "the user's access keys were changed"
    return None


def dates_difference(planned: ScopeDates, now: ScopeDates) -> str | None:
    """Say which scope's secrets were written since, None where none was."""
    moved = [str(scope) for scope, pair in planned.items() if now.get(scope) != pair]
    return f"the secrets were written in the meantime ({', '.join(moved)})" if moved else None


def moved_since(before: Mapping[Scope, PairDates], now: ScopeDates) -> bool:
    """Whether both halves of the pair were written anew in every one of those scopes."""
    return all(
        now[scope].complete and now[scope].key_id_at != pair.key_id_at and now[scope].secret_at != pair.secret_at
        for scope, pair in before.items()
    )
