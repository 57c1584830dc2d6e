"""Asking for the file to export to, until it can be written."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from cellenics_ci.cli.tui.entries import Taken
from cellenics_ci.cli.tui.export import export, proposed
from cellenics_ci.errors import UsageProblem


class ExportScreen(ModalScreen[Path | None]):
    """Returns the file that was written, None where that was not wanted."""

    DEFAULT_CSS = """
    ExportScreen {
        align: center middle;
        & > Vertical {
            width: 74; max-width: 100%; height: auto;
            border: round $border; background: $surface; padding: 0 1;
        }
        & Input { margin: 1 0; }
        & #refused { color: $text-error; text-style: bold; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Close")]

    def __init__(self, taken: Taken) -> None:
        super().__init__()
        self._taken = taken

    def compose(self) -> ComposeResult:
        """Make the question."""
        with Vertical() as box:
            box.border_title = "Export everything, whatever is filtered"
            box.border_subtitle = "Enter writes it, Esc closes"
            yield Static("A file that is not there yet; .json has all rows, .csv the findings.")
            yield Input(proposed(self._taken), compact=True, select_on_focus=False)
            yield Static(id="refused")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Write the file, or say why not."""
        event.stop()
        try:
            path = export(self._taken, event.value)
        except UsageProblem as problem:
            self.query_one("#refused", Static).update(Content(problem.sentence))
        else:
            self.dismiss(path)
