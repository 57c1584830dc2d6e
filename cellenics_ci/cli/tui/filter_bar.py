"""By what rows are chosen: words that are typed, severity, rule, order. All of it can be clicked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widgets import Input, Static

from cellenics_ci.cli.tui.lines import chosen_by
from cellenics_ci.cli.tui.sifting import Sieve, Sorting


class FilterBar(Horizontal):
    """A line to type in, and what else rows are chosen by."""

    DEFAULT_CSS = """
    FilterBar {
        height: 1;
        & > Input { width: 1fr; max-width: 40; min-width: 16; }
        & > Static { width: auto; padding: 0 0 0 2; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,down", "leave", "To the rows", key_display="Esc")]

    @dataclass
    class Typed(Message):
        """Other words are wanted."""

        text: str

    class Left(Message):
        """Whoever typed wants to go on to the rows."""

    def compose(self) -> ComposeResult:
        """Make the line and the text."""
        yield Input(placeholder="/ filters as you type", compact=True)
        yield Static()

    @property
    def typing(self) -> bool:
        """Whether somebody types."""
        # Not the line's own word for it: that comes a little later than the focus.
        return self.screen.focused is self.query_one(Input)

    def begin(self) -> None:
        """Let words be typed."""
        # At once: Widget.focus only asks for it, and the keys that come meanwhile would be commands.
        self.screen.set_focus(self.query_one(Input))

    def clear(self) -> None:
        """Forget what was typed; who asks for that knows it."""
        with self.prevent(Input.Changed):
            self.query_one(Input).value = ""

    def show(self, sieve: Sieve, sorting: Sorting, column: str) -> None:
        """Show what else rows are chosen by."""
        parts = (
            Content(text).stylize(Style.from_meta({"@click": f"screen.{action}"}))
            for text, action in chosen_by(sieve, sorting, column)
        )
        self.query_one(Static).update(Content("  ").join(parts))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell what was typed."""
        event.stop()
        self.post_message(self.Typed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go on to the rows."""
        event.stop()
        self.post_message(self.Left())

    def action_leave(self) -> None:
        """Go on to the rows."""
        self.post_message(self.Left())
