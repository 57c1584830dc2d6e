"""Sessions for tests: readings that were made before, in the order in which they are taken; nothing is read."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
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


def app_of(session: PreparedSession) -> AuditApp:
    """Return the program on a session; there is no plain terminal, so what is done there is just done."""

    def outside(app: object, do: Callable[[], None]) -> bool:
        do()
        return True

    return AuditApp(session, outside)


async def until(pilot: Pilot[Ending], reached: Callable[[], bool]) -> None:
    """Let the program go on until something is so."""
    for _ in range(2000):
        await pilot.pause()
        if reached():
            return
    raise AssertionError("it never came to that")


async def whole(pilot: Pilot[Ending]) -> None:
    """Wait until everything was read."""
    app = pilot.app
    assert isinstance(app, AuditApp)
    await until(pilot, lambda: app.listing.taken is not None and app.listing.taken.listing.complete)
    await pilot.pause()
