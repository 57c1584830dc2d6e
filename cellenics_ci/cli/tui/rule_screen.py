"""Choosing one rule among those that found something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

ALL = ""
"""The answer that means: whatever the rule."""


class RuleScreen(ModalScreen[str | None]):
    """Returns a rule's id, ALL, or None where nothing was chosen."""

    DEFAULT_CSS = """
    RuleScreen {
        align: center middle;
        & > OptionList { width: 50; max-width: 100%; height: auto; max-height: 100%; border: round $border; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f,q", "dismiss(None)", "Close")]

    def __init__(self, rules: Mapping[str, int], current: str | None) -> None:
        super().__init__()
        self._rules, self._current = rules, current

    def compose(self) -> ComposeResult:
        """Make the list."""
        rules = [Option(Content(f"{count:>6,}  {rule}"), id=rule) for rule, count in self._rules.items()]
        options = OptionList(Option(Content(f"{sum(self._rules.values()):>6,}  all rules"), id="all"), *rules)
        options.border_title = "Findings of one rule"
        if self._current in self._rules:
            options.highlighted = 1 + list(self._rules).index(self._current or "")
        yield options

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Answer."""
        self.dismiss(ALL if event.option_id == "all" else event.option_id)
