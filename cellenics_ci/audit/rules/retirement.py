"""Rules about users that are being retired, and what need not be said of them any more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cellenics_ci.audit import commands
from cellenics_ci.audit.findings import Finding, Hit, Kind, Limits, Subject
from cellenics_ci.audit.rules.joins import key_line, subject_of_user
from cellenics_ci.audit.snapshot import Snapshot, Status, UserFacts
from cellenics_ci.model.moments import utc_text
from cellenics_ci.model.names import UserName
from cellenics_ci.model.retirement_tag import Phase, Retirement, being_retired, read_retirement

SETTLED: Final = frozenset(
    {
        "key-old",
        "key-unused",
        "key-two-active",
        "key-inactive",
        "key-not-needed",
        "rotation-interrupted",
        "rotation-pending",
        "secret-older-than-key",
        "secret-rewritten",
        "secret-without-key",
        "secret-missing",
        "scope-undeclared",
        "user-without-repository",
        "user-of-archived",
        "user-undeclared",
        "policy-drift",
    }
)
"""Rules whose cases a retirement settles: what they offer would stand in its way."""


def pending(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield users that are on their way out."""
    for user, noted in _leaving(snapshot):
        if not _reads_again(snapshot, user):
            evidence = (*_told(noted), *(key_line(key, user, limits) for key in user.known_keys))
            remedy = commands.ours(limits, "retire-ci", user.repository)
            yield Hit(
                subject_of_user(snapshot, user), f"it is being retired: {_phase(noted, limits)}", remedy, evidence
            )


def unwanted(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield users that are on their way out although a workflow reads their key again."""
    for user, noted in _leaving(snapshot):
        facts = snapshot.repository_of(user)
        if facts is not None and _reads_again(snapshot, user):
            sentence = f"its workflows read a key again, and it is being retired: {_phase(noted, limits)}"
            places = tuple(f"{read.place} reads it" for read in facts.surveyed.workflows.pipeline.key_reads)
            remedy = commands.ours(limits, "retire-ci", "--undo", user.repository)
            yield Hit(subject_of_user(snapshot, user), sentence, remedy, (*places, *_told(noted)))


def settled(snapshot: Snapshot, finding: Finding) -> bool:
    """Whether a finding is about a user that is being retired, and its matter ends with that."""
    user = _user_of(snapshot, finding.subject)
    return finding.rule in SETTLED and user is not None and being_retired(user.user.tags)


def _user_of(snapshot: Snapshot, subject: Subject) -> UserFacts | None:
    if subject.kind is Kind.USER:
        return snapshot.users.get(UserName(subject.name))
    if subject.kind is Kind.REPOSITORY and subject.repository is not None:
        return snapshot.user_of(subject.repository)
    return None


def _leaving(snapshot: Snapshot) -> Iterator[tuple[UserFacts, Retirement]]:
    for user in snapshot.users.values():
        noted = read_retirement(user.user.tags)
        if noted is not None and noted.phase is not Phase.KEPT:
            yield user, noted


def _reads_again(snapshot: Snapshot, user: UserFacts) -> bool:
    facts = snapshot.repository_of(user)
    if facts is None or facts.surveyed.status is Status.ARCHIVED:
        return False
    return facts.surveyed.workflows.reads_pair is True


def _phase(noted: Retirement, limits: Limits) -> str:
    match noted.phase:
        case Phase.WATCHING:
            return "its key is active, and watched"
        case Phase.SOAKING if noted.until > limits.now:
            return f"its key is inactive, and deleted after {utc_text(noted.until)}"
        case Phase.SOAKING:
            return "its key is inactive, and may be deleted now"
        case Phase.DELETING:
            return "it is deleted in part"
        case _:
            return "its key is being made inactive"


def _told(noted: Retirement) -> tuple[str, ...]:
    return (f"noted {utc_text(noted.at)}; retire-ci --undo gives it back",)
