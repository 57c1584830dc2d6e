"""What is known of the chosen row: a pane to read in, and the finding that is chosen in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widgets import Static

from cellenics_ci.audit.findings import Finding
from cellenics_ci.cli.tui.cells import Tone
from cellenics_ci.cli.tui.detail_text import Line, detail
from cellenics_ci.cli.tui.entries import Entry, Taken
from cellenics_ci.cli.views.console import safe

_STYLES: Final = {
    Tone.ERROR: "bold $text-error",
    Tone.WARNING: "bold $text-warning",
    Tone.INFO: "bold $text-accent",
    Tone.GOOD: "$text-success",
    Tone.DIM: "$foreground 70%",
    Tone.STRONG: "bold",
    Tone.COMMAND: "bold $text-success",
}
_FINDING, _COMMAND = "finding", "command"
"""Names of what is known of each place in the text."""


class DetailPane(VerticalScroll, can_focus=True):
    """Shows one row; scrolls with the keys. `n` and `p` choose a finding, a click on a command copies it."""

    DEFAULT_CSS = """
    DetailPane {
        border: round $border-blurred;
        border-title-color: $foreground;
        border-title-style: bold;
        border-subtitle-color: $foreground 70%;
        padding: 0 1;
        &:focus { border: round $border; }
        scrollbar-size-vertical: 1;
        & > Static { height: auto; }
    }
    """

    class CopyAsked(Message):
        """A command was clicked."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, can_maximize=True)
        self._lines: Sequence[Line] = ()
        self._findings: tuple[Finding, ...] = ()
        self._key: str | None = None
        self.chosen = 0

    def compose(self) -> ComposeResult:
        """Make the one text."""
        yield Static()

    @property
    def finding(self) -> Finding | None:
        """The chosen finding."""
        return self._findings[self.chosen] if self._findings else None

    @property
    def count(self) -> int:
        """How many findings the row has."""
        return len(self._findings)

    def show(self, entry: Entry | None, taken: Taken | None) -> None:
        """Show a row; the same one again keeps its place."""
        lines = detail(entry, taken) if entry is not None and taken is not None else ()
        key = entry.key if entry is not None else None
        if lines == self._lines and key == self._key:
            return
        if key != self._key:
            self.chosen = 0
            self.scroll_home(animate=False)
        self._lines, self._key = lines, key
        self._findings = entry.row.findings if entry is not None else ()
        self.chosen = min(self.chosen, max(0, self.count - 1))
        self.border_title = safe(entry.name) if entry is not None else None
        self._draw()

    def choose(self, place: int) -> None:
        """Choose a finding, and bring it into sight."""
        if not self._findings:
            return
        self.chosen = place % self.count
        self._draw()
        before = [line for line in self._lines if line.finding is None or line.finding < self.chosen]
        width = self.scrollable_content_region.width
        self.scroll_to(y=self._content(before).get_height({}, width) if self.chosen else 0, animate=False)

    def on_click(self, event: events.Click) -> None:
        """Choose the finding that was clicked; a click on its command copies that."""
        meta = event.style.meta
        if _FINDING in meta:
            self.chosen = meta[_FINDING]
            self._draw()
            if meta[_COMMAND]:
                self.post_message(self.CopyAsked())

    def _draw(self) -> None:
        choose = f"{self.chosen + 1} of {self.count}: n p choose, " if self.count > 1 else ""
        self.border_subtitle = f"{choose}c copies" if self._findings else None
        self.query_one(Static).update(self._content(self._lines))

    def _content(self, lines: Iterable[Line]) -> Content:
        return Content("\n").join(self._line(line) for line in lines)

    def _line(self, line: Line) -> Content:
        text = Content.styled(safe(line.text), _STYLES.get(line.tone, ""))
        if line.finding is None:
            return text
        if line.heads:
            # With a single finding there is nothing to choose.
            mark = "▶ " if line.finding == self.chosen and self.count > 1 else "  " if self.count > 1 else ""
            text = Content(mark) + text
        else:
            text = Content("    ") + text
        # Not Textual's own links: those have one colour, whatever they are about.
        return text.stylize(Style.from_meta({_FINDING: line.finding, _COMMAND: line.tone is Tone.COMMAND}))
