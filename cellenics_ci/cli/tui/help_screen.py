"""All keys on one screen."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from cellenics_ci.cli.tui.keys import GROUPS, Group

_WIDTH: Final = 9


class HelpScreen(ModalScreen[None]):
    """Shows the keys. Any of Esc, Enter, `?` and `q` closes it, a click beside it too."""

    DEFAULT_CSS = """
    HelpScreen {
        align: center middle;
        & > VerticalScroll {
            width: 78; max-width: 100%; height: auto; max-height: 100%;
            border: round $border; background: $surface; padding: 0 1;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter,question_mark,q", "dismiss(None)", "Close")]

    def compose(self) -> ComposeResult:
        """Make the list."""
        with VerticalScroll() as box:
            box.border_title = "Keys"
            box.border_subtitle = "Esc closes"
            yield Static(Content("\n\n").join(_group(group) for group in GROUPS))

    def on_click(self) -> None:
        """Close."""
        self.dismiss(None)


def _group(group: Group) -> Content:
    lines = [
        Content(f"{key.written:{_WIDTH}}").stylize("bold") + Content(key.help.replace("`", "")) for key in group.keys
    ]
    return Content("\n").join([Content.styled(group.title, "bold underline"), *lines])
