"""The keys of the screen: bindings, footer, palette, help and docs are all made from this table. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Key:
    """Keys that do one thing. `action` is "" for keys that a widget has itself. `shown`: in the footer.

    `press` is what Textual calls them, `written` how people know them, `label` two words at most, `help` a sentence.
    """

    press: str
    written: str
    action: str
    label: str
    help: str
    shown: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Keys that belong together."""

    title: str
    keys: tuple[Key, ...]


GROUPS: Final = (
    Group(
        "Walking",
        (
            Key("", "Arrows", "", "Walk", "Walk through the rows; so do `j` and `k`, PgUp, PgDn, Home and End."),
            Key("enter", "Enter", "open_detail", "Details", "Read the details on the whole screen.", shown=True),
            Key("escape", "Esc", "back", "Back", "Go back; on the listing, show all rows again."),
            Key("", "Tab", "", "Next part", "Go to the next part of the screen."),
            Key("", "1 2 3 4", "", "Tabs", "Repositories, deploy keys, orphaned users, and what is of no row."),
        ),
    ),
    Group(
        "Finding",
        (
            Key("slash", "/", "filter", "Filter", "Type words that rows must have; Enter goes to them.", shown=True),
            Key("v", "v", "severity", "Severity", "Rows with errors; warnings or worse; any finding; all."),
            Key("f", "f", "rule", "By rule", "Rows with findings of one rule."),
            Key("a", "a", "all", "All", "Also repositories that have nothing to do with credentials."),
            Key("s", "s", "sort", "Sort", "Sort by the next column, or click on its head."),
            Key("S", "S", "reverse", "Reverse", "Sort the other way round."),
        ),
    ),
    Group(
        "Doing",
        (
            Key(
                "r",
                "r",
                "rotate",
                "Rotate",
                "Run `rotate-ci` for the row, or `rotate-deploy-key`; it asks.",
                shown=True,
            ),
            Key("o", "o", "adopt", "Adopt", "Run `adopt-oidc` for the row: a role to assume; it asks.", shown=True),
            Key("t", "t", "retire", "Retire", "Run `retire-ci` for the row, or for an orphan; it asks.", shown=True),
            Key("n", "n", "finding(1)", "Next finding", "Choose the next finding of the row."),
            Key("p", "p", "finding(-1)", "Finding before", "Choose the finding before."),
            Key("c", "c", "copy", "Copy", "Copy what to type about the chosen finding (OSC 52)."),
            Key("C", "C", "show_remedy", "Show it", "Show it on the plain terminal, to select it there."),
            Key("x", "x", "export", "Export", "Write everything to a JSON or CSV file."),
            Key("R,f5", "R F5", "refresh", "Read again", "Read everything again."),
        ),
    ),
    Group(
        "The screen",
        (
            Key("d", "d", "app.dark_light", "Dark, light", "Change between dark and light."),
            Key("", "Ctrl-P", "", "Palette", "Find an action by its name."),
            Key("question_mark", "?", "help", "Keys", "Show these keys.", shown=True),
            Key(
                "ctrl+z", "Ctrl-Z", "app.suspend_process", "Stop for now", "Stop for now; the shell's `fg` comes back."
            ),
            Key("q", "q", "app.leave", "Quit", "End, with the exit code that the findings have.", shown=True),
            Key(
                "ctrl+c",
                "Ctrl-C",
                "app.interrupt",
                "Interrupt",
                "End with exit code 130; copies a selected text first.",
            ),
        ),
    ),
)


def actions() -> Iterator[Key]:
    """Yield the keys that the screen and the app answer to."""
    for group in GROUPS:
        yield from (key for key in group.keys if key.action)
