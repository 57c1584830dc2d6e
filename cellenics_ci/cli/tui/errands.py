"""Which command of ours does something about a row: a new key, a role in its place, or its end. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from cellenics_ci.audit.listing import DeployKeyRow, OrphanRow, RepositoryRow
from cellenics_ci.audit.rules.deploy_keys import flux_options
from cellenics_ci.cli.tui.entries import Entry, Taken
from cellenics_ci.model.names import RepoName

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


def rotation(entry: Entry, taken: Taken) -> Errand | NoErrand:
    """Return what gives a row a new key: rotate-ci for a repository, rotate-deploy-key for Flux's."""
    match entry.row:
        case RepositoryRow():
            return _about("rotate-ci", entry.row.name)
        case DeployKeyRow():
            return _deploy_key(entry.row, taken)
        case _:
            return NoErrand("No key is rotated here: the details say what to type.")


def adoption(entry: Entry, taken: Taken) -> Errand | NoErrand:
    """Return what gives a row a role to assume."""
    match entry.row:
        case RepositoryRow():
            return _about("adopt-oidc", entry.row.name)
        case _:
            return NoErrand("Only a repository is given a role: 1 shows them.")


def retirement(entry: Entry, taken: Taken) -> Errand | NoErrand:
    """Return what takes a row's CI user away; an orphan has the name of a repository, too."""
    match entry.row:
        case RepositoryRow():
            return _about("retire-ci", entry.row.name)
        case OrphanRow():
            return _about("retire-ci", entry.row.repository)
        case _:
            return NoErrand("Only a CI user is retired: 1 shows repositories, 3 those that have none.")


def _about(command: str, repository: RepoName) -> Errand:
    # A name may begin with a dash, and is no option.
    return Errand((command, *(("--",) if repository.startswith("-") else ()), repository))


def _deploy_key(row: DeployKeyRow, taken: Taken) -> Errand | NoErrand:
    facts = taken.snapshot.repositories.get(row.repository)
    keys = facts.deploy_keys if facts is not None and isinstance(facts.deploy_keys, tuple) else ()
    key = next((each for each in keys if each.id == row.id), None)
    options = flux_options(taken.snapshot, key) if key is not None else None
    if options is None:
        return NoErrand("This is not Flux's key, and only its holder can take a new one.")
    where = () if row.repository == _RELEASES else ("--repo", row.repository)
    return Errand(("rotate-deploy-key", *where, *options), "" if options else row.title)
