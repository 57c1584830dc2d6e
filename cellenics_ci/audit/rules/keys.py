"""Rules about access keys: their age, their use, their number, and what a rotation noted about them."""

from __future__ import annotations

from collections.abc import Iterator

from cellenics_ci.audit import commands
from cellenics_ci.audit.findings import Hit, Limits
from cellenics_ci.audit.rules.joins import (
    can_rotate,
    key_line,
    living_lock,
    subject_of_user,
    superseded,
    use_text,
)
from cellenics_ci.audit.snapshot import Snapshot, Unreadable, UserFacts
from cellenics_ci.model.keys import AccessKey
from cellenics_ci.model.moments import span_text, utc_text
from cellenics_ci.model.names import AccessKeyId
from cellenics_ci.model.retirement_tag import being_retired
from cellenics_ci.model.tags import LOCK_TAG, KeyNote, Stage, read_lock, read_notes

QUARANTINE = "AWSCompromisedKeyQuarantine"


def old(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield active keys older than the limit."""
    for user in snapshot.users.values():
        for key in user.active_keys:
            age = limits.age(key.created_at)
            if age > limits.max_age:
                sentence = f"its key {limits.key(key.id)} is {span_text(age)} old"
                evidence = (f"made {utc_text(key.created_at)}; the limit is {span_text(limits.max_age)}",)
                remedy = _new_key_or_none(snapshot, user, key, limits)
                yield Hit(subject_of_user(snapshot, user), sentence, remedy, evidence)


def unused(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield active keys that were never used, or not for long; a fresh one is not stale."""
    for user in snapshot.users.values():
        for key in user.active_keys:
            use = user.uses.get(key.id, Unreadable("not read"))
            if isinstance(use, Unreadable) or limits.age(key.created_at) <= limits.fresh:
                continue
            if use is None or limits.age(use.at) > limits.unused:
                told = "was never used" if use is None else f"was not used for {span_text(limits.age(use.at))}"
                remedy = _none_any_more(snapshot, user, key, limits)
                sentence = f"its key {limits.key(key.id)} {told}"
                yield Hit(subject_of_user(snapshot, user), sentence, remedy, (key_line(key, user, limits),))


def two_active(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield users with two active keys, unless a rotation is at it or has noted what is to come."""
    for user in snapshot.users.values():
        keys = user.active_keys
        if len(keys) < 2 or living_lock(user, limits) or _begun(user):
            continue
        evidence = tuple(key_line(key, user, limits) for key in keys)
        if can_rotate(snapshot.repository_of(user)):
            remedy = commands.rotate(limits, user.repository)
        else:
            remedy = commands.set_key_status(limits, user.name, _least_used(user).id, "Inactive")
        yield Hit(subject_of_user(snapshot, user), "it has two active keys", remedy, evidence)


def inactive(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield inactive keys that were left over."""
    for user in snapshot.users.values():
        if living_lock(user, limits):
            continue
        for key in user.known_keys:
            if not key.active:
                sentence = f"its inactive key {limits.key(key.id)} was left over"
                remedy = commands.delete_key(limits, user.name, key.id)
                yield Hit(subject_of_user(snapshot, user), sentence, remedy, (key_line(key, user, limits),))


def interrupted(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield users on which a rotation died."""
    for user in snapshot.users.values():
        evidence = () if living_lock(user, limits) else tuple(_left_behind(user, limits))
        if evidence:
            if can_rotate(snapshot.repository_of(user)):
                remedy = commands.rotate(limits, user.repository)
            else:
                remedy = commands.deactivate_all(limits, user) or commands.delete_user(limits, user)
            yield Hit(subject_of_user(snapshot, user), "a rotation was interrupted here", remedy, evidence)


def pending(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield users whose old key still waits to be retired."""
    for user in snapshot.users.values():
        notes = _notes(user)
        retired = [key for key, note in notes.items() if note.stage is Stage.RETIRED]
        waiting = [key for key in user.active_keys if key.id in retired]
        if not waiting or not _delivered(user) or living_lock(user, limits) or _unfinished(user):
            continue
        sentence = f"its old key {limits.key(waiting[0].id)} waits to be retired"
        evidence = tuple(key_line(key, user, limits) for key in user.active_keys)
        if can_rotate(snapshot.repository_of(user)):
            remedy = commands.rotate(limits, user.repository, "--finish")
        else:
            remedy = commands.set_key_status(limits, user.name, waiting[0].id, "Inactive")
        yield Hit(subject_of_user(snapshot, user), sentence, remedy, evidence)


def quarantined(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield users whose key AWS has found in public."""
    for user in snapshot.users.values():
        names = [*(user.user.attached or ()), *(user.user.policies or ())]
        found = sorted(name for name in names if QUARANTINE in name)
        if not found:
            continue
        if being_retired(user.user.tags):
            remedy = commands.deactivate_all(limits, user) or commands.ours(limits, "retire-ci", user.repository)
        elif can_rotate(snapshot.repository_of(user)):
            # AWS's policy would deny the new key what it denies the old one; it must not go before that is cut off.
            freed = (commands.take_policy(limits, user.name, name) for name in found)
            replaced = commands.ours(limits, "rotate-ci", "--compromised", user.repository)
            cut_off = [commands.deactivate_all(limits, user)] if user.active_keys else []
            remedy = commands.then(*cut_off, *freed, replaced)
        else:
            remedy = commands.deactivate_all(limits, user) or commands.delete_user(limits, user)
        evidence = (f"AWS has put {', '.join(found)} on it", *(key_line(key, user, limits) for key in user.known_keys))
        yield Hit(subject_of_user(snapshot, user), "AWS found its key in public", remedy, evidence)


def not_needed(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield active keys of repositories whose workflows are known to read none."""
    for user in snapshot.users.values():
        facts = snapshot.repository_of(user)
        if facts is None or not superseded(facts) or not user.active_keys:
            continue
        role = facts.surveyed.workflows.assumes_role
        sentence = "it has a key although its workflows " + ("assume a role" if role else "read none")
        evidence = ("no workflow on the default branch reads the pair", *_key_lines(user, limits))
        remedy = commands.ours(limits, "retire-ci", user.repository)
        yield Hit(subject_of_user(snapshot, user), sentence, remedy, evidence)


def _new_key_or_none(snapshot: Snapshot, user: UserFacts, key: AccessKey, limits: Limits) -> str:
    if can_rotate(snapshot.repository_of(user)):
        return commands.rotate(limits, user.repository)
    return _none_any_more(snapshot, user, key, limits)


def _none_any_more(snapshot: Snapshot, user: UserFacts, key: AccessKey, limits: Limits) -> str:
    if superseded(snapshot.repository_of(user)):
        # By hand, nobody would watch the key before, nor delete it afterwards.
        return commands.ours(limits, "retire-ci", user.repository)
    return commands.set_key_status(limits, user.name, key.id, "Inactive")


def _key_lines(user: UserFacts, limits: Limits) -> tuple[str, ...]:
    return tuple(
        f"{limits.key(key.id)} {use_text(user.uses.get(key.id, Unreadable('')), limits)}" for key in user.active_keys
    )


def _least_used(user: UserFacts) -> AccessKey:
    def used_at(key: AccessKey) -> float:
        use = user.uses.get(key.id)
        return 0.0 if use is None or isinstance(use, Unreadable) else use.at

    return min(user.active_keys, key=used_at)


def _notes(user: UserFacts) -> dict[AccessKeyId, KeyNote]:
    present = {key.id for key in user.known_keys}
    return {key: note for key, note in read_notes(user.user.tags)[0].items() if key in present}


def _unfinished(user: UserFacts) -> bool:
    return any(note.stage in (Stage.PENDING, Stage.DELIVERING) for note in _notes(user).values())


def _delivered(user: UserFacts) -> bool:
    return any(note.stage is Stage.LIVE for note in _notes(user).values())


def _begun(user: UserFacts) -> bool:
    """Whether notes say what both keys are: another rule tells of it. A key beside them is somebody else's."""
    retired = any(note.stage is Stage.RETIRED for note in _notes(user).values())
    return _unfinished(user) or (_delivered(user) and retired)


def _left_behind(user: UserFacts, limits: Limits) -> Iterator[str]:
    lock = read_lock(user.user.tags)
    if lock is not None:
        ran_out = utc_text(lock.until)
        yield f"a run on {lock.host} began {utc_text(lock.at)} and has not ended; its lock ran out {ran_out}"
    elif LOCK_TAG in user.user.tags:
        yield f"the tag {LOCK_TAG} can't be read: somebody edited it"
    for key, note in _notes(user).items():
        if note.stage is Stage.PENDING:
            yield f"{limits.key(key)} was made {utc_text(note.at)} and never delivered"
        elif note.stage is Stage.DELIVERING:
            yield f"{limits.key(key)} was being delivered {utc_text(note.at)}: GitHub may hold half a pair"
    for key in read_notes(user.user.tags)[1]:
        yield f"the tag of {limits.key(key)} can't be read: somebody edited it"
