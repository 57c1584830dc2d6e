"""Many targets side by side: one tries until it has its new key, then the others; none after three like failures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from enum import IntEnum
from threading import Event
from typing import Final, Protocol, TypeVar

from cellenics_ci.errors import Failure
from cellenics_ci.model.names import RepoName
from cellenics_ci.run.events import Began, Delivered, Ended, Listener
from cellenics_ci.run.events import Event as Happening
from cellenics_ci.run.interruption import Interruption
from cellenics_ci.run.outcome import SETTLED, Outcome, Status

ALIKE: Final = 3
"""So many failures of the same cause stop new targets from starting: it is not the targets' fault."""
ALONE_FROM: Final = 4
"""From so many targets on, one tries before the others: what is wrong with all is found on one."""


class HasRepo(Protocol):
    """A target that names its repository."""

    @property
    def repo(self) -> RepoName:
        """The repository's name."""


T = TypeVar("T", bound=HasRepo)


class Shows(IntEnum):
    """What a target's end shows of those after it; who shows it sooner goes first.

    LATE: it may have to wait for something else first. NOTHING: it does not do what the others do.
    """

    SOON = 0
    LATE = 1
    NOTHING = 2


_GLANCE: Final = 0.1
"""Seconds between looks at whether the one that tries has been delivered."""


class Gate:
    """Opens when a target has come through: the others may start then, though it may still wait for old runs."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._open = Event()

    def __call__(self, happened: Happening) -> None:
        """Listen, and pass on."""
        if isinstance(happened, Delivered):
            self.open()
        self._listener(happened)

    def open(self) -> None:
        """Let the others start."""
        self._open.set()

    @property
    def is_open(self) -> bool:
        """Whether the others may start."""
        return self._open.is_set()


class Breaker:
    """Counts like failures: those that undid the work, and rights that were missed once it was done.

    Who may not take old keys away leaves two of them at every user, however good each repository's own end is.
    """

    def __init__(self) -> None:
        self._causes: Counter[str] = Counter()
        self.why = ""
        """Why nothing new should start; "" while it may."""

    def note(self, outcome: Outcome) -> None:
        """Take an outcome into account."""
        failed = outcome.status in (Status.ROLLED_BACK, Status.UNFINISHED, Status.NEEDS_ATTENTION)
        refused = outcome.status in SETTLED and outcome.cause.endswith(Failure.DENIED)
        if not failed and not refused:
            return
        cause = outcome.cause or outcome.reason
        self._causes[cause] += 1
        if self._causes[cause] >= ALIKE:
            alike = f"{ALIKE} repositories failed in the same way"
            self.why = alike if failed else f"{ALIKE} repositories came through, but the same step was refused at each"

    @property
    def open(self) -> bool:
        """Whether nothing new should start."""
        return bool(self.why)


def _soon(target: HasRepo) -> Shows:
    return Shows.SOON


def work_through(
    targets: Sequence[T],
    work: Callable[[T], Outcome],
    *,
    jobs: int,
    interruption: Interruption,
    gate: Gate,
    shows: Callable[[T], Shows] = _soon,
) -> tuple[Outcome, ...]:
    """Work on all targets with at most `jobs` at once; return an outcome for each, in their order.

    `work` never raises, and what happens in it is told to `gate`. One of those that show what is wrong with all goes
    before the others of them, and who shows nothing is held up by nobody. The calling thread only waits, so that it
    can hear signals.
    """
    breaker = Breaker()
    outcomes: dict[RepoName, Outcome] = {}
    queue = list(targets)
    if len(targets) < ALONE_FROM:
        gate.open()

    def one(target: T) -> Outcome:
        gate(Began(target.repo))
        outcome = work(target)
        gate(Ended(target.repo, outcome))
        return outcome

    running: dict[Future[Outcome], T] = {}
    with ThreadPoolExecutor(max_workers=max(jobs, 1), thread_name_prefix="rotation") as pool:
        while queue or running:
            if all(shows(target) is Shows.NOTHING for target in (*queue, *running.values())):
                gate.open()
            while len(running) < max(jobs, 1) and not breaker.open and not interruption.asked:
                following = _next(queue, running.values(), gate, shows)
                if following is None:
                    break
                queue.remove(following)
                running[pool.submit(one, following)] = following
            if not running:
                break
            done, _ = wait(running, timeout=None if gate.is_open else _GLANCE, return_when=FIRST_COMPLETED)
            for future in done:
                target, outcome = running.pop(future), future.result()
                outcomes[target.repo] = outcome
                breaker.note(outcome)
                if shows(target) is not Shows.NOTHING and outcome.status in SETTLED and not outcome.cause:
                    gate.open()
    for target in queue:
        outcomes[target.repo] = _not_started(target.repo, interruption, breaker)
    return tuple(outcomes[target.repo] for target in targets)


def _next(queue: Sequence[T], running: Collection[T], gate: Gate, shows: Callable[[T], Shows]) -> T | None:
    """Return who starts next, None where nobody may: in their order, but one trial at a time until one came through."""
    if gate.is_open:
        return next(iter(queue), None)
    trying = any(shows(target) is not Shows.NOTHING for target in running)
    soonest = min(map(shows, queue), default=Shows.NOTHING)
    first = Shows.NOTHING if trying else soonest
    return next((target for target in queue if shows(target) is first), None)


def _not_started(repo: RepoName, interruption: Interruption, breaker: Breaker) -> Outcome:
    if interruption.asked:
        return Outcome(repo, Status.SKIPPED, "interrupted before it began", interrupted=True)
    reason = f"not started: {breaker.why}"
    return Outcome(repo, Status.SKIPPED, reason, "mend the cause, then run the same command again", cause="breaker")
