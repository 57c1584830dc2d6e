"""What is known of one row, line by line: findings with what to type, then facts. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cellenics_ci.audit.findings import Finding, Kind, Limits
from cellenics_ci.audit.listing import DeployKeyRow, OrphanRow, RepositoryRow
from cellenics_ci.audit.rules.joins import key_line, pair_line, pairs
from cellenics_ci.audit.snapshot import RepositoryFacts, Snapshot, Unreadable, UserFacts
from cellenics_ci.cli.tui.cells import TONES, Tone, severity_words
from cellenics_ci.cli.tui.entries import Entry, OtherRow, Taken
from cellenics_ci.cli.views.audit_words import status_text
from cellenics_ci.model.deploy_keys import DeployKey
from cellenics_ci.model.moments import span_text
from cellenics_ci.model.names import UserName


@dataclass(frozen=True, slots=True)
class Line:
    """A line. `finding` is the place of the finding that it belongs to, None for a fact; `heads` for its first one."""

    text: str
    tone: Tone = Tone.PLAIN
    finding: int | None = None
    heads: bool = False


def detail(entry: Entry, taken: Taken) -> tuple[Line, ...]:
    """Return the lines about a row."""
    row, snapshot, limits = entry.row, taken.snapshot, taken.limits
    match row:
        case RepositoryRow():
            facts = list(_of_repository(row, snapshot, limits))
        case DeployKeyRow():
            facts = list(_of_deploy_key(row))
        case OrphanRow():
            facts = [Line(f"Orphan: {row.reason}"), *_of_user(snapshot.users.get(row.user), limits)]
        case OtherRow():
            # A user whose repository could not be read is found here.
            user = snapshot.users.get(UserName(row.subject)) if row.kind == Kind.USER else None
            facts = [Line(f"About: {row.kind} {row.subject}"), *_of_user(user, limits)]
    return (*_of_findings(row.findings, complete=taken.listing.complete), Line(""), *facts)


def _of_repository(row: RepositoryRow, snapshot: Snapshot, limits: Limits) -> Iterator[Line]:
    facts = snapshot.repositories.get(row.name)
    reason = f": {row.reason}" if row.reason else ""
    yield Line(f"Policies: {status_text(row)}{reason}", Tone.PLAIN)
    yield from _of_user(snapshot.user_of(row.name), limits)
    if facts is not None:
        yield from _of_facts(facts, limits)
    for unknown in row.unknown:
        yield Line(f"? {unknown}", Tone.WARNING)


def _of_user(user: UserFacts | None, limits: Limits) -> Iterator[Line]:
    if user is None:
        return
    yield Line(f"User: {user.name} in {user.user.path}")
    for key in user.known_keys:
        yield Line(f"Key: {key_line(key, user, limits)}")


def _of_facts(facts: RepositoryFacts, limits: Limits) -> Iterator[Line]:
    for scope, pair in pairs(facts):
        if not pair.empty:
            yield Line(f"Pair in {pair_line(scope, pair)}")
    workflows = facts.surveyed.workflows
    if workflows.readers:
        yield Line(f"Read by: {', '.join(workflows.readers)}")
    if workflows.assumes_role:
        yield Line("Its workflows assume a role")
    for key in facts.deploy_keys if isinstance(facts.deploy_keys, tuple) else ():
        yield Line(f"Deploy key: {_deploy_key(key, limits)}")
    if isinstance(facts.policies, Unreadable):
        yield Line(f"? its policies: {facts.policies.reason}", Tone.WARNING)


def _deploy_key(key: DeployKey, limits: Limits) -> str:
    used = "never used" if key.last_used is None else f"used {span_text(limits.age(key.last_used))} ago"
    return f"{key.title} ({'read-only' if key.read_only else 'read-write'}, {used})"


def _of_deploy_key(row: DeployKeyRow) -> Iterator[Line]:
    yield Line(f"{row.repository}: {row.title}")
    yield Line(f"Fingerprint: {row.fingerprint}")
    yield Line(f"Right: {'read-only' if row.read_only else 'read-write'}{'' if row.enabled else ', disabled'}")
    added = "added nobody knows when" if row.age is None else f"added {span_text(row.age)} ago"
    used = "never used" if row.used_ago is None else f"last used {span_text(row.used_ago)} ago"
    yield Line(f"Age: {added}{f' by {row.added_by}' if row.added_by else ''}, {used}")


def _of_findings(findings: tuple[Finding, ...], *, complete: bool) -> Iterator[Line]:
    if not findings:
        yield Line("Nothing found." if complete else "Nothing found yet: not everything has been read.", Tone.DIM)
    for place, finding in enumerate(findings):
        if place:
            yield Line("", finding=place)
        head = f"{severity_words(finding.severity)} {finding.rule}: {finding.sentence}"
        yield Line(head, TONES[finding.severity], place, heads=True)
        for evidence in finding.evidence:
            yield Line(evidence, Tone.DIM, place)
        for text in finding.diff:
            yield Line(text, _diff_tone(text), place)
        for text in finding.remedy.splitlines():
            yield Line(text, Tone.COMMAND, place)


def _diff_tone(text: str) -> Tone:
    return Tone.GOOD if text.startswith("+") else Tone.ERROR if text.startswith("-") else Tone.DIM
