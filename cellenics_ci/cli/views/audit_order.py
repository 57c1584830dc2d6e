"""Rows in the order that was asked for. What is not known comes last, whatever the order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from cellenics_ci.audit.listing import Drift, Listing, RepositoryRow

_DRIFTS: Final = (Drift.DRIFTED, Drift.NO_USER, Drift.UNKNOWN, Drift.NONE, Drift.NOT_DECLARED)


def _largest(value: float | None) -> float:
    return float("inf") if value is None else -value


COLUMNS: Final[dict[str, Callable[[RepositoryRow], Any]]] = {
    "severity": lambda row: -(row.worst or 0),
    "repository": lambda row: "",
    "age": lambda row: _largest(row.key_age),
    "used": lambda row: _largest(row.used_ago),
    "drift": lambda row: _DRIFTS.index(row.drift),
    "scopes": lambda row: -len(row.scopes),
    "deploy-keys": lambda row: _largest(row.deploy_keys),
}
"""By column: what a row is sorted by, the worst, oldest or most first; then by name."""


def in_order(listing: Listing, column: str) -> Listing:
    """Return a listing with its repositories sorted by a column."""
    by = COLUMNS[column]
    rows = sorted(listing.repositories, key=lambda row: (by(row), row.name.lower()))
    return replace(listing, repositories=tuple(rows))
