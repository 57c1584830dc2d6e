"""Sessions for tests: readings that were made before, in the order in which they are taken; nothing is read."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from textual.pilot import Pilot

from cellenics_ci.audit.findings import Limits, Severity
from cellenics_ci.audit.listing import Listing
from cellenics_ci.audit.rows import make_listing
from cellenics_ci.audit.snapshot import Snapshot
from cellenics_ci.cli.tui.app import AuditApp, Ending
from cellenics_ci.errors import Interrupted
from tests.audit.making import LIMITS


@dataclass
class Reading:
    """What one `take` gives: parts, and then the whole or a failure, once `gate` is open."""

    end: Snapshot | BaseException
    parts: Sequence[Snapshot] = ()
    gate: threading.Event | None = None


class PreparedSession:
    """Fulfils `audit_session.Session`. The last reading is given again and again."""

    def __init__(self, *readings: Reading | Snapshot, fail_on: Severity | None = Severity.ERROR) -> None:
        self.org, self.sort, self.fail_on = "acme", "severity", fail_on
        self.readings = [each if isinstance(each, Reading) else Reading(each) for each in readings]
        self.taken = 0
        self.ran: list[Sequence[str]] = []
        self.limits_used: Limits = LIMITS
        self._stopped = threading.Event()

    def limits(self) -> Limits:
        return self.limits_used

    def take(self, listener: Callable[[Snapshot], None]) -> Snapshot:
        reading = self.readings[min(self.taken, len(self.readings) - 1)]
        self.taken += 1
        for part in reading.parts:
            listener(replace(part, complete=False))
        while reading.gate is not None and not reading.gate.wait(0.01):
            if self._stopped.is_set():
                raise Interrupted
        if isinstance(reading.end, BaseException):
            raise reading.end
        return reading.end

    def listing(self, snapshot: Snapshot) -> Listing:
        return make_listing(snapshot, self.limits())

    def stop(self) -> None:
        self._stopped.set()

    def run(self, words: Sequence[str]) -> int:
        self.ran.append(tuple(words))
        return 0


def app_of(session: PreparedSession, *, terminal: bool = True) -> AuditApp:
    """Return the program on a session. There is no plain terminal: what is done there is just done."""

    def outside(app: object, do: Callable[[], None]) -> bool:
        do()
        return terminal

    return AuditApp(session, outside)


def on_screen(
    session: PreparedSession,
    script: Callable[[AuditApp, Pilot[Ending]], Awaitable[None]],
    *,
    size: tuple[int, int] = (80, 24),
    terminal: bool = True,
) -> AuditApp:
    """Show a session, play a script once everything was read (or the first parts, where a gate is shut)."""

    async def play() -> AuditApp:
        app = app_of(session, terminal=terminal)
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: app.listing.taken is not None or app.listing.problem is not None)
            if session.readings[0].gate is None:
                await whole(pilot)
            await script(app, pilot)
        return app

    return asyncio.run(play())


def seen(app: AuditApp) -> str:
    """Return the screen as text."""
    width, height = app.size
    lines = app.screen._compositor.render_strips(app.size)
    assert len(lines) == height
    return "\n".join(line.text[:width].rstrip() for line in lines)


async def until(pilot: Pilot[Ending], reached: Callable[[], bool]) -> None:
    """Let the program go on until something is so."""
    for _ in range(2000):
        await pilot.pause()
        if reached():
            return
    raise AssertionError("it never came to that")


async def whole(pilot: Pilot[Ending]) -> None:
    """Wait until everything was read, or could not be."""
    app = pilot.app
    assert isinstance(app, AuditApp)
    screen = app.listing
    await until(
        pilot, lambda: screen.problem is not None or (screen.taken is not None and screen.taken.listing.complete)
    )
    await pilot.pause()
