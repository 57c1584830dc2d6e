"""What rules look up again and again: who belongs to whom, and what a key or a scope is like, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cellenics_ci.audit.findings import Kind, Limits, Subject
from cellenics_ci.audit.snapshot import RepositoryFacts, Snapshot, Status, Unreadable, UserFacts, Written
from cellenics_ci.model.keys import AccessKey, KeyUse
from cellenics_ci.model.moments import span_text, utc_text
from cellenics_ci.model.names import KEY_ID_SECRET, KEY_SECRET_SECRET
from cellenics_ci.model.scopes import PairDates, Scope
from cellenics_ci.model.tags import KEY_TAG, REPOSITORY_TAG, Lock, owner_text, read_lock, same_owner

_GONE: Mapping[Status, str] = {
    Status.ARCHIVED: "is archived",
    Status.DISABLED: "is disabled by GitHub",
    Status.FORK: "is a fork",
    Status.EMPTY: "is empty",
    Status.NOT_OURS: "declares no privileges any more",
}


def subject_of_user(snapshot: Snapshot, user: UserFacts) -> Subject:
    """Return a user as a subject; its repository's row shows it where there is one."""
    shown = user.repository if user.repository in snapshot.repositories else None
    return Subject(Kind.USER, user.name, shown)


def subject_of_repository(facts: RepositoryFacts) -> Subject:
    """Return a repository as a subject."""
    return Subject(Kind.REPOSITORY, facts.name, facts.name)


def orphaned(snapshot: Snapshot, user: UserFacts) -> str:
    """Say why no repository needs a user, "" where one does, or where that is not known."""
    facts = snapshot.repository_of(user)
    if facts is not None:
        gone = _GONE.get(facts.surveyed.status)
        return f"the repository {facts.name} {gone}" if gone else ""
    if snapshot.listing is not True or user.repository in snapshot.known_names or foreign(snapshot, user):
        return ""
    return f"there is no repository {user.repository} in {snapshot.org}"


def foreign(snapshot: Snapshot, user: UserFacts) -> str:
    """Return the repository that a user's tag names, "" where it has none, or names the one that it is for."""
    owner = user.user.tags.get(REPOSITORY_TAG, "")
    facts = snapshot.repository_of(user)
    if not owner:
        return ""
    if facts is None:
        return "" if owner.partition("/")[0].casefold() == snapshot.org.casefold() else owner
    return "" if same_owner(owner, owner_text(snapshot.org, facts.name, facts.surveyed.id)) else owner


def superseded(facts: RepositoryFacts | None) -> bool:
    """Whether a repository's workflows are known to read no key."""
    return facts is not None and facts.surveyed.workflows.reads_pair is False


def can_rotate(facts: RepositoryFacts | None) -> bool:
    """Whether `rotate-ci` would give a repository a new key."""
    return facts is not None and facts.declares and not superseded(facts)


def key_line(key: AccessKey, user: UserFacts, limits: Limits) -> str:
    """Return a key as evidence: id, state, age, last use."""
    state = "active" if key.active else "inactive"
    made = f"made {span_text(limits.age(key.created_at))} ago"
    return f"{limits.key(key.id)} is {state}, {made}, {use_text(user.uses.get(key.id, Unreadable('')), limits)}"


def use_text(use: KeyUse | Unreadable | None, limits: Limits) -> str:
    """Return a key's last use in words."""
    if isinstance(use, Unreadable):
        return "its last use is not known"
    if use is None:
        return "never used"
    return f"last used {span_text(limits.age(use.at))} ago ({use.service} in {use.region})"


def living_lock(user: UserFacts, limits: Limits) -> Lock | None:
    """Return the lock of a run that may be at work now, None without one."""
    lock = read_lock(user.user.tags)
    return lock if lock is not None and lock.until > limits.now else None


def has_notes(user: UserFacts) -> bool:
    """Whether a rotation of ours has noted anything about the user's keys."""
    return any(name.startswith(KEY_TAG) for name in user.user.tags)


def pair_in(written: Written) -> PairDates:
    """Return when the halves of the pair were written."""
    return PairDates(written.get(KEY_ID_SECRET), written.get(KEY_SECRET_SECRET))


def pairs(facts: RepositoryFacts) -> Iterator[tuple[Scope, PairDates]]:
    """Yield the scopes whose secrets are known, with the pair's dates there."""
    for scope, written in (facts.secrets or {}).items():
        if not isinstance(written, Unreadable):
            yield scope, pair_in(written)


def pair_line(scope: Scope, pair: PairDates) -> str:
    """Return a scope's pair as evidence."""
    halves = ((KEY_ID_SECRET, pair.key_id_at), (KEY_SECRET_SECRET, pair.secret_at))
    told = (f"{name} {f'written {utc_text(at)}' if at is not None else 'missing'}" for name, at in halves)
    return f"{scope}: {', '.join(told)}"
