"""The lines around the listing: where it was taken, what is held back, what was read so far, what went wrong. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from cellenics_ci.audit.findings import Severity
from cellenics_ci.audit.listing import Listing
from cellenics_ci.audit.rules.unread import whole_source
from cellenics_ci.cli.tui.cells import severity_words
from cellenics_ci.cli.tui.entries import Taken
from cellenics_ci.cli.tui.sifting import Sieve, Sorting
from cellenics_ci.cli.views.audit_words import counts_text, place_text
from cellenics_ci.errors import CallFailed, UsageProblem


def title(org: str, taken: Taken | None) -> str:
    """Return where everything is."""
    return place_text(taken.snapshot) if taken else org


def reading(listing: Listing | None) -> str:
    """Return what has been read so far."""
    parts = [
        f"{done:,} {source}" if done >= total else f"{done:,} of {total:,} {source}"
        for source, (done, total) in (listing.read if listing else {}).items()
        if done or total
    ]
    return f"Reading GitHub and AWS … {', '.join(parts)}".rstrip()


def summary(taken: Taken) -> str:
    """Return what was found, and when it was read."""
    return f"{counts_text(taken.listing)}, {taken_at(taken)}"


def taken_at(taken: Taken) -> str:
    """Return when everything was read."""
    return f"as of {datetime.fromtimestamp(taken.listing.at, UTC):%H:%M:%S} UTC"


def chosen_by(sieve: Sieve, sorting: Sorting, column: str) -> tuple[tuple[str, str], ...]:
    """Return by what rows are chosen and sorted, each with the action that changes it."""
    severity, order = "all", " (reversed)" if sorting.reverse else ""
    if sieve.severity:
        severity = severity_words(sieve.severity) + ("" if sieve.severity is Severity.ERROR else " or worse")
    return (
        (f"severity: {severity}", "severity"),
        (f"rule: {sieve.rule or 'all'}", "rule"),
        (f"by: {column.lower()}{order}", "sort"),
    )


def count(shown: int, of: int) -> str:
    """Return how many rows there are, and how many of them are shown."""
    return f"{of:,}" if shown == of else f"{shown:,} of {of:,}"


def trouble(taken: Taken | None, problem: BaseException | None) -> str:
    """Return what has to be known of what could not be read, "" where there is nothing."""
    if isinstance(problem, (CallFailed, UsageProblem)):
        seen = "Nothing is shown" if taken is None else f"What is shown is {_age(taken)}"
        return f"✖ Could not be read: {problem.sentence} {seen}; R reads again."
    if taken is None:
        return ""
    hits = [hit.sentence for hit in whole_source(taken.snapshot, taken.limits)]
    more = f" (and {len(hits) - 1} more)" if len(hits) > 1 else ""
    return f"✖ {hits[0][:1].upper()}{hits[0][1:]}{more}; 4 shows it." if hits else ""


def _age(taken: Taken) -> str:
    return taken_at(taken) if taken.listing.complete else "not complete"
