"""Rows' cells and counts as people read them: the table and the screen use the same words."""

from __future__ import annotations

from typing import Final

from cellenics_ci.audit.findings import Severity
from cellenics_ci.audit.listing import Drift, Listing, RepositoryRow
from cellenics_ci.audit.rights import Rights
from cellenics_ci.audit.snapshot import Snapshot
from cellenics_ci.cli.views.wording import counted, repositories
from cellenics_ci.model.keys import Caller
from cellenics_ci.model.moments import span_text
from cellenics_ci.survey.github import Status

UNKNOWN: Final = "?"
NONE: Final = "-"
DRIFTS: Final = {
    Drift.NONE: "as declared",
    Drift.DRIFTED: "drifted",
    Drift.NO_USER: "no user",
    Drift.NOT_DECLARED: NONE,
    Drift.UNKNOWN: UNKNOWN,
}
_SHORT: Final = {"repository": "repo"}
_MEANS: Final = ((Rights.ROLE, "role"), (Rights.BOTH, "role and key"), (Rights.KEY, "key"))
_NO_MEANS: Final = ((Rights.NONE, "take none"), (Rights.UNKNOWN, "not known"))


def place_text(snapshot: Snapshot) -> str:
    """Return which organisation and account a snapshot is of."""
    caller = snapshot.caller
    if not isinstance(caller, Caller):
        return f"{snapshot.org}, AWS account unknown"
    return f"{snapshot.org}, AWS account {caller.account}{f' ({caller.alias})' if caller.alias else ''}"


def summary_line(listing: Listing) -> str:
    """Return a listing in one line."""
    line = f"{counts_text(listing)} in {repositories(len(listing.repositories))}"
    if listing.deploy_keys:
        line += f", {counted(len(listing.deploy_keys), 'deploy key')}"
    return f"{line}."


def progress_line(listing: Listing) -> str:
    """Return how far repositories have come from keys to roles, "" where none declares privileges."""
    found = listing.rights
    whole = sum(found.values())
    told = [f"{found[kind]} by {word}" for kind, word in _MEANS if found[kind]]
    told += [f"{found[kind]} {word}" for kind, word in _NO_MEANS if found[kind]]
    return f"AWS rights of {repositories(whole)}: {', '.join(told)}." if whole else ""


def rights_text(row: RepositoryRow) -> str:
    """Return what a row's workflows take AWS credentials with."""
    return {Rights.NONE: NONE, Rights.UNKNOWN: UNKNOWN}.get(row.rights, row.rights.value)


def counts_text(listing: Listing) -> str:
    """Return how many findings of each severity there are."""
    found = [counted(count, severity.word) for severity, count in listing.counts.items() if count]
    # "info" has no plural that anybody would say.
    return ", ".join(text.replace("infos", "info") for text in found) or "Nothing found"


def severity_text(worst: Severity | None) -> str:
    """Return a row's severity as a word, a dash for none."""
    return worst.word if worst else NONE


def age_text(row: RepositoryRow) -> str:
    """Return the age of a row's key; unknown is not the same as none."""
    return _span(row.key_age, row)


def used_text(row: RepositoryRow) -> str:
    """Return how long ago a row's keys were used last."""
    if row.used_ago is None and row.keys and not row.unknown and not row.pending:
        return "never"
    return _span(row.used_ago, row)


def scopes_text(row: RepositoryRow) -> str:
    """Return where a row's pair is."""
    short = [_SHORT.get(scope, scope.removeprefix("environment ")) for scope in row.scopes]
    return ", ".join(short) or (UNKNOWN if any("secrets" in each for each in row.unknown) else NONE)


def deploy_keys_text(row: RepositoryRow) -> str:
    """Return the number of a row's deploy keys."""
    if row.deploy_keys is None:
        return UNKNOWN if any(each.startswith("the deploy keys") for each in row.unknown) else NONE
    return str(row.deploy_keys) if row.deploy_keys else NONE


def status_text(row: RepositoryRow) -> str:
    """Return what a row's policies are like, or why it has none."""
    if row.status is Status.DECLARES:
        return DRIFTS[row.drift]
    return row.status.value


def _span(span: float | None, row: RepositoryRow) -> str:
    if span is not None:
        return span_text(span)
    return UNKNOWN if any("key" in each and "deploy" not in each for each in row.unknown) else NONE
