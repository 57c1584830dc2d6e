"""The screen as pictures: what changes in them was meant to change.

After a change that was meant, or another Textual, look at the new ones and keep them:
`UPDATE_PICTURES=1 python -m pytest tests/cli/tui/test_pictures.py`
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path

import pytest

from cellenics_ci.cli.tui.app import AuditApp
from tests.cli.tui.organization import small
from tests.cli.tui.sessions import PreparedSession, on_screen
from tests.cli.tui.test_screen import Play

PICTURES = Path(__file__).with_name("pictures")


@pytest.mark.parametrize(
    ("name", "size", "theme", "keys"),
    [
        ("narrow-dark", (80, 24), "textual-dark", ()),
        ("wide-light", (150, 24), "textual-light", ("end",)),
        ("details-16-colours", (80, 24), "ansi-dark", ("enter",)),
    ],
)
def test_the_screen_looks_as_it_did(name: str, size: tuple[int, int], theme: str, keys: tuple[str, ...]) -> None:
    pictures: list[str] = []

    async def script(app: AuditApp, pilot: Play) -> None:
        app.theme = theme
        await pilot.press(*keys)
        await pilot.pause()
        pictures.append(app.export_screenshot())

    on_screen(PreparedSession(small()), script, size=size)
    there = PICTURES / f"{name}.svg"
    if "UPDATE_PICTURES" in os.environ:
        there.write_text(pictures[0], encoding="utf-8")
    wanted = there.read_text("utf-8")
    changes = difflib.unified_diff(wanted.splitlines(), pictures[0].splitlines(), "kept", "now", lineterm="", n=0)
    assert pictures[0] == wanted, "\n".join(changes)
