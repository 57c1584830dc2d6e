"""Which command of ours gives a row a new key: rotate-ci for a repository, rotate-deploy-key for Flux's. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from cellenics_ci.audit.listing import DeployKeyRow, RepositoryRow
from cellenics_ci.audit.rules.deploy_keys import flux_options
from cellenics_ci.cli.tui.entries import Entry, Taken

_RELEASES = "releases"


@dataclass(frozen=True, slots=True)
class Errand:
    """A command to run, as words. `cluster_of` is the deploy key whose cluster has to be asked for, "" for none."""

    words: tuple[str, ...]
    cluster_of: str = ""


@dataclass(frozen=True, slots=True)
class NoErrand:
    """Why there is nothing to run for a row."""

    reason: str


def errand_for(entry: Entry, taken: Taken) -> Errand | NoErrand:
    """Return what `r` runs for a row."""
    match entry.row:
        case RepositoryRow():
            # A name may begin with a dash, and is no option.
            return Errand(("rotate-ci", *(("--",) if entry.row.name.startswith("-") else ()), entry.row.name))
        case DeployKeyRow():
            return _deploy_key(entry.row, taken)
        case _:
            return NoErrand("No key is rotated here: the details say what to type.")


def _deploy_key(row: DeployKeyRow, taken: Taken) -> Errand | NoErrand:
    facts = taken.snapshot.repositories.get(row.repository)
    keys = facts.deploy_keys if facts is not None and isinstance(facts.deploy_keys, tuple) else ()
    key = next((each for each in keys if each.id == row.id), None)
    options = flux_options(taken.snapshot, key) if key is not None else None
    if options is None:
        return NoErrand("This is not Flux's key, and only its holder can take a new one.")
    where = () if row.repository == _RELEASES else ("--repo", row.repository)
    return Errand(("rotate-deploy-key", *where, *options), "" if options else row.title)
