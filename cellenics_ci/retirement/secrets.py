"""Which secrets go with a user: those that are declared or noted as ours, and that nobody else has written. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cellenics_ci.model.keys import User
from cellenics_ci.model.names import PAIR_NAMES, RepoName
from cellenics_ci.model.retirement_tag import Phase, Retirement, read_retirement
from cellenics_ci.model.scopes import PairDates, Scope
from cellenics_ci.model.tags import REPOSITORY_TAG, Stage, read_notes, read_owner, scope_code
from cellenics_ci.retirement.frame import Frame
from cellenics_ci.retirement.order import Home, Whereabouts
from cellenics_ci.run.outcome import LeftOut
from cellenics_ci.survey.aws import Unreadable
from cellenics_ci.survey.github import ENVIRONMENTS, LIST_ENVIRONMENTS, SurveyedRepository

_CAN_WRITE: Final = {"ADMIN", "MAINTAIN", "WRITE"}


@dataclass(frozen=True, slots=True)
class Going:
    """The secrets that are ours, with their dates, and the scopes in which they can be deleted."""

    dates: tuple[tuple[Scope, PairDates], ...] = ()
    scopes: tuple[Scope, ...] = ()


def going_secrets(
    user: User, repo: RepoName, found: SurveyedRepository | None, home: Home, frame: Frame
) -> Going | LeftOut:
    """Return which secrets go with a user, or why nobody can tell."""
    held = _held(user, repo, home, found, frame)
    if isinstance(held, LeftOut):
        return held
    if home.whereabouts is Whereabouts.ARCHIVED:
        return Going(tuple((scope, pair) for scope, pair in sorted(held.items()) if isinstance(pair, PairDates)))
    declaration = found.declaration if found is not None else None
    declared = declaration.ci_secrets.scopes if declaration is not None else ()
    recorded = {code for note in read_notes(user.tags)[0].values() for code, _ in note.dates}
    ours: list[tuple[Scope, PairDates]] = []
    for scope, pair in sorted(held.items()):
        label = scope.environment or str(scope)
        if label in frame.ignored_scopes or str(scope) in frame.ignored_scopes:
            continue
        alone = f"leave it alone with --ignore-scope {label}"
        if isinstance(pair, Unreadable):
            reason = f"nobody can tell whether its {scope} holds the pair: {pair.reason}"
            return LeftOut(repo, reason, f"mend that, or {alone}")
        if scope not in declared and scope_code(scope) not in recorded:
            reason = f"its {scope} holds {' or '.join(PAIR_NAMES)}, and nothing says that they are this user's"
            return LeftOut(repo, reason, f"declare it under ci-secrets if they are, or {alone}")
        strange = _strange(user, scope, pair, has_keys=bool(frame.survey.keys.get(user.name)))
        if strange:
            return LeftOut(repo, strange, f"delete it by hand if nobody needs it, or {alone}")
        ours.append((scope, pair))
    return Going(tuple(ours), tuple(scope for scope, _ in ours))


def _held(
    user: User, repo: RepoName, home: Home, found: SurveyedRepository | None, frame: Frame
) -> Mapping[Scope, PairDates | Unreadable] | LeftOut:
    """Return where the repository holds the pair, as far as that is this user's business."""
    if found is None or home.whereabouts is Whereabouts.SERVED:
        return {}
    owner = read_owner(user.tags.get(REPOSITORY_TAG, ""))
    if owner is not None and owner.id not in (0, found.id):
        # Another repository of the same name: no rotation of ours ever wrote to it.
        return {}
    there = home.whereabouts is Whereabouts.THERE
    if there and found.environments is None and ENVIRONMENTS not in frame.ignored_scopes:
        reason = f"nobody can tell whether one of its environments holds the pair: {found.unlisted}"
        return LeftOut(repo, reason, f"{LIST_ENVIRONMENTS}, or leave them alone with --ignore-scope {ENVIRONMENTS}")
    held = frame.survey.secrets.get(found.name, {})
    some = {scope: pair for scope, pair in held.items() if isinstance(pair, Unreadable) or not pair.empty}
    if there and some and found.permission is not None and found.permission not in _CAN_WRITE:
        reason = f"your token may not delete its secrets (its permission there is {found.permission})"
        return LeftOut(repo, reason, "use a token of somebody with write access, or the organisation's GitHub App")
    return some


def _strange(user: User, scope: Scope, pair: PairDates, *, has_keys: bool) -> str:
    """Say why a pair can't be this user's, although its place is ours; "" where it can."""
    begun = read_retirement(user.tags)
    if not has_keys and (begun is None or begun.phase is not Phase.DELETING):
        return f"its {scope} holds a pair, and its user has no key: the pair is dead, or somebody else's"
    if _written_by_others(user, begun, scope, pair):
        return f"its {scope}'s pair was written by somebody else since: whose it is, nobody knows"
    return ""


def _written_by_others(user: User, begun: Retirement | None, scope: Scope, pair: PairDates) -> bool:
    """Whether a half was written after the pair was delivered, or after the key in it had been made inactive."""
    halves = (pair.key_id_at, pair.secret_at)
    for note in read_notes(user.tags)[0].values():
        noted = note.dates_of(scope) if note.stage is Stage.LIVE else None
        if noted is not None:
            return any(
                now is not None and now != then
                for now, then in zip(halves, (noted.key_id_at, noted.secret_at), strict=True)
            )
    if begun is None or begun.phase not in (Phase.SOAKING, Phase.DELETING):
        return False
    return any(half is not None and half > begun.at for half in halves)
