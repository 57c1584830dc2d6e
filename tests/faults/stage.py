"""One case's surroundings: the organisation behind faulty proxies, watched, with a folder and secrets of its own."""

from __future__ import annotations

import os
import secrets
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from cellenics_ci.model.names import AccessKeyId, RepoName, UserName, ci_user_name, repository_of_user
from cellenics_ci.model.secret import Secret
from cellenics_ci.sandbox.aws import INSTANT, Propagation
from cellenics_ci.sandbox.clock import Clock
from cellenics_ci.sandbox.running import Sandbox
from cellenics_ci.sandbox.world import World
from tests.conftest import hermetic
from tests.faults.canaries import Canaries, texts_below
from tests.faults.judge import Judge
from tests.faults.organization import organization
from tests.faults.proxy import Fault, FaultyProxy, Ordinals, Seen

CI_TOKEN_VARIABLE: Final = "PIPELINES_TOKEN"
LOCK_RUNS_OUT: Final = 1000.0
"""Seconds after which a lock counts for nobody any more."""


@dataclass(frozen=True, slots=True, order=True)
class Site:
    """A call site: the `turn`-th call of this name about this repository ("" for calls about all of them)."""

    repository: str
    name: str
    turn: int

    @property
    def aws(self) -> bool:
        """Whether it is a call to AWS."""
        return " " not in self.name

    def __str__(self) -> str:
        return f"{self.name} #{self.turn} about {self.repository or 'everything'}"


Wanted = Callable[[Site], Fault | None]


class Stage:
    """A context: the servers run from entry to exit. `wanted` decides which fault a call site meets."""

    judge: Judge
    """Only for the organisation that rotations start from."""

    def __init__(
        self, propagation: Propagation = INSTANT, clock: Clock | None = None, world: World | None = None
    ) -> None:
        self.clock = clock or Clock()
        self.wanted: Wanted = lambda site: None
        self.sites: list[Site] = []
        self.sandbox = Sandbox(world or organization(), propagation=propagation, clock=self.clock)
        (operator,) = self.sandbox.github.state.tokens
        if world is None:
            self.judge = Judge(self.sandbox, Secret(operator))
        self._ci_token = f"ghs_{secrets.token_hex(20)}"
        admin = self.sandbox.aws.admin.secret.reveal()
        self.canaries = Canaries(self.sandbox.aws.account, (operator, admin, self._ci_token))
        self.sandbox.aws.after_call.append(self.canaries.notice)
        self._guard = threading.Lock()
        self._turns: Counter[tuple[str, str]] = Counter()
        self._folder = tempfile.TemporaryDirectory(prefix="cellenics-faults-")
        self.folder = Path(self._folder.name)

    def __enter__(self) -> Self:
        self.sandbox.__enter__()
        ordinals = Ordinals()
        self.aws = FaultyProxy(self.sandbox.aws.url, self._script, ordinals, owner_of=self._owner_of).start()
        self.github = FaultyProxy(self.sandbox.github.url, self._script, ordinals).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.aws.stop()
        self.github.stop()
        self.sandbox.__exit__(kind, error, trace)
        self._folder.cleanup()

    def environment(self, *, settle: float = 0.0, direct: bool = False) -> dict[str, str]:
        """Return the whole environment of a run: nothing of this machine's, and a folder of its own for files.

        `direct`: it leads past the proxies.
        """
        for name in ("home", "tmp"):
            (self.folder / name).mkdir(exist_ok=True)
        own = {
            "AWS_ENDPOINT_URL": self.sandbox.aws.url if direct else self.aws.url,
            "GITHUB_API_URL": self.sandbox.github.url if direct else self.github.url,
            "CELLENICS_SETTLE_SECONDS": str(settle),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary.md"),
            "TMPDIR": str(self.folder / "tmp"),
            CI_TOKEN_VARIABLE: self._ci_token,
        }
        inside = {name: value for name, value in self.sandbox.environment().items() if name not in _FOREIGN_TOKENS}
        return hermetic(os.environ, self.folder / "home") | inside | own

    def begin(self, wanted: Wanted = lambda site: None) -> None:
        """Begin to count call sites anew, and let them meet other faults."""
        with self._guard:
            self.wanted, self.sites = wanted, []
            self._turns.clear()

    def written(self) -> dict[str, str]:
        """Return the texts of all files that runs left: summary, temporary files, home."""
        return texts_below(self.folder)

    def keys(self, repo: RepoName) -> tuple[AccessKeyId, ...]:
        """Return the ids of all keys of a repository's user."""
        return tuple(key.id for key in self.sandbox.aws.account.keys(ci_user_name(repo)))

    def _owner_of(self, key_id: str) -> str:
        owner = self.sandbox.aws.account.owner_of(key_id)
        return owner if owner and repository_of_user(owner) else ""

    def _script(self, seen: Seen) -> Fault | None:
        repository = repository_of_user(UserName(seen.about)) or seen.about
        with self._guard:
            self._turns[repository, seen.name] += 1
            site = Site(repository, seen.name, self._turns[repository, seen.name])
            self.sites.append(site)
            wanted = self.wanted
        return wanted(site)


_FOREIGN_TOKENS: Final = ("GH_TOKEN", "GITHUB_TOKEN")
