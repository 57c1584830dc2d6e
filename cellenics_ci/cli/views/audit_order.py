"""Rows in the order that was asked for. What is not known comes last, whatever the order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from cellenics_ci.audit.listing import Drift, Listing, RepositoryRow
from cellenics_ci.audit.rights import Rights

_RIGHTS: Final = (Rights.KEY, Rights.BOTH, Rights.ROLE, Rights.NONE)
_DRIFTS: Final = (Drift.DRIFTED, Drift.NO_USER, Drift.UNKNOWN, Drift.NONE, Drift.NOT_DECLARED)

VALUES: Final[dict[str, Callable[[RepositoryRow], float | None]]] = {
    "severity": lambda row: row.worst or 0,
    "repository": lambda row: 0,
    "rights": lambda row: None if row.rights is Rights.UNKNOWN else -_RIGHTS.index(row.rights),
    "age": lambda row: row.key_age,
    "used": lambda row: row.used_ago,
    "drift": lambda row: -_DRIFTS.index(row.drift),
    "scopes": lambda row: len(row.scopes),
    "deploy-keys": lambda row: row.deploy_keys,
}
"""By column: what a row is sorted by, the worst, oldest or most first; then by name. None: not known."""


def in_order(listing: Listing, column: str) -> Listing:
    """Return a listing with its repositories sorted by a column."""

    def place(row: RepositoryRow) -> tuple[bool, float, str]:
        value = VALUES[column](row)
        return value is None, -(value or 0), row.name.lower()

    return replace(listing, repositories=tuple(sorted(listing.repositories, key=place)))
