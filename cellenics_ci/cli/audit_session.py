"""One audit from the command line, for whoever shows it: the table takes one snapshot, the screen as many as wanted.

The seam of the interactive listing is `cellenics_ci.cli.tui.app.run(session) -> int`: it shows, and returns the
exit code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from cellenics_ci.audit.findings import Limits, Severity
from cellenics_ci.audit.listing import Listing
from cellenics_ci.audit.snapshot import Snapshot


class Session(Protocol):
    """What an audit offers to whoever shows it."""

    org: str
    sort: str
    fail_on: Severity | None

    def limits(self) -> Limits:
        """Return what rules measure by, with the servers' time as it is now."""

    def take(self, listener: Callable[[Snapshot], None]) -> Snapshot:
        """Read everything, and return it; blocks, so call it in a thread.

        `listener` gets what is there so far, several times a second at most, from that thread. Raises CallFailed
        and UsageProblem where nothing can be shown at all, Interrupted after `stop`.
        """

    def listing(self, snapshot: Snapshot) -> Listing:
        """Return the rows and findings of a snapshot, a partial one too. Pure, and safe in any thread."""

    def stop(self) -> None:
        """Let a `take` that is under way end soon, with Interrupted."""

    def run(self, words: Sequence[str]) -> int:
        """Run another of our commands (`["rotate-ci", "ui"]`) in this terminal, signed in as the audit is.

        It shows its own plan and asks its own question. Returns its exit code. Call it while nothing else uses
        the terminal, in the main thread.
        """
