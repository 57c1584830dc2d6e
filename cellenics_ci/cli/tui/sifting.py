"""Which entries are shown, and in which order: what is typed, the severity, the rule, the sorting. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from cellenics_ci.audit.findings import Finding, Severity
from cellenics_ci.cli.tui.columns import Column
from cellenics_ci.cli.tui.entries import Entry

_LEVELS: Final = (None, Severity.ERROR, Severity.WARNING, Severity.INFO)


@dataclass(frozen=True, slots=True)
class Sieve:
    """What an entry must have to be shown. Of `text` every word; a finding of `severity` or worse, one of `rule`.

    `all` shows repositories too that have nothing to do with credentials.
    """

    text: str = ""
    severity: Severity | None = None
    rule: str | None = None
    all: bool = False

    @property
    def open(self) -> bool:
        """Whether it holds nothing back that has to do with credentials."""
        return not (self.text.strip() or self.severity or self.rule)

    def next_severity(self) -> Self:
        """Return it with the next severity: all, errors, warnings and worse, everything that was found."""
        at = _LEVELS.index(self.severity)
        return replace(self, severity=_LEVELS[(at + 1) % len(_LEVELS)])

    def lets_through(self, entry: Entry) -> bool:
        """Whether an entry is shown."""
        if not (entry.ours or self.all):
            return False
        if (self.severity or self.rule) and not any(self._fits(finding) for finding in entry.row.findings):
            return False
        return all(word in entry.text for word in self.text.lower().split())

    def _fits(self, finding: Finding) -> bool:
        return finding.severity >= (self.severity or 0) and self.rule in (None, finding.rule)


@dataclass(frozen=True, slots=True)
class Sorting:
    """By which column, and whether the other way round."""

    column: str = "severity"
    reverse: bool = False

    def by(self, column: str) -> Self:
        """Return the sorting by a column; by the same one again, the other way round."""
        return replace(self, column=column, reverse=column == self.column and not self.reverse)

    def next(self, columns: Sequence[Column]) -> Self:
        """Return the sorting by the column after this one."""
        ids = [column.id for column in columns]
        at = ids.index(self.column) if self.column in ids else -1
        return replace(self, column=ids[(at + 1) % len(ids)], reverse=False)


def shown(entries: Sequence[Entry], sieve: Sieve, sorting: Sorting, columns: Sequence[Column]) -> list[Entry]:
    """Return the entries that are let through, in order; those whose value is not known come last, either way."""
    column = next((each for each in columns if each.id == sorting.column), columns[0])
    through = sorted(filter(sieve.lets_through, entries), key=lambda entry: (entry.name.lower(), entry.key))
    valued = [(column.value(entry.row), entry) for entry in through]
    known = [(value, entry) for value, entry in valued if value is not None]
    known.sort(key=lambda pair: pair[0], reverse=column.descends != sorting.reverse)
    return [entry for _, entry in known] + [entry for value, entry in valued if value is None]
