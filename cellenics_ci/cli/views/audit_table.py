"""An audit as text: a row for each repository that has to do with credentials, then what was found, and what to type.

Readable at 80 columns; commands stand on lines of their own and are never broken.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from cellenics_ci.audit.findings import Finding, Severity
from cellenics_ci.audit.listing import Listing, RepositoryRow
from cellenics_ci.audit.rules.table import RULES
from cellenics_ci.audit.snapshot import Snapshot
from cellenics_ci.cli.views.audit_words import (
    age_text,
    deploy_keys_text,
    place_text,
    progress_line,
    rights_text,
    scopes_text,
    severity_text,
    status_text,
    summary_line,
    used_text,
)
from cellenics_ci.cli.views.console import heading, safe, table, words
from cellenics_ci.cli.views.wording import repositories

STYLES: Final = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
DETAILED: Final = 5
"""Up to so many repositories, evidence is shown with each finding."""


def show_listing(console: Console, listing: Listing, snapshot: Snapshot) -> None:
    """Show it all. `snapshot` tells where it was taken."""
    console.print(words(place_text(snapshot), "bold"))
    console.print()
    _show_rows(console, [row for row in listing.repositories if row.ours])
    others = sum(not row.ours for row in listing.repositories)
    if others:
        console.print(words(f"{repositories(others)} with nothing to look at.", "dim"))
    detailed = snapshot.narrowed and len(listing.repositories) <= DETAILED
    titles = {rule.id: rule.title for rule in RULES}
    for (severity, rule), found in groupby(_by_rule(listing.findings), key=lambda each: (each.severity, each.rule)):
        heading(console, f"{severity.word} {rule}: {titles[rule]}", STYLES[severity])
        for finding in found:
            _show_finding(console, finding, detailed=detailed)
    if line := progress_line(listing):
        heading(console, line, "")
    heading(console, summary_line(listing))
    if listing.findings and not detailed:
        console.print(words("The evidence of one: cellenics audit REPO --plain; of all: --format json", "dim"))


def _show_rows(console: Console, rows: Sequence[RepositoryRow]) -> None:
    if not rows:
        return
    made = table(console, "Repository", "Worst", "AWS by", "Key age", "Used", "Policies", "Pair in", "Deploy keys")
    for column in made.columns[1:6]:
        column.no_wrap = True
    made.columns[7].justify = "right"
    for row in rows:
        made.add_row(
            words(row.name, "bold"),
            words(severity_text(row.worst), STYLES[row.worst] if row.worst else ""),
            words(rights_text(row)),
            words(age_text(row)),
            words(used_text(row)),
            words(status_text(row)),
            words(scopes_text(row)),
            words(deploy_keys_text(row)),
        )
    console.print(made)


def _by_rule(findings: Sequence[Finding]) -> list[Finding]:
    places = {rule.id: place for place, rule in enumerate(RULES)}
    return sorted(findings, key=lambda each: (-each.severity, places[each.rule], str(each.subject).lower()))


def _show_finding(console: Console, finding: Finding, *, detailed: bool) -> None:
    line = Text(overflow="fold")
    line.append(f"{safe(str(finding.subject))}: ", style="bold")
    line.append(safe(finding.sentence))
    console.print(Padding(line, (0, 0, 0, 2), expand=False))
    if detailed:
        for evidence in finding.evidence:
            console.print(Padding(words(evidence, "dim"), (0, 0, 0, 4), expand=False))
        for text in finding.diff:
            console.print(words(f"    {text}", _diff_style(text)), soft_wrap=True)
    for text in finding.remedy.splitlines():
        # Never broken: a command that is pasted has to be whole.
        console.print(words(f"    {text}", "green"), soft_wrap=True)


def _diff_style(line: str) -> str:
    return "green" if line.startswith("+") else "red" if line.startswith("-") else "dim"
