"""The program around the audit's screen: how it looks, how it ends, and what that means for the exit code."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, ClassVar, Final

import typer
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from cellenics_ci.cli import rim
from cellenics_ci.cli.audit_session import Session
from cellenics_ci.cli.tui.audit_screen import AuditScreen, Outside
from cellenics_ci.cli.tui.keys import actions
from cellenics_ci.cli.tui.outside import Terminal, outside
from cellenics_ci.cli.views.audit_words import summary_line
from cellenics_ci.errors import Interrupted
from cellenics_ci.run.interruption import Interruption, heard

_OTHER_THEME: Final = {
    "textual-dark": "textual-light",
    "textual-light": "textual-dark",
    "ansi-dark": "ansi-light",
    "ansi-light": "ansi-dark",
}


class Ending(StrEnum):
    """How somebody left."""

    LEFT = "left"
    INTERRUPTED = "interrupted"


class AuditApp(App[Ending]):
    """Shows an audit for as long as somebody looks at it."""

    TITLE = "cellenics audit"
    CSS = """
    OptionList:nocolor > .option-list--option-highlighted { text-style: reverse; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "interrupt", "Interrupt", show=False, priority=True)]

    def __init__(self, session: Session, outside: Outside = outside) -> None:
        # Without colours Textual turns them into greys, unless it is told that the terminal's own are used: then it
        # leaves them out.
        super().__init__(Terminal, ansi_color=True if os.environ.get("NO_COLOR") else None)
        # What slides costs a third of a second and paints that nobody waits for, the more so over SSH.
        self.animation_level = "none"
        self.listing = AuditScreen(session, outside)
        self.broken: Exception | None = None
        self._signalled = False
        self._loop_of_screen: asyncio.AbstractEventLoop | None = None

    def on_mount(self) -> None:
        """Show the screen."""
        self._loop_of_screen = asyncio.get_running_loop()
        if "TEXTUAL_THEME" not in os.environ:
            self.theme = theme_for(os.environ, self.console.color_system)
        self.push_screen(self.listing)
        if self._signalled:
            self.exit(Ending.INTERRUPTED)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Offer what the keys do by its name, too."""
        if isinstance(screen, AuditScreen):
            for key in actions():
                run = key.action if "." in key.action else f"screen.{key.action}"
                yield SystemCommand(key.label, key.help.replace("`", ""), lambda run=run: self.run_action(run))
            for column in screen.columns:
                yield SystemCommand(
                    f"Sort by {column.title.lower()}",
                    "Sort the rows by this column.",
                    lambda column=column: screen.sort_by(column.id),
                )
        yield SystemCommand("Theme", "Choose other colours.", self.action_change_theme)

    def action_dark_light(self) -> None:
        """Change between dark and light."""
        self.theme = _OTHER_THEME.get(self.theme, "textual-dark")

    def action_leave(self) -> None:
        """End."""
        self.exit(Ending.LEFT)

    async def action_quit(self) -> None:
        """End; Ctrl-Q is Textual's own key for it."""
        self.action_leave()

    def action_interrupt(self) -> None:
        """End at once; a text that is selected with the mouse is copied first, as terminals do it."""
        selected = self.screen.get_selected_text()
        if selected:
            self.copy_to_clipboard(selected)
            self.screen.clear_selection()
        else:
            self.exit(Ending.INTERRUPTED)

    def signalled(self, signum: int) -> None:
        """End soon. Called by a signal's handler, in the middle of anything."""
        self._signalled = True
        if self._loop_of_screen is not None:
            # Where the loop has ended already, so has the screen.
            with contextlib.suppress(RuntimeError):
                self._loop_of_screen.call_soon_threadsafe(self.exit, Ending.INTERRUPTED)

    def _handle_exception(self, error: Exception) -> None:
        self.broken = self.broken or error
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        # Textual's own prints the values of local variables; what is told about `broken` is the rim's to say.
        self._close_messages_no_wait()

    def panic(self, *renderables: object) -> None:
        """End without a traceback."""
        self._close_messages_no_wait()


def run(session: Session) -> int:
    """Show an audit, and return the exit code that its findings have. Raises what it ended with."""
    # What is wrong with settings is told before anything is drawn, as every command does it.
    session.limits()
    app = AuditApp(session)
    with heard(Interruption(), app.signalled):
        ending = app.run()
    session.stop()
    if app.broken is not None:
        raise app.broken
    taken, problem = app.listing.taken, app.listing.problem
    if ending is Ending.INTERRUPTED:
        raise Interrupted
    if ending is None or taken is None or not taken.listing.complete:
        # There was nothing to show, or the terminal has gone, or somebody left too early to know.
        raise problem or Interrupted()
    listing = taken.listing
    code = int(session.fail_on is not None and listing.reaches(session.fail_on))
    rim.mark_code(code)
    typer.echo(summary_line(listing))
    return code


def theme_for(environ: Mapping[str, str], colors: str | None) -> str:
    """Return the theme to begin with: the terminal's own colours where there are only 16 of them, or none."""
    # Terminals that tell their background do so as `COLORFGBG=foreground;background`, in the 16 colours' numbers.
    light = environ.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15")
    family = "ansi" if environ.get("NO_COLOR") or colors in (None, "standard") else "textual"
    return f"{family}-{'light' if light else 'dark'}"
