"""A listing as the screen walks through it: tabs of entries, each with what can be searched in it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self, TypeAlias

from cellenics_ci.audit.findings import Finding, Kind, Limits, Severity
from cellenics_ci.audit.listing import DeployKeyRow, Listing, OrphanRow, RepositoryRow, worst_of
from cellenics_ci.audit.snapshot import Snapshot
from cellenics_ci.cli.views.audit_words import rights_text, status_text


@dataclass(frozen=True, slots=True)
class OtherRow:
    """What findings of no other row are about: the organisation, a cluster, what could not be read."""

    subject: str
    kind: str
    findings: tuple[Finding, ...]

    @property
    def worst(self) -> Severity | None:
        """The worst severity among its findings."""
        return worst_of(self.findings)


Row: TypeAlias = RepositoryRow | DeployKeyRow | OrphanRow | OtherRow


class Tab(StrEnum):
    """What is listed."""

    REPOSITORIES = "repositories"
    DEPLOY_KEYS = "deploy-keys"
    ORPHANS = "orphans"
    ORGANIZATION = "organisation"

    @property
    def label(self) -> str:
        """Its name for people."""
        return self.value.replace("-", " ").capitalize()


@dataclass(frozen=True, slots=True)
class Entry:
    """A row: `key` stays the same from one reading to the next, `text` is what a filter looks at, in lower case.

    `ours` is whether the row has anything to do with credentials.
    """

    key: str
    name: str
    row: Row
    text: str
    ours: bool = True


@dataclass(frozen=True, slots=True)
class Taken:
    """One reading of everything, or of what is there so far, ready to be shown."""

    snapshot: Snapshot
    limits: Limits
    listing: Listing
    entries: Mapping[Tab, tuple[Entry, ...]]

    @classmethod
    def of(cls, snapshot: Snapshot, limits: Limits, listing: Listing) -> Self:
        """Return it. Called where it may take a while."""
        return cls(
            snapshot,
            limits,
            listing,
            {
                Tab.REPOSITORIES: tuple(_repository(row) for row in listing.repositories),
                Tab.DEPLOY_KEYS: tuple(_deploy_key(row) for row in listing.deploy_keys),
                Tab.ORPHANS: tuple(_orphan(row) for row in listing.orphans),
                Tab.ORGANIZATION: tuple(_other(row) for row in _others(listing)),
            },
        )

    @property
    def rules(self) -> Mapping[str, int]:
        """How many findings there are of each rule that has any, the worst rules first."""
        counts: dict[str, int] = {}
        for finding in self.listing.findings:
            counts[finding.rule] = counts.get(finding.rule, 0) + 1
        return counts


def _repository(row: RepositoryRow) -> Entry:
    texts = (row.name, status_text(row), rights_text(row), row.reason, *row.keys, *row.scopes, *row.unknown)
    return Entry(row.name, row.name, row, _searched(texts, row.findings), row.ours)


def _deploy_key(row: DeployKeyRow) -> Entry:
    right = "read-only" if row.read_only else "read-write"
    texts = (row.repository, row.title, row.fingerprint, row.added_by or "", right)
    return Entry(f"{row.repository}#{row.id}", row.title, row, _searched(texts, row.findings))


def _orphan(row: OrphanRow) -> Entry:
    return Entry(row.user, row.user, row, _searched((row.user, row.reason, *row.keys), row.findings))


def _other(row: OtherRow) -> Entry:
    return Entry(f"{row.kind} {row.subject}", row.subject, row, _searched((row.subject, row.kind), row.findings))


def _others(listing: Listing) -> list[OtherRow]:
    """Return what has findings and no row of its own anywhere."""
    users = {row.user for row in listing.orphans}
    found: dict[tuple[str, str], list[Finding]] = {}
    for finding in listing.findings:
        subject = finding.subject
        if subject.repository is None and not (subject.kind is Kind.USER and subject.name in users):
            found.setdefault((subject.name, subject.kind.value), []).append(finding)
    return [OtherRow(name, kind, tuple(findings)) for (name, kind), findings in found.items()]


def _searched(texts: Sequence[str], findings: Sequence[Finding]) -> str:
    found = (text for each in findings for text in (each.severity.word, each.rule, each.sentence))
    return "\n".join((*texts, *found)).lower()
