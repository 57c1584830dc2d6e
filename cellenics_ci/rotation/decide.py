"""What one repository needs: from its observation and the wishes to an order, or to a reason to leave it out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cellenics_ci.model.keys import AccessKey, KeyUse
from cellenics_ci.model.moments import span_text, utc_text
from cellenics_ci.model.names import (
    USERS_PATH,
    AccessKeyId,
    Region,
    RepoName,
    UserName,
    ci_user_name,
    ci_user_path,
    shorten,
)
from cellenics_ci.model.scopes import Scope
from cellenics_ci.model.secret import Secret
from cellenics_ci.model.tags import REPOSITORY_TAG, Stage, same_owner
from cellenics_ci.privileges.changes import PolicyChanges
from cellenics_ci.rotation.evidence import unheld
from cellenics_ci.rotation.ground import Ground, decide
from cellenics_ci.rotation.observation import Observation
from cellenics_ci.rotation.order import Mode, Order
from cellenics_ci.run.outcome import LeftOut


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the admin asked for. Times in seconds; `max_age` None: every key is rotated, however young."""

    mode: Mode = Mode.ROTATE
    max_age: float | None = None
    settle: float = 10.0
    wait: float = 900.0
    take_over: bool = False
    retire: tuple[AccessKeyId, ...] = ()
    boundary: str | None = None
    ci_token: Secret | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """One repository that declares privileges, with all that was observed of it."""

    repo: RepoName
    user: UserName
    owner: str
    region: Region
    seen: Observation
    scopes: tuple[Scope, ...]
    uses: Mapping[AccessKeyId, KeyUse | None] = field(default_factory=dict)
    policies: PolicyChanges = field(default_factory=PolicyChanges)
    registry: bool = False
    lock_owner_gone: bool = False
    quarantined: str = ""
    """The policy by which AWS says that it has found the key in public."""


def order_for(target: Target, wishes: Wishes, now: float) -> Order | LeftOut:
    """Return what is to be done for a repository, decided on `now` (UTC epoch seconds)."""
    leaving = target.seen.being_retired and leaving_us(target.repo, compromised=wishes.mode is Mode.COMPROMISED)
    refusal = _foreign(target) or leaving or _locked(target, wishes, now)
    if refusal:
        return refusal
    given_up = next((key.id for key in target.seen.keys if key.id in wishes.retire), None)
    ground = decide(target.seen, target.uses, retire=given_up)
    if wishes.mode is Mode.COMPROMISED:
        ground = Ground(notes=ground.notes, retire=target.seen.keys[-1].id if target.seen.keys else None)
    elif ground.undecided:
        return LeftOut(target.repo, ground.undecided, _retire_remedy(target))
    if ground.finish and ground.outage and wishes.mode is Mode.FINISH:
        return _more_than_finishing(target, ground, ground.finish)
    mode = _mode(target, ground, wishes, now)
    if mode is None:
        if target.quarantined:
            return LeftOut(target.repo, quarantine_told(target.quarantined), quarantine_remedy(target))
        return LeftOut(target.repo, _nothing_to_do(target, ground, wishes, now), fault=False)
    return Order(
        repo=target.repo,
        user=target.user,
        path=target.seen.path or ci_user_path(target.repo),
        owner=target.owner,
        region=target.region,
        seen=target.seen,
        ground=ground,
        scopes=target.scopes,
        mode=mode,
        policies=target.policies,
        boundary=wishes.boundary,
        registry=target.registry,
        ci_token=wishes.ci_token,
        settle=wishes.settle,
        wait=wishes.wait,
    )


def live_key_age(target: Target, ground: Ground, now: float) -> float | None:
    """Return the age in seconds of the key that is in use, None where there is none."""
    live = ground.promote or ground.retire
    key = next((key for key in target.seen.keys if key.id == live), None)
    return None if key is None else now - key.created_at


def _mode(target: Target, ground: Ground, wishes: Wishes, now: float) -> Mode | None:
    """Rotate, only finish, or nothing (None)."""
    if wishes.mode is Mode.COMPROMISED:
        return wishes.mode
    unfinished = bool(ground.finish or ground.promote or ground.discard or target.seen.lock)
    if ground.outage:
        return Mode.ROTATE
    if wishes.mode is Mode.FINISH:
        return Mode.FINISH if unfinished else None
    age = live_key_age(target, ground, now)
    young = wishes.max_age is not None and age is not None and age < wishes.max_age
    if young and not ground.make_room and _usable(target, ground):
        return Mode.FINISH if unfinished or target.policies else None
    return Mode.ROTATE


def _usable(target: Target, ground: Ground) -> bool:
    """Whether the key in use is active and every scope holds it, as far as can be told: else age does not matter."""
    live = ground.promote or ground.retire
    active = any(key.id == live and key.active for key in target.seen.keys)
    dates = target.seen.dates_by_scope()
    whole = all(scope in dates and dates[scope].complete for scope in target.scopes)
    return active and whole and not strangers(target, ground)


def strangers(target: Target, ground: Ground) -> tuple[Scope, ...]:
    """Return the scopes that hold another pair than the one that was delivered with the key in use."""
    note = target.seen.note(ground.retire) if ground.retire and not ground.promote else None
    return unheld(note, target.seen) if note is not None and note.stage is Stage.LIVE else ()


def quarantine_told(policy: str) -> str:
    """Return what the policy says that AWS has attached to a user, or put into it."""
    return f"AWS has quarantined its key as found in public ({policy})"


def quarantine_remedy(target: Target) -> str:
    """Return what to do about it, in the order in which it should be done."""
    detach = f"aws iam detach-user-policy --user-name {target.user} --policy-arn {target.quarantined}"
    then = f"; the policy holds the new key, too: {detach}" if target.quarantined.startswith("arn:") else ""
    return f"cellenics rotate-ci --compromised {target.repo}{then}"


def _more_than_finishing(target: Target, ground: Ground, old: AccessKeyId) -> LeftOut:
    scopes = ", ".join(map(str, ground.outage))
    reason = f"{shorten(old)} can't go yet: {scopes} was declared after the last delivery and may hold it"
    return LeftOut(target.repo, reason, f"write the pair there, too: cellenics rotate-ci {target.repo}")


def _nothing_to_do(target: Target, ground: Ground, wishes: Wishes, now: float) -> str:
    if wishes.mode is Mode.FINISH:
        return "nothing was left unfinished"
    age, limit = live_key_age(target, ground, now) or 0.0, wishes.max_age or 0.0
    return f"its key is {span_text(age)} old, younger than {span_text(limit)}"


def _foreign(target: Target) -> LeftOut | None:
    seen = target.seen
    if not seen.exists:
        return None
    if not seen.path.startswith(USERS_PATH):
        reason = f"the IAM user {target.user} is there under the path {seen.path}, which is not ours"
        return LeftOut(target.repo, reason, f"move it under {ci_user_path(target.repo)}, or rename it")
    if seen.owner is not None and not same_owner(seen.owner, target.owner):
        reason = f"the IAM user {target.user} belongs to {seen.owner}, not to {target.owner}"
        untag = f"aws iam untag-user --user-name {target.user} --tag-keys {REPOSITORY_TAG}"
        remedy = f"two organisations can't share one AWS account's users; if it is this repository's after all: {untag}"
        return LeftOut(target.repo, reason, remedy)
    return None


def leaving_us(repo: RepoName, *, compromised: bool) -> LeftOut:
    """Return why a user that is being retired is left out."""
    reason = f"its IAM user {ci_user_name(repo)} is being retired"
    if compromised:
        return LeftOut(
            repo, reason, f"cut it off for good: cellenics retire-ci --now {repo}; or before, retire-ci --undo {repo}"
        )
    # Nothing to mend: a scheduled rotation goes by it every night until the user is gone.
    return LeftOut(repo, reason, f"to keep it, give it back with: cellenics retire-ci --undo {repo}", fault=False)


def _locked(target: Target, wishes: Wishes, now: float) -> LeftOut | None:
    lock = target.seen.lock
    if lock is None or wishes.take_over or target.lock_owner_gone or lock.until <= now:
        return None
    reason = f"another rotation is running on {lock.host} since {utc_text(lock.at)}"
    remedy = f"wait for it; if it is dead, its lock runs out at {utc_text(lock.until)}, or use --take-over"
    return LeftOut(target.repo, reason, remedy)


def _retire_remedy(target: Target) -> str:
    # An inactive key can't be the one in use: nobody is invited to give up the other.
    candidates = [key for key in target.seen.keys if not key.active] or list(target.seen.keys)
    # Letters that every terminal and shell takes, unlike the dots of a shortened id.
    keys = " or ".join(f"--retire {key.id[-4:]}" for key in candidates)
    first = "make sure that nobody needs it" if len(candidates) == 1 else "find out which key is in use"
    which = "it" if len(candidates) == 1 else "the other"
    return f"{first}, then give {which} up: cellenics rotate-ci {target.repo} {keys}"


def key_text(key: AccessKey, now: float) -> str:
    """Return a key as a plan names it: its shortened id and its age."""
    state = "" if key.active else ", inactive"
    return f"{shorten(key.id)} ({span_text(now - key.created_at)} old{state})"
