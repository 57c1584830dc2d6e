"""The machine a run is on: its identity in locks, its clock, its waits."""

from __future__ import annotations

import os
import secrets
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol

from cellenics_ci.model.names import RepoName
from cellenics_ci.model.tags import clean
from cellenics_ci.run.events import Delivered, Listener, Step
from cellenics_ci.run.interruption import Interruption

_PROC: Final = Path("/proc")


@dataclass(frozen=True, slots=True)
class Runner:
    """Which run this is, and where: what a lock says of its owner."""

    run: str
    host: str
    process: str


class Owner(Protocol):
    """Who holds a lock: where it ran, and as which process (`host_name`, `process_name`)."""

    @property
    def host(self) -> str:
        """The machine, boot and container."""

    @property
    def process(self) -> str:
        """The process's id and start."""


class Host(Protocol):
    """What a protocol needs of the machine it runs on."""

    def now(self) -> float:
        """Return the time by the servers' clock; it never goes back."""

    def wait(self, seconds: float, *, interruptible: bool) -> None:
        """Let time pass. Raises Interrupted, where that is allowed, as soon as the run is asked to stop."""

    def owner_gone(self, lock: Owner) -> bool:
        """Say whether the lock's owner ran on this machine and is gone; False where that can't be known."""

    def tell(self, repo: RepoName, step: str) -> None:
        """Pass a step on to whoever watches."""

    def delivered(self, repo: RepoName) -> None:
        """Pass on that a repository has its new key, and only the old one is still to go."""


class HasHost(Protocol):
    """What the calls to the machine are performed with."""

    @property
    def host(self) -> Host:
        """The machine."""


def run_nonce() -> str:
    """Return a new name for a run: 12 characters that no other run has."""
    return secrets.token_hex(6)


def host_name() -> str:
    """Return this machine's name for locks: its host name, and a digest that tells containers and boots apart.

    Process ids mean something only within one boot and one PID namespace; containers often share host names.
    """
    parts = [socket.gethostname()]
    for source in (_PROC / "sys/kernel/random/boot_id", _PROC / "self/ns/pid"):
        try:
            parts.append(str(source.readlink()) if source.is_symlink() else source.read_text().strip())
        except OSError:
            parts.append("")
    digest = sha256("\0".join(parts).encode()).hexdigest()[:10]
    return f"{clean(parts[0], 40)}.{digest}"


def process_name(pid: int | None = None) -> str | None:
    """Return a process's name for locks: its id and when it started, so that a reused id is told apart.

    None where there is no such process. `pid` None: this process.
    """
    wanted = os.getpid() if pid is None else pid
    try:
        # The command name in parentheses may hold anything; the start time is field 22 (proc_pid_stat(5)).
        text = (_PROC / str(wanted) / "stat").read_text(errors="replace")
    except FileNotFoundError:
        return None if _PROC.joinpath("self/stat").exists() else _without_proc(wanted)
    except OSError:
        return _without_proc(wanted)
    fields = text.rpartition(")")[2].split()
    if fields[0] in ("Z", "X"):
        return None
    return f"{wanted}.{fields[19]}"


def _without_proc(pid: int) -> str | None:
    if sys.platform == "win32":
        return f"{pid}.0"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return f"{pid}.0"


class Machine:
    """What a rotation needs of the machine: it tells the time by the servers' clock, waits, and knows its processes."""

    def __init__(self, clock: Callable[[], float], interruption: Interruption, listener: Listener) -> None:
        self._clock = clock
        self._interruption = interruption
        self._listener = listener
        self._host = host_name()

    def now(self) -> float:
        """Return the servers' time in UTC epoch seconds."""
        return self._clock()

    def wait(self, seconds: float, *, interruptible: bool) -> None:
        """Let time pass; Interrupted where that is allowed and somebody asked to stop."""
        if interruptible:
            self._interruption.wait(seconds)
        else:
            with self._interruption.shielded():
                self._interruption.wait(seconds)

    def owner_gone(self, lock: Owner) -> bool:
        """Whether the lock's process ran here and has ended."""
        return lock.host == self._host and not lives(lock.process)

    def tell(self, repo: RepoName, step: str) -> None:
        """Pass a step on."""
        self._listener(Step(repo, step))

    def delivered(self, repo: RepoName) -> None:
        """Pass on that a repository has its new key."""
        self._listener(Delivered(repo))


def lives(process: str) -> bool:
    """Whether a process of this machine, as `process_name` named it, is still there."""
    pid, _, _ = process.partition(".")
    return pid.isdecimal() and process_name(int(pid)) == process
