"""An audit on the page of a GitHub Actions run: Markdown with the counts, and a table of findings."""

from __future__ import annotations

from typing import Final

from cellenics_ci.audit.findings import Finding
from cellenics_ci.audit.listing import Listing
from cellenics_ci.cli.views.audit_words import progress_line, summary_line
from cellenics_ci.cli.views.step_summary import escaped

MOST: Final = 200
"""Findings in the table: a summary may have 1 MB (GitHub, "Workflow commands", job summaries)."""


def markdown(listing: Listing) -> str:
    """Return a listing's findings as Markdown, the worst first."""
    lines = [f"### {escaped(f'audit: {listing.org}')}", "", f"**{escaped(summary_line(listing))}**", ""]
    if progress := progress_line(listing):
        lines += [escaped(progress), ""]
    if listing.findings:
        lines += ["| Severity | Rule | About | Finding | What to type |", "| --- " * 5 + "|"]
    lines += [_row(finding) for finding in listing.findings[:MOST]]
    if len(listing.findings) > MOST:
        lines += ["", f"… and {len(listing.findings) - MOST:,} more."]
    return "\n".join([*lines, "", ""])


def _row(finding: Finding) -> str:
    remedy = "<br>".join(f"<code>{escaped(line)}</code>" for line in finding.remedy.splitlines())
    cells = (finding.severity.word, finding.rule, str(finding.subject), finding.sentence)
    return f"| {' | '.join(escaped(cell) for cell in cells)} | {remedy} |"
