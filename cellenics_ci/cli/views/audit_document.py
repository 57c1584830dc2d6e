"""The JSON that scripts read. Its form is `audit.schema.json`; a change that breaks readers is a new number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Self

from cellenics_ci.audit.findings import Finding, Limits
from cellenics_ci.audit.listing import DeployKeyRow, Listing, OrphanRow, RepositoryRow
from cellenics_ci.audit.snapshot import Snapshot
from cellenics_ci.cli.views.json_text import Json
from cellenics_ci.model.keys import Caller

SCHEMA: Final = 1
COMMAND: Final = "audit"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a listing does not know of where it comes from. Spans in seconds."""

    account: str | None
    account_alias: str | None
    caller: str | None
    region: str
    max_age: float
    unused: float

    @classmethod
    def of(cls, snapshot: Snapshot, limits: Limits) -> Self:
        """Return them for a snapshot."""
        caller = snapshot.caller if isinstance(snapshot.caller, Caller) else None
        return cls(
            account=caller.account if caller else None,
            account_alias=caller.alias if caller else None,
            caller=caller.arn if caller else None,
            region=snapshot.region,
            max_age=limits.max_age,
            unused=limits.unused,
        )


def listing_document(listing: Listing, facts: Facts) -> Json:
    """Return a listing as a JSON document. Ages and spans are whole seconds."""
    return {
        "schema": SCHEMA,
        "command": COMMAND,
        "organization": listing.org,
        "account": facts.account,
        "account_alias": facts.account_alias,
        "caller": facts.caller,
        "region": facts.region,
        "taken_at": datetime.fromtimestamp(listing.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "max_age": int(facts.max_age),
        "unused": int(facts.unused),
        "findings": [_finding(finding) for finding in listing.findings],
        "repositories": [_repository(row) for row in listing.repositories],
        "deploy_keys": [_deploy_key(row) for row in listing.deploy_keys],
        "orphans": [_orphan(row) for row in listing.orphans],
        "summary": {
            **{severity.word: count for severity, count in listing.counts.items()},
            "repositories": len(listing.repositories),
            "deploy_keys": len(listing.deploy_keys),
            "orphans": len(listing.orphans),
            "rights": {kind.value: count for kind, count in listing.rights.items()},
        },
    }


def _finding(finding: Finding) -> Json:
    subject = finding.subject
    return {
        "rule": finding.rule,
        "severity": finding.severity.word,
        "kind": subject.kind.value,
        "subject": subject.name,
        "subject_id": subject.id or None,
        "repository": subject.repository,
        "sentence": finding.sentence,
        "evidence": list(finding.evidence),
        "remedy": finding.remedy,
        "diff": list(finding.diff),
    }


def _repository(row: RepositoryRow) -> Json:
    return {
        "repository": row.name,
        "status": row.status.value,
        "reason": row.reason,
        "severity": row.worst.word if row.worst else None,
        "rules": _rules(row.findings),
        "keys": list(row.keys),
        "key_age": _seconds(row.key_age),
        "used_ago": _seconds(row.used_ago),
        "policies": row.drift.value,
        "rights": row.rights.value,
        "scopes": list(row.scopes),
        "deploy_keys": row.deploy_keys,
        "unknown": list(row.unknown),
    }


def _deploy_key(row: DeployKeyRow) -> Json:
    return {
        "repository": row.repository,
        "id": row.id,
        "title": row.title,
        "fingerprint": row.fingerprint,
        "read_only": row.read_only,
        "enabled": row.enabled,
        "age": _seconds(row.age),
        "added_by": row.added_by,
        "used_ago": _seconds(row.used_ago),
        "severity": row.worst.word if row.worst else None,
        "rules": _rules(row.findings),
    }


def _orphan(row: OrphanRow) -> Json:
    return {
        "user": row.user,
        "repository": row.repository,
        "reason": row.reason,
        "keys": list(row.keys),
        "key_age": _seconds(row.key_age),
        "used_ago": _seconds(row.used_ago),
        "severity": row.worst.word if row.worst else None,
        "rules": _rules(row.findings),
    }


def _rules(findings: tuple[Finding, ...]) -> list[str]:
    return sorted({finding.rule for finding in findings})


def _seconds(span: float | None) -> int | None:
    return None if span is None else int(span)
