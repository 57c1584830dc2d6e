"""The listing: rows under heads, one of them chosen. Draws the lines that are seen, however many rows there are.

Not Textual's DataTable: filling one with 1,000 rows takes longer than a key may take, and a filter fills it with every
key. This one draws what it is given (Textual's Line API), so that showing other rows costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from cellenics_ci.cli.tui.cells import Tone
from cellenics_ci.cli.tui.columns import GAP, Column, Placed, placed
from cellenics_ci.cli.tui.entries import Entry
from cellenics_ci.cli.tui.sifting import Sorting
from cellenics_ci.cli.views.console import safe

_NOTHING: Final = "No row has that. Esc shows everything again."


class RowsTable(ScrollView, can_focus=True):
    """Rows to walk through. Tells which one is chosen, and what was asked for with a click."""

    DEFAULT_CSS = """
    RowsTable {
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        &:focus { background-tint: $foreground 3%; }
        & > .rows--head { text-style: bold; background: $panel; color: $foreground; }
        & > .rows--chosen { background: $block-cursor-blurred-background; text-style: bold; }
        &:focus > .rows--chosen { background: $block-cursor-background; color: $block-cursor-foreground; }
        & > .rows--strong { text-style: bold; }
        & > .rows--error { color: $text-error; text-style: bold; }
        & > .rows--warning { color: $text-warning; }
        & > .rows--info { color: $text-accent; }
        & > .rows--good { color: $text-success; }
        & > .rows--dim { color: $foreground 60%; }
        &:ansi > .rows--head { background: ansi_default; text-style: bold underline; }
        &:ansi > .rows--chosen { background: ansi_default; text-style: reverse; }
        &:ansi:focus > .rows--chosen { background: ansi_default; color: ansi_default; text-style: bold reverse; }
        &:ansi > .rows--error { color: ansi_red; }
        &:ansi > .rows--warning { color: ansi_yellow; }
        &:ansi > .rows--info { color: ansi_cyan; }
        &:ansi > .rows--dim { color: ansi_default; text-style: dim; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "rows--head",
        "rows--chosen",
        *(f"rows--{tone.value}" for tone in Tone),
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "walk(-1)", "Up", show=False),
        Binding("down,j", "walk(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "jump(False)", "First", show=False),
        Binding("end", "jump(True)", "Last", show=False),
    ]

    @dataclass
    class Chosen(Message):
        """Another row is chosen, or the same one has changed. None: there are no rows."""

        entry: Entry | None

    @dataclass
    class Opened(Message):
        """A row was clicked twice."""

        entry: Entry

    @dataclass
    class SortAsked(Message):
        """A head was clicked."""

        column: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.entries: Sequence[Entry] = ()
        self.chosen = 0
        self._walked = False
        self._columns: Sequence[Column] = ()
        self._all: Sequence[Entry] = ()
        self._placed: tuple[Placed, ...] = ()
        self._sorting = Sorting()
        self._ground = Style.null()

    @property
    def entry(self) -> Entry | None:
        """The chosen row."""
        return self.entries[self.chosen] if self.entries else None

    def set_columns(self, columns: Sequence[Column], everything: Sequence[Entry]) -> None:
        """Take other columns; `everything` there is decides how wide they are, so that a filter moves nothing."""
        self._columns, self._all = columns, everything
        self._place()

    def show_entries(self, entries: Sequence[Entry], sorting: Sorting) -> None:
        """Show other rows. Chosen stays the one that somebody chose, where it is still there; else it is the first."""
        wanted = self.entry.key if self.entry and self._walked else None
        self.entries, self._sorting = entries, sorting
        self.chosen = next((place for place, each in enumerate(entries) if each.key == wanted), 0)
        self.virtual_size = Size(self.size.width, len(entries) + 1)
        self._keep_in_sight()
        self.refresh()
        self.post_message(self.Chosen(self.entry))

    def choose(self, place: int) -> None:
        """Choose a row by its place, or the nearest one."""
        self._walked = True
        chosen = max(0, min(place, len(self.entries) - 1))
        if chosen != self.chosen:
            self._refresh_row(self.chosen)
            self.chosen = chosen
            self._refresh_row(chosen)
            self._keep_in_sight()
            self.post_message(self.Chosen(self.entry))

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw what is asked for. The ground is looked up once, not for every cell."""
        self._ground = self.rich_style
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Draw one line: the heads on top, whatever is scrolled."""
        width = self.size.width
        if y == 0:
            heads = [(set_cell_size(self._head(each), each.width), "rows--head") for each in self._placed]
            return self._strip(heads, "rows--head")
        place = self.scroll_offset.y + y - 1
        if place < len(self.entries):
            entry = self.entries[place]
            cells = [(each, each.column.show(entry.row)) for each in self._placed]
            shown = [(_fitted(cell.text, each), f"rows--{cell.tone.value}") for each, cell in cells]
            return self._strip(shown, "rows--chosen" if place == self.chosen else "")
        if y == 1 and self._all:
            return Strip([Segment(_NOTHING, self._style("rows--dim"))]).adjust_cell_length(width, self._ground)
        return Strip.blank(width, self._ground)

    def action_walk(self, rows: int) -> None:
        """Choose the row so many further down."""
        self.choose(self.chosen + rows)

    def action_page(self, pages: int) -> None:
        """Choose the row a page further down."""
        self.choose(self.chosen + pages * max(1, self.size.height - 2))

    def action_jump(self, last: bool) -> None:
        """Choose the first or the last row."""
        self.choose(len(self.entries) if last else 0)

    def on_click(self, event: events.Click) -> None:
        """Choose a row, open the chosen one, or sort by a head."""
        at = event.get_content_offset(self)
        if at is None:
            return
        if at.y == 0:
            column = self._column_at(at.x)
            if column is not None:
                self.post_message(self.SortAsked(column.id))
            return
        place = self.scroll_offset.y + at.y - 1
        if place < len(self.entries):
            self.choose(place)
            if event.chain == 2:
                self.post_message(self.Opened(self.entries[place]))

    def on_resize(self) -> None:
        """Fit the columns to the new width."""
        self._place()
        self._keep_in_sight()

    def _place(self) -> None:
        if self._columns and self.size.width:
            self._placed = placed(self._columns, self._all, self.size.width)
            self.virtual_size = Size(self.size.width, len(self.entries) + 1)
            self.refresh()

    def _keep_in_sight(self) -> None:
        seen = max(1, self.size.height - 1)
        top = round(self.scroll_target_y)
        wanted = min(max(top, self.chosen - seen + 1), self.chosen)
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, immediate=True)

    def _refresh_row(self, place: int) -> None:
        self.refresh(Region(0, 1 + place - self.scroll_offset.y, self.size.width, 1))

    def _head(self, each: Placed) -> str:
        sign = ("▲" if self._sorting.reverse else "▼") if each.column.id == self._sorting.column else ""
        return f"{each.column.title[: each.width - len(sign)]}{sign}"

    def _column_at(self, x: int) -> Column | None:
        left = 0
        for each in self._placed:
            left += each.width + GAP
            if x < left:
                return each.column
        return None

    def _strip(self, cells: Sequence[tuple[str, str]], line: str) -> Strip:
        over = self._style(line) if line else Style.null()
        ground = self._ground + over
        segments = []
        for text, name in cells:
            # On the chosen row its own colours win: they are the ones that can be read there.
            segments.append(Segment(text, self._ground + self._style(name) + over))
            segments.append(Segment(" " * GAP, ground))
        return Strip(segments).adjust_cell_length(self.size.width, ground)

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(name, partial=True)


def _fitted(text: str, each: Placed) -> str:
    shown, width = safe(text), each.width
    if cell_len(shown) <= width:
        return set_cell_size(shown, width)
    if not each.column.ends:
        return f"{set_cell_size(shown, width - 1)}…"
    end = shown[-(width // 2) :]
    return set_cell_size(f"{set_cell_size(shown, width - 1 - cell_len(end))}…{end}", width)
