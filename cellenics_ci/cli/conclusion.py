"""The end of the way of the data, the same wherever something is changed: it is done, its code noted, it is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from cellenics_ci.cli import rim
from cellenics_ci.run.interruption import Interruption, heard

T = TypeVar("T")


def concluded(
    interruption: Interruption, work: Callable[[], T], *, code: Callable[[T], int], show: Callable[[T], None]
) -> int:
    """Do the work, note the exit code of what came of it, show it. Returns the code.

    Signals only ask to stop until all is shown: Actions sends SIGINT when a run is cancelled, and SIGTERM 7.5 s later
    (GitHub Docs, "Workflow cancellation reference"). By then the work may be done, and whoever has to act now must
    be told how.
    """
    with heard(interruption):
        done = work()
        found = code(done)
        rim.mark_code(found)
        show(done)
    return found
