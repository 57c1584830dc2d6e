"""What a rule finds: how bad, about whom, in a sentence, why, and what to type about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final, TypeAlias

from cellenics_ci.audit.snapshot import Snapshot
from cellenics_ci.model.names import AccessKeyId, RepoName, shorten

DAY: Final = 86400.0
NINETY_DAYS: Final = 90 * DAY


class Severity(IntEnum):
    """How bad it is. The larger, the worse."""

    INFO = 1
    WARNING = 2
    ERROR = 3

    @property
    def word(self) -> str:
        """`error`, `warning` or `info`."""
        return self.name.lower()


class Kind(StrEnum):
    """What a finding is about."""

    REPOSITORY = "repository"
    USER = "user"
    DEPLOY_KEY = "deploy key"
    CLUSTER = "cluster"
    ORGANIZATION = "organization"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a finding is about. `repository` is whose row shows it, None for none; `id` tells deploy keys apart."""

    kind: Kind
    name: str
    repository: RepoName | None = None
    id: int = 0

    def __str__(self) -> str:
        if self.kind is Kind.DEPLOY_KEY:
            return f"{self.repository}: {self.name}"
        return self.name


@dataclass(frozen=True, slots=True)
class Hit:
    """A case of a rule, before it has the rule's id and severity.

    `remedy` is one command line that can be pasted into a shell, or several with line breaks between them.
    """

    subject: Subject
    sentence: str
    remedy: str
    evidence: tuple[str, ...] = ()
    diff: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A case of a rule. No field holds a secret; key ids are shortened unless the limits said otherwise."""

    rule: str
    severity: Severity
    subject: Subject
    sentence: str
    remedy: str
    evidence: tuple[str, ...] = ()
    diff: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """What rules measure by. `max_age` and `unused` in seconds, `now` in UTC epoch seconds.

    `fresh`: younger than this, a key that was never used is not stale. `said` are the options that our commands in
    remedies need to work where this audit did (`--org …`), `aws_said` those of the AWS CLI.
    """

    now: float
    max_age: float = NINETY_DAYS
    unused: float = NINETY_DAYS
    fresh: float = DAY
    show_ids: bool = False
    said: tuple[str, ...] = ()
    aws_said: tuple[str, ...] = ()

    def key(self, key: AccessKeyId) -> str:
        """Return an access key id as it may be shown."""
        return key if self.show_ids else shorten(key)

    @property
    def days(self) -> str:
        """`max_age` as an option takes it, in seconds where it is no whole number of days: `90d`."""
        whole = self.max_age % DAY == 0
        return f"{self.max_age / DAY:.0f}d" if whole else f"{self.max_age:.0f}s"

    def age(self, at: float) -> float:
        """Return the seconds since a moment, never less than none: clocks differ."""
        return max(self.now - at, 0.0)


Examine: TypeAlias = Callable[[Snapshot, Limits], Iterator[Hit]]
"""A rule's function: pure, total on partial snapshots, silent about what is not known."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: what it is called, how bad its cases are, what they mean, and what helps, for the docs."""

    id: str
    severity: Severity
    title: str
    remedy: str
    examine: Examine

    def __call__(self, snapshot: Snapshot, limits: Limits) -> Iterator[Finding]:
        """Yield a finding for each case."""
        for hit in self.examine(snapshot, limits):
            yield Finding(self.id, self.severity, hit.subject, hit.sentence, hit.remedy, hit.evidence, hit.diff)
