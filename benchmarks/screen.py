"""The audit's screen with 1,000 repositories and 300 CI users: how long a key takes until its effect is painted."""

from __future__ import annotations

import json
import sys
from statistics import median
from typing import Final

from benchmarks.organization import Size
from benchmarks.report import Row, show
from benchmarks.servers import servers
from benchmarks.tool import run

LIMIT: Final = 100.0
"""Milliseconds that feel immediate (Nielsen, "Response Times: The 3 Important Limits")."""
KEYS: Final = {
    "a step down": ["down"] * 10,
    "a page down": ["pagedown"] * 10,
    "to the end, and back": ["end", "home"] * 3,
    "a letter of a filter": ["slash", *"service-0", *["backspace"] * 9, "enter"],
    "another order": list("ssssssss"),
    "another severity": list("vvvv"),
}
SCRIPT: Final = """\
import asyncio, json, sys, time
from cellenics_ci.audit.rules.table import RULES
from cellenics_ci.cli.audit_run import AuditSession, Choices
from cellenics_ci.cli.options import settings_of
from cellenics_ci.cli.tui.app import AuditApp
from cellenics_ci.cli.tui.reader import Done
from cellenics_ci.survey.selection import Selection

choices = Choices(Selection(), RULES, 7776000, 7776000, True, None, "severity", None, False)

class Watched(AuditApp):
    painted = spent = 0.0

    def _display(self, screen, renderable):
        super()._display(screen, renderable)
        self.painted, self.spent = time.perf_counter(), time.process_time()

async def measure():
    read = asyncio.Event()
    app = Watched(AuditSession(settings_of(), choices))
    hook = lambda message: read.set() if isinstance(message, Done) else None
    taken = {}
    async with app.run_test(size=(200, 60), message_hook=hook) as pilot:
        await read.wait()
        await pilot.press("a")
        for what, keys in json.loads(sys.argv[1]).items():
            for key in keys:
                began, spent = time.perf_counter(), time.process_time()
                await pilot.press(key)
                taken.setdefault(what, []).append((1000 * (app.painted - began), 1000 * (app.spent - spent)))
    print(json.dumps(taken))

asyncio.run(measure())
"""
"""Prints the milliseconds, and those of the processor, from each key to the last paint after it."""


def screen(size: Size) -> tuple[Row, ...]:
    """Measure and print. Returns the rows."""
    with servers(size, latency=0.0) as both:
        done = run([sys.executable, "-c", SCRIPT, json.dumps(KEYS)], both.environment)
    if done.code:
        raise RuntimeError(f"the screen did not come: {done.err}")
    taken: dict[str, list[tuple[float, float]]] = json.loads(done.out)
    rows: list[Row] = []
    for what, times in taken.items():
        rows.append(Row(f"{what}, until it is painted", median(wall for wall, _ in times), " ms", LIMIT))
        rows.append(Row("  the processor's time in it", median(cpu for _, cpu in times), " ms"))
    rows.append(Row("most memory", done.memory, " MB", target=200))
    show(
        f"The audit's screen: {size.repositories:,} repositories, {size.declaring} CI users, 200 columns by 60 lines",
        rows,
    )
    return tuple(rows)
