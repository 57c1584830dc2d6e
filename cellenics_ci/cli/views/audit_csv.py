"""Findings as CSV, one a line, for spreadsheets: no cell of it is ever taken for a formula."""

from __future__ import annotations

import csv
import io
from typing import Final

from cellenics_ci.audit.findings import Finding
from cellenics_ci.audit.listing import Listing
from cellenics_ci.cli.views.console import safe

HEADER: Final = ("severity", "rule", "kind", "subject", "repository", "sentence", "evidence", "remedy")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What makes a spreadsheet calculate instead of show (OWASP, "CSV Injection")."""


def csv_text(listing: Listing) -> str:
    """Return all findings as CSV with a header (RFC 4180)."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADER)
    for finding in listing.findings:
        writer.writerow([_cell(text) for text in _cells(finding)])
    return out.getvalue()


def _cells(finding: Finding) -> tuple[str, ...]:
    subject = finding.subject
    return (
        finding.severity.word,
        finding.rule,
        subject.kind.value,
        subject.name,
        subject.repository or "",
        finding.sentence,
        "; ".join(finding.evidence),
        # Of a command on several lines, one line that does the same.
        finding.remedy.replace(" \\\n ", ""),
    )


def _cell(text: str) -> str:
    shown = safe(text)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown
