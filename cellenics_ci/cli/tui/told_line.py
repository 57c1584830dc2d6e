"""A line of plain words; where there are none, it takes no room."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from cellenics_ci.cli.views.console import safe


class ToldLine(Static):
    """Shows what it is told, as it is: nothing in it steers the terminal, and no markup is read."""

    DEFAULT_CSS = """
    ToldLine { height: auto; padding: 0 1; display: none; }
    ToldLine.told { display: block; }
    """

    def tell(self, text: str) -> None:
        """Show other words."""
        self.update(Content(safe(text)))
        self.set_class(bool(text), "told")
