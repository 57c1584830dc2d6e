"""What speaks for one of two keys being the one in GitHub: our tags, the secrets' dates, last use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from cellenics_ci.model.keys import AccessKey, KeyUse
from cellenics_ci.model.names import AccessKeyId, shorten
from cellenics_ci.model.scopes import PairDates, Scope
from cellenics_ci.model.tags import KeyNote
from cellenics_ci.rotation.observation import Observation

Uses: TypeAlias = Mapping[AccessKeyId, KeyUse | None]

LAST_USE_GRAIN: Final = 900.0
"""Seconds within which IAM records one use only (GetAccessKeyLastUsed)."""
UNCERTAIN: Final = "it has two active keys, and nothing says for certain which is in GitHub"


def live_confirmed(note: KeyNote, seen: Observation) -> bool:
    """Whether the secrets still have the dates that a note was written with, in every scope it names."""
    return note.confirmed_by(seen.dates_by_scope())


def unheld(note: KeyNote, seen: Observation) -> tuple[Scope, ...]:
    """The scopes that hold a pair, and not the key of this note: it says nothing of them, or other dates.

    Of a key that was delivered nobody has the secret, so what was written elsewhere or since is another one.
    """
    return tuple(scope for scope, pair in seen.dates if not pair.empty and note.dates_of(scope) != pair)


def may_hold(key: AccessKey, pair: PairDates) -> bool:
    """Whether a scope's pair may be this key's: some half of it was written when the key was there."""
    return any(half is not None and half >= int(key.created_at) for half in (pair.key_id_at, pair.secret_at))


def holder_by_dates(keys: list[AccessKey], seen: Observation) -> AccessKeyId | None:
    """The newest key that was there when the secrets were written; None unless all scopes say the same."""
    holders: set[AccessKeyId | None] = set()
    for _, pair in seen.dates:
        if not pair.empty:
            holders.add(_holder_in_scope(keys, pair))
    return holders.pop() if len(holders) == 1 else None


def _holder_in_scope(keys: list[AccessKey], pair: PairDates) -> AccessKeyId | None:
    if pair.key_id_at is None or pair.secret_at is None:
        return None
    written = min(pair.key_id_at, pair.secret_at)
    older = [key for key in keys if int(key.created_at) <= written]
    return max(older, key=lambda key: key.created_at).id if older else None


def holder_by_use(keys: list[AccessKey], uses: Uses) -> AccessKeyId | None:
    """The key that was used last, by more than IAM's grain; None where that can't be told."""
    first, second = sorted(keys, key=lambda key: _used_at(key, uses), reverse=True)
    return first.id if _used_at(first, uses) - _used_at(second, uses) > LAST_USE_GRAIN else None


def used_since_written(other: AccessKeyId, keys: list[AccessKey], seen: Observation, uses: Uses) -> bool:
    """Whether the key that would be given up was there, and used, when GitHub is thought to have held the newer one.

    Dates are certain only for secrets older than the newer key. Of later ones they say that somebody wrote a pair,
    not which.
    """
    key = next(key for key in keys if key.id == other)
    if any(key.created_at > each.created_at for each in keys):
        return False
    halves = (half for _, pair in seen.dates for half in (pair.key_id_at, pair.secret_at) if half is not None)
    written = min(halves, default=0)
    return _used_at(key, uses) > written + LAST_USE_GRAIN


def _used_at(key: AccessKey, uses: Uses) -> float:
    use = uses.get(key.id)
    return use.at if use else 0.0


def disagreement(by_dates: AccessKeyId | None, by_use: AccessKeyId | None) -> str:
    dates = f"the secrets' dates point to {shorten(by_dates)}" if by_dates else "the secrets' dates do not tell"
    use = f"last use points to {shorten(by_use)}" if by_use else "last use does not tell"
    return f"{UNCERTAIN}: {dates}, {use}"
