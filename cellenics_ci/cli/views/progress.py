"""Watching a run: one live line a repository on a terminal, plain lines elsewhere.

Called from many threads, and it never raises: nobody watching must not stop a rotation.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Final

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.live import Live
from rich.table import Table
from rich.text import Text

from cellenics_ci.cli.views.console import safe, words
from cellenics_ci.cli.views.wording import repositories
from cellenics_ci.model.moments import span_text
from cellenics_ci.model.names import RepoName
from cellenics_ci.run.events import Began, Ended, Event, Step
from cellenics_ci.run.outcome import SETTLED, Outcome, Status

_FRAMES_A_SECOND: Final = 4
_ROOM: Final = 3
"""Lines of the screen that are not for repositories: the summary, "… and N more", the cursor's."""


@dataclass(slots=True)
class _AtWork:
    since: float
    step: str = "beginning"


class Progress:
    """A listener for a run's events, to be used as a context: `with Progress(console, total=12) as progress:`.

    `total`: how many repositories will be worked on. `clock`: seconds that never go back.
    """

    def __init__(self, console: Console, *, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._total = total
        self._clock = clock
        # One that the same thread may take twice: a signal's handler runs in the middle of anything.
        self._lock = threading.RLock()
        self._at_work: dict[RepoName, _AtWork] = {}
        self._done = self._failed = 0
        self._stopping = False
        self._started = clock()
        self._live: Live | None = None

    def __enter__(self) -> Progress:
        self._started = self._clock()
        if self._console.is_terminal and self._console.is_interactive and self._total:
            live = Live(
                self,
                console=self._console,
                refresh_per_second=_FRAMES_A_SECOND,
                transient=True,
                redirect_stdout=False,
                vertical_overflow="crop",
            )
            with contextlib.suppress(Exception):
                live.start()
                self._live = live
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, at: TracebackType | None
    ) -> None:
        live, self._live = self._live, None
        if live is not None:
            with contextlib.suppress(Exception):
                live.stop()

    def __call__(self, event: Event) -> None:
        """Take an event, from any thread."""
        with contextlib.suppress(Exception):
            with self._lock:
                self._note(event)
            if self._live is None or isinstance(event, Ended):
                self._say(event)

    def stopping(self, signum: int = 0) -> None:
        """Tell that a wish to stop was heard, and that what was begun is brought to a safe end first."""
        with contextlib.suppress(Exception):
            repeated, self._stopping = self._stopping, True
            if not repeated:
                self._print("Stopping: nothing new is begun, and what was begun is brought to a safe end.", "yellow")

    def _note(self, event: Event) -> None:
        match event:
            case Began():
                self._at_work[event.repo] = _AtWork(self._clock())
            case Step():
                self._at_work.setdefault(event.repo, _AtWork(self._clock())).step = event.text
            case Ended():
                self._at_work.pop(event.repo, None)
                self._done += 1
                self._failed += event.outcome.status not in SETTLED

    def _say(self, event: Event) -> None:
        match event:
            case Step():
                self._print(f"{event.repo}: {event.text}")
            case Ended() if self._live is None or event.outcome.status not in SETTLED:
                bad = event.outcome.status is Status.NEEDS_ATTENTION
                self._print(f"{event.repo}: {_ending(event.outcome)}", "bold red" if bad else "")

    def _print(self, text: str, style: str = "") -> None:
        self._console.print(words(text, style), soft_wrap=True)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the live lines as they are now: those at work the longest, as many as fit the screen."""
        with self._lock:
            now = self._clock()
            rows = [(repo, each.step, now - each.since) for repo, each in self._at_work.items()]
            summary = self._summary(now)
        fit = max(console.size.height - _ROOM, 1)
        yield Group(*_lines(rows[:fit], len(rows) - fit), words(summary, "bold"))

    def _summary(self, now: float) -> str:
        waiting = max(self._total - self._done - len(self._at_work), 0)
        counts = [f"{self._done - self._failed} done", f"{len(self._at_work)} at work", f"{waiting} waiting"]
        if self._failed:
            counts.insert(1, f"{self._failed} failed")
        stopping = "stopping, " if self._stopping else ""
        return f"{repositories(self._total)}: {stopping}{', '.join(counts)}; {span_text(now - self._started)}"


def _lines(rows: list[tuple[RepoName, str, float]], more: int) -> Iterator[Table | Text]:
    grid = Table.grid(padding=(0, 2), expand=True)
    grid.add_column(no_wrap=True, overflow="ellipsis", max_width=32)
    grid.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    grid.add_column(no_wrap=True, justify="right")
    for repo, step, elapsed in rows:
        grid.add_row(Text(safe(repo), style="cyan"), Text(safe(step)), span_text(elapsed))
    if rows:
        yield grid
    if more > 0:
        yield words(f"… and {more} more", "dim")


def _ending(outcome: Outcome) -> str:
    detail = outcome.reason or outcome.retirement_pending or ""
    return f"{outcome.status}: {detail}" if detail else str(outcome.status)
