"""Makes docs/audit.svg, the README's picture of the audit's screen, from the sandbox. Dates differ each time."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Final

from textual.message import Message

from cellenics_ci.audit.findings import NINETY_DAYS, Severity
from cellenics_ci.audit.rules.table import RULES
from cellenics_ci.cli.audit_run import AuditSession, Choices
from cellenics_ci.cli.options import settings_of
from cellenics_ci.cli.tui.app import AuditApp
from cellenics_ci.cli.tui.reader import Done
from cellenics_ci.cli.tui.rows_table import RowsTable
from cellenics_ci.sandbox.environment import without_configuration
from cellenics_ci.sandbox.running import Sandbox
from cellenics_ci.sandbox.world import load_world
from cellenics_ci.survey.selection import Selection

TARGET: Final = Path(__file__).with_name("audit.svg")
SIZE: Final = (150, 32)
SHOWN: Final = "api"
"""The repository whose details are in the picture: its policies have drifted."""


async def picture(app: AuditApp) -> str:
    """Return the screen as SVG, once everything was read."""
    read = asyncio.Event()

    def watch(message: Message) -> None:
        if isinstance(message, Done):
            read.set()

    async with app.run_test(size=SIZE, message_hook=watch) as pilot:
        app.theme = "textual-dark"
        await read.wait()
        await pilot.pause()
        table = app.listing.query_one(RowsTable)
        for _ in table.entries:
            if table.entry is not None and table.entry.name != SHOWN:
                await pilot.press("down")
        return app.export_screenshot(title="cellenics audit")


def main() -> None:
    """Write the picture."""
    choices = Choices(Selection(), RULES, NINETY_DAYS, NINETY_DAYS, True, None, "severity", Severity.ERROR, False)
    with without_configuration(), Sandbox(load_world()) as running:
        os.environ.update(running.environment())
        app = AuditApp(AuditSession(settings_of(), choices))
        TARGET.write_text(asyncio.run(picture(app)), encoding="utf-8")


if __name__ == "__main__":
    main()
