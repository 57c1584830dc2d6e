"""The listing: what was read, what of it is shown, and what is chosen."""

from __future__ import annotations

from dataclasses import replace

from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Tab, Tabs

from cellenics_ci.cli.audit_session import Session
from cellenics_ci.cli.tui import lines
from cellenics_ci.cli.tui.columns import Column, columns_of
from cellenics_ci.cli.tui.detail_pane import DetailPane
from cellenics_ci.cli.tui.entries import Entry, Taken
from cellenics_ci.cli.tui.entries import Tab as Part
from cellenics_ci.cli.tui.filter_bar import FilterBar
from cellenics_ci.cli.tui.reader import Done, Failed, Grew, Reader
from cellenics_ci.cli.tui.rows_table import RowsTable
from cellenics_ci.cli.tui.rule_screen import RuleScreen
from cellenics_ci.cli.tui.sifting import Sieve, Sorting, shown
from cellenics_ci.cli.tui.told_line import ToldLine
from cellenics_ci.cli.views.audit_words import progress_line
from cellenics_ci.errors import CallFailed, Interrupted, UsageProblem


class ListingScreen(Screen[None]):
    """The listing, and the details of the chosen row: side by side where there is room, else one above the other."""

    DEFAULT_CSS = """
    ListingScreen {
        & #place { height: 1; text-style: bold; }
        & FilterBar { padding: 0 1; }
        & #trouble { color: $text-error; text-style: bold; }
        & #body { height: 1fr; layout: vertical; }
        & RowsTable { height: 3fr; min-height: 4; padding: 0 0 0 1; }
        & DetailPane { height: 2fr; min-height: 3; }
        & #progress { color: $text-muted; }
        &.-low #progress { display: none; }
        & #status { height: 1; color: $text-muted; }
        &.-wide #body { layout: horizontal; }
        &.-wide RowsTable { width: 3fr; height: 1fr; }
        &.-wide DetailPane { width: 2fr; height: 1fr; }
        &.-maximized-view DetailPane { width: 1fr; height: 1fr; }
    }
    """
    # `back` does it, and goes to the rows.
    ESCAPE_TO_MINIMIZE = False
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares it as an instance's
        (0, "-narrow"),
        (140, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-low"),
        (20, "-high"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._reader = Reader(session, self.post_message)
        self._busy = self._again = False
        self._part = Part.REPOSITORIES
        self._sieve = Sieve()
        self._sortings = dict.fromkeys(Part, Sorting()) | {Part.REPOSITORIES: Sorting(session.sort)}
        self.columns: tuple[Column, ...] = ()
        self.taken: Taken | None = None
        self.problem: BaseException | None = None

    def compose(self) -> ComposeResult:
        """Make the parts."""
        yield ToldLine(id="place")
        yield Tabs(*(Tab(part.label, id=part.value) for part in Part))
        yield FilterBar()
        yield ToldLine(id="trouble")
        with Container(id="body"):
            yield RowsTable()
            yield DetailPane()
        yield ToldLine(id="progress")
        yield ToldLine(id="status")
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """Begin to read."""
        self.query_one(RowsTable).focus()
        self._take_columns()
        self.action_refresh()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave `/` to whoever types, and out of the footer meanwhile."""
        return not (action == "filter" and self.query_one(FilterBar).typing)

    # What was read

    def on_grew(self, message: Grew) -> None:
        """Show what is there; while it is read again, what was there stays until everything is new."""
        if self.taken is None or not self.taken.listing.complete:
            self._show(message.taken)
        self._tell(lines.reading(message.taken.listing))

    def on_done(self, message: Done) -> None:
        """Show everything."""
        self._busy, self.problem = False, None
        self._show(message.taken)
        self._read_again()

    def on_failed(self, message: Failed) -> None:
        """Keep what is there, and say that it could not be read; without anything there is nothing to show."""
        self._busy, self.problem = False, message.problem
        if isinstance(message.problem, Interrupted):
            return
        if self.taken is None or not isinstance(message.problem, (CallFailed, UsageProblem)):
            self.app.exit()
            return
        self._tell_trouble()
        self._tell(lines.summary(self.taken))
        self._read_again()

    def _read_again(self) -> None:
        if self._again:
            self._again = False
            self.action_refresh()

    # What is shown

    def _show(self, taken: Taken) -> None:
        self.taken = taken
        self.query_one("#place", ToldLine).tell(lines.title(self._session.org, taken))
        self._tell_trouble()
        self.query_one("#progress", ToldLine).tell(progress_line(taken.listing))
        self._tell(lines.summary(taken))
        self._take_columns()

    def _tell_trouble(self) -> None:
        self.query_one("#trouble", ToldLine).tell(lines.trouble(self.taken, self.problem))

    def _tell(self, text: str) -> None:
        self.query_one("#status", ToldLine).tell(text)

    def _take_columns(self) -> None:
        self.columns = columns_of(self._part, self.taken.limits.max_age if self.taken else 0)
        self.query_one(RowsTable).set_columns(self.columns, self._entries())
        self._sift()

    def _entries(self, part: Part | None = None) -> tuple[Entry, ...]:
        return self.taken.entries[part or self._part] if self.taken else ()

    def _sift(self) -> None:
        """Show the rows that are let through, in order."""
        sorting = self._sortings[self._part]
        rows = shown(self._entries(), self._sieve, sorting, self.columns)
        title = next((each.title for each in self.columns if each.id == sorting.column), self.columns[0].title)
        self.query_one(FilterBar).show(self._sieve, sorting, title)
        self.query_one(RowsTable).show_entries(rows, sorting)
        for part in Part:
            entries = self._entries(part)
            count = lines.count(sum(map(self._sieve.lets_through, entries)), len(entries))
            label = f"{part.label} {count}" if self.taken else part.label
            tab = self.query_one(f"#{part.value}", Tab)
            if str(tab.label) != label:
                tab.label = Content(label)

    def on_rows_table_chosen(self, message: RowsTable.Chosen) -> None:
        """Show the details of the chosen row."""
        self.query_one(DetailPane).show(message.entry, self.taken)

    def on_rows_table_opened(self) -> None:
        """Read the details on the whole screen."""
        self.action_open_detail()

    def on_rows_table_sort_asked(self, message: RowsTable.SortAsked) -> None:
        """Sort by the column that was clicked."""
        self.sort_by(message.column)

    def on_tabs_tab_activated(self, message: Tabs.TabActivated) -> None:
        """Show another part."""
        part = Part(message.tab.id or Part.REPOSITORIES)
        if part is not self._part:
            self._part = part
            self._take_columns()

    def on_filter_bar_typed(self, message: FilterBar.Typed) -> None:
        """Show the rows that have these words."""
        self._sieve = replace(self._sieve, text=message.text)
        self._sift()

    def on_filter_bar_left(self) -> None:
        """Go to the rows."""
        self.query_one(RowsTable).focus()

    def sort_by(self, column: str) -> None:
        """Sort by a column; by the same one again, the other way round."""
        self._sortings[self._part] = self._sortings[self._part].by(column)
        self._sift()

    # What is chosen

    def action_part(self, part: str) -> None:
        """Show another part."""
        self.query_one(Tabs).active = part
        self.query_one(RowsTable).focus()

    def action_open_detail(self) -> None:
        """Read the details on the whole screen, or go back."""
        pane = self.query_one(DetailPane)
        if self.maximized is not None:
            self.action_back()
        else:
            self.maximize(pane, container=False)
            pane.focus()

    def action_back(self) -> None:
        """Go back one step: from the details, then from what rows were chosen by."""
        if self.maximized is not None:
            self.minimize()
        else:
            self._sieve = Sieve(all=self._sieve.all)
            self.query_one(FilterBar).clear()
            self._sift()
        self.query_one(RowsTable).focus()

    def action_filter(self) -> None:
        """Let words be typed."""
        self.minimize()
        self.query_one(FilterBar).begin()

    def action_severity(self) -> None:
        """Show rows of the next severity."""
        self._sieve = self._sieve.next_severity()
        self._sift()

    def action_rule(self) -> None:
        """Ask for a rule, and show what it found."""

        def chosen(rule: str | None) -> None:
            if rule is not None:
                self._sieve = replace(self._sieve, rule=rule or None)
                self._sift()

        if self.taken is not None:
            self.app.push_screen(RuleScreen(self.taken.rules, self._sieve.rule), chosen)

    def action_all(self) -> None:
        """Show repositories that have nothing to do with credentials, or hide them."""
        self._sieve = replace(self._sieve, all=not self._sieve.all)
        self._sift()

    def action_sort(self) -> None:
        """Sort by the next column."""
        self._sortings[self._part] = self._sortings[self._part].next(self.columns)
        self._sift()

    def action_reverse(self) -> None:
        """Sort the other way round."""
        self.sort_by(self._sortings[self._part].column)

    def action_refresh(self) -> None:
        """Read everything again; while it is being read, once more afterwards."""
        if self._busy:
            self._again = True
            return
        self._busy = True
        self._tell(lines.reading(None))
        self._reader.start()
