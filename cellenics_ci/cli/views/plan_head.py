"""The head of a plan: in which account and organisation, and as whom. The same in every command that changes both."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cellenics_ci.cli.views.console import words
from cellenics_ci.model.keys import Caller
from cellenics_ci.model.names import OrgName


def show_head(
    console: Console,
    title: str,
    *,
    caller: Caller,
    org: OrgName,
    login: str | None,
    org_defaulted: bool,
    dry_run: bool,
    more: Sequence[tuple[str, str]] = (),
) -> None:
    """Show a plan's title and where it is carried out, then `more` rows of a label and a text."""
    organisation = words(org, "bold red" if org_defaulted else "bold")
    if org_defaulted:
        organisation.append(" (nobody named it: this is the default)", style="bold red")
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    rows: list[tuple[str, Text]] = [
        ("AWS account", words(f"{caller.account} ({caller.alias or 'no alias'})", "bold")),
        ("AWS caller", words(caller.arn)),
        ("GitHub organisation", organisation),
        ("GitHub login", words(login or "a GitHub App, or a token that does not tell")),
        *((label, words(text)) for label, text in more),
    ]
    for label, value in rows:
        grid.add_row(words(label), value)
    console.print(words(f"{title}. This is a dry run: nothing is changed." if dry_run else f"{title}.", "bold"))
    console.print(grid)
