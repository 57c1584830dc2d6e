"""The screen: the listing, with its keys, and what is done about a row."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.app import App
from textual.binding import Binding, BindingType

from cellenics_ci.audit.findings import Finding
from cellenics_ci.cli.audit_session import Session
from cellenics_ci.cli.tui.detail_pane import DetailPane
from cellenics_ci.cli.tui.entries import Entry, Taken
from cellenics_ci.cli.tui.entries import Tab as Part
from cellenics_ci.cli.tui.errands import Errand, NoErrand, adoption, retirement, rotation
from cellenics_ci.cli.tui.export_screen import ExportScreen
from cellenics_ci.cli.tui.help_screen import HelpScreen
from cellenics_ci.cli.tui.keys import actions
from cellenics_ci.cli.tui.listing_screen import ListingScreen
from cellenics_ci.cli.tui.outside import carry_out, show_text
from cellenics_ci.cli.tui.rows_table import RowsTable
from cellenics_ci.cli.views.console import safe

Outside = Callable[["App[object]", Callable[[], None]], bool]
"""Does something on the plain terminal; False: there is none any more."""


class AuditScreen(ListingScreen):
    """The listing, and what can be done about its rows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            # Who types fast does not wait for the focus to move: heard first, `/` moves it before the next key.
            Binding(
                key.press,
                key.action,
                key.label,
                show=key.shown,
                key_display=key.written,
                priority=key.action == "filter",
            )
            for key in actions()
            if key.action != "app.interrupt"
        ),
        *(Binding(str(place), f"part('{part.value}')", show=False) for place, part in enumerate(Part, 1)),
    ]

    def __init__(self, session: Session, outside: Outside) -> None:
        super().__init__(session)
        self._outside = outside

    def action_finding(self, step: int) -> None:
        """Choose another finding of the row."""
        pane = self.query_one(DetailPane)
        pane.choose(pane.chosen + step)

    def on_detail_pane_copy_asked(self) -> None:
        """Copy the command that was clicked."""
        self.action_copy()

    def action_copy(self) -> None:
        """Copy what to type about the chosen finding."""
        finding = self._finding()
        if finding is not None:
            self.app.copy_to_clipboard(finding.remedy)
            self.notify(
                "Sent to the terminal's clipboard (OSC 52). Where that does not work, C shows it to select.",
                title=finding.rule,
                markup=False,
            )

    def action_show_remedy(self) -> None:
        """Show what to type on the plain terminal."""
        finding = self._finding()
        if finding is not None:
            self._go_outside(partial(show_text, finding.remedy))

    def action_export(self) -> None:
        """Ask for a file, and write everything to it."""

        def written(path: Path | None) -> None:
            if path is not None:
                self.notify(f"Written to {safe(str(path))}.", markup=False)

        if self.taken is None or not self.taken.listing.complete:
            self.notify("Not everything has been read yet.", severity="warning")
        else:
            self.app.push_screen(ExportScreen(self.taken), written)

    def action_rotate(self) -> None:
        """Give the row a new key."""
        self._run(rotation)

    def action_adopt(self) -> None:
        """Give the row a role to assume."""
        self._run(adoption)

    def action_retire(self) -> None:
        """Take the row's CI user away."""
        self._run(retirement)

    def action_help(self) -> None:
        """Show all keys."""
        self.app.push_screen(HelpScreen())

    def _run(self, choose: Callable[[Entry, Taken], Errand | NoErrand]) -> None:
        """Run the command that does something about the row, and read everything again."""
        entry = self.query_one(RowsTable).entry
        if entry is None or self.taken is None:
            return
        errand = choose(entry, self.taken)
        if isinstance(errand, NoErrand):
            self.notify(errand.reason, severity="warning", markup=False)
            return
        if self._go_outside(partial(carry_out, errand, self._session)):
            self.action_refresh()

    def _finding(self) -> Finding | None:
        finding = self.query_one(DetailPane).finding
        if finding is None:
            self.notify("There is nothing to type about this row.", severity="warning")
        return finding

    def _go_outside(self, do: Callable[[], None]) -> bool:
        there = self._outside(self.app, do)
        if not there:
            self.app.exit()
        return there
