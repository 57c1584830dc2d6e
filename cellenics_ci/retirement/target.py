"""From the survey to one user with all that was observed of it, or to the reasons why it can't be retired. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cellenics_ci.model.keys import KeyUse, User
from cellenics_ci.model.names import (
    USERS_PATH,
    AccessKeyId,
    RepoName,
    UserName,
    ci_role_name,
    ci_user_name,
    ci_user_path,
)
from cellenics_ci.model.retirement_tag import read_retirement
from cellenics_ci.model.roles import Role
from cellenics_ci.model.scopes import PairDates, Scope
from cellenics_ci.model.tags import REPOSITORY_TAG, Stage, owner_text, read_notes, read_owner
from cellenics_ci.retirement.frame import Frame
from cellenics_ci.retirement.order import Home, Seen, Whereabouts, own_tags
from cellenics_ci.retirement.secrets import Going, going_secrets
from cellenics_ci.run.outcome import LeftOut
from cellenics_ci.survey.aws import Unreadable
from cellenics_ci.survey.github import Status, SurveyedRepository
from cellenics_ci.survey.world import Survey
from cellenics_ci.workflows.facts import PipelineFacts

_UNREAD: Final = {Status.UNKNOWN, Status.INVALID}


@dataclass(frozen=True, slots=True)
class Target:
    """A user that may be retired. `pipeline` is what its repository's workflows do; nothing where there is none.

    `role` is the one that they assume in the key's place, None where there is none or it is not known.
    """

    repo: RepoName
    user: UserName
    home: Home
    owner: str | None
    seen: Seen
    uses: Mapping[AccessKeyId, KeyUse | None]
    pipeline: PipelineFacts | None
    scopes: tuple[Scope, ...] = ()
    policies: tuple[str, ...] = ()
    role: Role | None = None
    named: bool = False
    lock_owner_gone: bool = False
    unread: tuple[str, ...] = ()
    """What may not be read, and would keep IAM from deleting the user."""


def prepare(user: User, repo: RepoName, frame: Frame) -> Target | LeftOut:
    """Return the target for a user, or why it is left out."""
    found = home_repository(user, repo, frame.survey)
    refusal = _foreign(user, repo, found, frame) or _unread_keys(user, repo, frame)
    if refusal is None and not frame.undo:
        refusal = _attached(user, repo, frame) or _unread(repo, found)
    if refusal is not None:
        return refusal
    home = _home(user, repo, found, frame)
    pipeline = found.workflows.pipeline if found is not None and home.whereabouts is Whereabouts.THERE else None
    reads = pipeline is not None and pipeline.reads_pair is True
    going = Going() if reads or frame.undo else going_secrets(user, repo, found, home, frame)
    if isinstance(going, LeftOut):
        return going
    keys = frame.survey.keys.get(user.name, ())
    seen_keys = keys if isinstance(keys, tuple) else ()
    owner = owner_text(frame.org, found.name, found.id) if found is not None and found.id else None
    seen = Seen(user.path, own_tags(user), seen_keys, going.dates)
    return Target(
        repo=repo,
        user=user.name,
        home=home,
        owner=owner if REPOSITORY_TAG not in user.tags else None,
        seen=seen,
        uses={key.id: use for key in seen_keys if not isinstance(use := frame.extras.uses.get(key.id), Unreadable)},
        pipeline=pipeline,
        scopes=going.scopes,
        policies=tuple(user.policies or ()),
        role=(frame.extras.roles or {}).get(ci_role_name(home.name)),
        named=frame.named(repo),
        lock_owner_gone=seen.lock is not None and frame.owner_gone(seen.lock),
        unread=() if frame.undo else _unread_attachments(user, frame),
    )


def home_repository(user: User, repo: RepoName, survey: Survey) -> SurveyedRepository | None:
    """Return the repository that a user was made for: by the id in its tag, which outlives a new name, or by name."""
    owner = read_owner(user.tags.get(REPOSITORY_TAG, ""))
    by_id = (each for each in survey.repositories.values() if owner is not None and each.id == owner.id != 0)
    # A new repository under the old name is looked at like the old one: its workflows may read what somebody put there.
    return next(by_id, survey.repositories.get(repo))


def _foreign(user: User, repo: RepoName, found: SurveyedRepository | None, frame: Frame) -> LeftOut | None:
    if not user.path.startswith(USERS_PATH):
        reason = f"the IAM user {user.name} is there under the path {user.path}, which is not ours"
        return LeftOut(repo, reason, f"move it under {ci_user_path(repo)} if it is yours", frame.named(repo))
    owner = user.tags.get(REPOSITORY_TAG)
    if owner is not None:
        read = read_owner(owner)
        if read is None or read.org.casefold() != frame.org.casefold():
            reason = f"the IAM user {user.name} belongs to {owner}, not to {frame.org}"
            return LeftOut(repo, reason, "retire it from there", frame.named(repo))
    noted = read_retirement(user.tags)
    begun = noted is not None and (noted.gone or frame.undo)
    if found is not None or begun or frame.named(repo):
        return None
    # A token that does not see every repository sees the others as gone, and nobody can ask it which kind it is.
    reason = f"there is no repository {repo} in {frame.org}, or your token does not see it"
    if owner is None:
        reason += f", and nothing says that the user was ever {frame.org}'s"
    return LeftOut(repo, reason, f"if it is gone for good, name it: cellenics retire-ci {repo}", fault=False)


def _attached(user: User, repo: RepoName, frame: Frame) -> LeftOut | None:
    """Refuse a user that has what no rotation gave it: that is not ours to take away, and IAM keeps the user for it."""
    aws = "aws iam"
    groups = (frame.extras.groups or {}).get(user.name, ())
    lines = [
        f"{aws} detach-user-policy --user-name {user.name} --policy-arn {policy}" for policy in user.attached or ()
    ]
    lines += [f"{aws} remove-user-from-group --user-name {user.name} --group-name {group}" for group in groups]
    what = [*(user.attached or ()), *groups]
    if frame.extras.passwords.get(user.name):
        what.append("a password for the console")
        lines.append(f"{aws} delete-login-profile --user-name {user.name}")
    if not lines:
        return None
    reason = f"the IAM user {user.name} has what is not ours to take away: {', '.join(what)}"
    return LeftOut(repo, reason, f"if nobody needs it: {' && '.join(lines)}")


def _unread_attachments(user: User, frame: Frame) -> tuple[str, ...]:
    groups = () if frame.extras.groups is not None else ("its groups may not be read: IAM keeps a user that is in one",)
    login = "whether it has a password for the console may not be read: IAM keeps a user that has one"
    return groups if user.name in frame.extras.passwords else (*groups, login)


def _unread_keys(user: User, repo: RepoName, frame: Frame) -> LeftOut | None:
    keys = frame.survey.keys.get(user.name, ())
    if isinstance(keys, Unreadable):
        return LeftOut(repo, f"the keys of {user.name} can't be read: {keys.reason}")
    for key in keys:
        use = frame.extras.uses.get(key.id)
        if isinstance(use, Unreadable) and not frame.undo:
            return LeftOut(repo, f"when its key was last used can't be read: {use.reason}")
    return None


def _unread(repo: RepoName, found: SurveyedRepository | None) -> LeftOut | None:
    if found is None:
        return None
    if found.status is Status.DISABLED:
        return LeftOut(repo, f"the repository {found.name} is disabled by GitHub: what it needs can't be seen")
    if found.status in _UNREAD:
        return LeftOut(repo, found.reason, "mend the file, then run the same command again" if found.problems else "")
    if found.status is not Status.ARCHIVED and found.workflows.reads_pair is None:
        return LeftOut(repo, "its workflows can't be read, so nobody can tell whether they need the key")
    return None


def _home(user: User, repo: RepoName, found: SurveyedRepository | None, frame: Frame) -> Home:
    if found is None:
        return Home(repo, Whereabouts.GONE)
    if found.status is Status.ARCHIVED:
        return Home(found.name, Whereabouts.ARCHIVED, found.id)
    if ci_user_name(found.name) != user.name and _served_by_another(found, frame):
        return Home(found.name, Whereabouts.SERVED, found.id)
    return Home(found.name, Whereabouts.THERE, found.id)


def _served_by_another(found: SurveyedRepository, frame: Frame) -> bool:
    """Whether a renamed repository's own user has delivered the pair that GitHub holds: the dates say so."""
    other = frame.survey.users.get(ci_user_name(found.name))
    if other is None:
        return False
    secrets = frame.survey.secrets.get(found.name, {})
    dates = {scope: pair for scope, pair in secrets.items() if isinstance(pair, PairDates)}
    keys = frame.survey.keys.get(other.name, ())
    active = {key.id for key in keys if key.active} if isinstance(keys, tuple) else set()
    return any(
        note.stage is Stage.LIVE and key in active and note.confirmed_by(dates)
        for key, note in read_notes(other.tags)[0].items()
    )


def reads_key(target: Target) -> bool:
    """Whether the repository's workflows read a key, which is then this user's until the contrary is known."""
    return target.pipeline is not None and target.pipeline.reads_pair is True
