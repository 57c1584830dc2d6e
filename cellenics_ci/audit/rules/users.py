"""Rules about IAM users: whether a repository needs them, whose they are, and what they have beside keys."""

from __future__ import annotations

from collections.abc import Iterator

from cellenics_ci.audit import commands
from cellenics_ci.audit.findings import Hit, Limits
from cellenics_ci.audit.rules.joins import (
    can_rotate,
    foreign,
    key_line,
    orphaned,
    subject_of_repository,
    subject_of_user,
)
from cellenics_ci.audit.rules.keys import QUARANTINE
from cellenics_ci.audit.snapshot import Snapshot, Status, UserFacts
from cellenics_ci.model.names import USERS_PATH, ci_user_name, ci_user_path, repository_of_user
from cellenics_ci.model.tags import REPOSITORY_TAG


def without_repository(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield users whose repository the organisation does not have."""
    yield from _orphans(snapshot, limits, ())


def of_archived(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield users whose repository is archived, or can't run pipelines for another reason."""
    yield from _orphans(snapshot, limits, (Status.ARCHIVED, Status.DISABLED, Status.FORK, Status.EMPTY))


def undeclared(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield users whose repository no longer declares anything."""
    yield from _orphans(snapshot, limits, (Status.NOT_OURS,))


def missing(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield repositories that declare privileges and have no user."""
    if snapshot.account is not True:
        return
    for facts in snapshot.repositories.values():
        if can_rotate(facts) and snapshot.user_of(facts.name) is None:
            sentence = f"it declares privileges, and there is no user {ci_user_name(facts.name)}"
            yield Hit(subject_of_repository(facts), sentence, commands.rotate(limits, facts.name))


def of_others(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield users that are tagged as another repository's, or another organisation's."""
    for user in snapshot.users.values():
        owner = foreign(snapshot, user)
        if owner:
            sentence = f"it belongs to {owner}: rotate-ci refuses it"
            named = ("--user-name", user.name, "--tag-keys", REPOSITORY_TAG)
            remedy = commands.aws(limits, "iam", "untag-user", *named)
            evidence = (f"its tag {REPOSITORY_TAG} says so", "take the tag away only if it is yours after all")
            yield Hit(subject_of_user(snapshot, user), sentence, remedy, evidence)


def with_password(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield users that can sign in to the console."""
    for user in snapshot.users.values():
        if user.password is True:
            remedy = commands.aws(limits, "iam", "delete-login-profile", "--user-name", user.name)
            yield Hit(subject_of_user(snapshot, user), "it has a password for AWS's console", remedy)


def with_attached(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield users with rights that no `.ci.yaml` declares: attached policies, and groups."""
    for user in snapshot.users.values():
        attached = [arn for arn in user.user.attached or () if QUARANTINE not in arn]
        if not attached and not user.groups:
            continue
        named = ("--user-name", user.name)
        lines = [commands.take_policy(limits, user.name, arn) for arn in attached]
        lines += [
            commands.aws(limits, "iam", "remove-user-from-group", *named, "--group-name", group)
            for group in user.groups
        ]
        evidence = (*(f"attached: {arn}" for arn in attached), *(f"in the group {group}" for group in user.groups))
        sentence = "it has rights beside its inline policies"
        yield Hit(subject_of_user(snapshot, user), sentence, commands.then(*lines), evidence)


def of_foreign_path(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield users that are called like ours and are not under our path."""
    for user in snapshot.users.values():
        if not user.user.path.startswith(USERS_PATH):
            sentence = f"it is under the path {user.user.path}, not under {USERS_PATH}: rotate-ci refuses it"
            named = ("--user-name", user.name, "--new-path", ci_user_path(user.repository))
            yield Hit(subject_of_user(snapshot, user), sentence, commands.aws(limits, "iam", "update-user", *named))


def _orphans(snapshot: Snapshot, limits: Limits, statuses: tuple[Status, ...]) -> Iterator[Hit]:
    """Yield users whose repository has one of these statuses; without any, those that have no repository."""
    for user in snapshot.users.values():
        facts = snapshot.repository_of(user)
        reason = orphaned(snapshot, user)
        meant = facts.surveyed.status in statuses if facts else not statuses
        if not reason or not meant:
            continue
        evidence = tuple(key_line(key, user, limits) for key in user.known_keys) or _no_keys(user)
        yield Hit(subject_of_user(snapshot, user), reason, _retire(user, limits), evidence)


def _retire(user: UserFacts, limits: Limits) -> str:
    # Only a user that it knows by its name; others are nobody's but the person's who made them.
    if repository_of_user(user.name) is not None and user.user.path.startswith(USERS_PATH):
        return commands.ours(limits, "retire-ci", user.repository)
    # First what can be taken back: whoever still uses the key calls, and then it is gone in earnest.
    return commands.deactivate_all(limits, user) or commands.delete_user(limits, user)


def _no_keys(user: UserFacts) -> tuple[str, ...]:
    return ("it has no access key",) if isinstance(user.keys, tuple) else ("its keys are not known",)
