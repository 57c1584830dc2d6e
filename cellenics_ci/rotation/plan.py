"""The plan: what a run will do, made once, shown, agreed to, and then carried out as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from cellenics_ci.errors import UsageProblem
from cellenics_ci.model.keys import Caller, KeyUse
from cellenics_ci.model.names import (
    CI_TOKEN_SECRET,
    AccessKeyId,
    OrgName,
    Region,
    RepoName,
    ci_user_name,
    key_with_ending,
    shorten,
)
from cellenics_ci.model.retirement_tag import being_retired
from cellenics_ci.model.tags import Lock
from cellenics_ci.privileges.compare import Comparison
from cellenics_ci.rotation.decide import Target, Wishes, order_for, strangers
from cellenics_ci.rotation.order import Mode, Order
from cellenics_ci.rotation.target import Frame, Prepared, prepare
from cellenics_ci.run.outcome import LeftOut
from cellenics_ci.survey.world import Survey

POINTS_A_SECOND: Final = 15.0
"""GitHub's secondary limit of 900 points a minute (REST rate limits page)."""
_READS: Final = 8
_WRITE_POINTS: Final = 5


class Consent(StrEnum):
    """What a plan holds that `--yes` alone does not agree to: the repository's name has to be typed."""

    GRANTS_EVERYTHING = "a new user that may do everything"
    REGION_CHANGE = "another region"
    COMPROMISED = "an outage until the new key is in GitHub"


@dataclass(frozen=True, slots=True)
class Planned:
    """One repository of a plan: the order to carry out, and what is shown of it."""

    order: Order
    comparison: Comparison
    warnings: tuple[str, ...] = ()
    consents: tuple[Consent, ...] = ()

    @property
    def repo(self) -> RepoName:
        """The repository's name."""
        return self.order.repo

    @property
    def writes(self) -> int:
        """How many secrets are written on GitHub."""
        if self.order.mode is Mode.FINISH or self.order.ground.promote:
            return 0
        return 2 * len(self.order.scopes) + (self.order.ci_token is not None)


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done and what will not, in which account and organisation. Times in seconds."""

    org: OrgName
    login: str | None
    caller: Caller
    region: Region
    planned: tuple[Planned, ...]
    left_out: tuple[LeftOut, ...]
    settle: float
    notes: tuple[str, ...] = ()

    @property
    def writes(self) -> int:
        """How many secrets are written on GitHub altogether."""
        return sum(each.writes for each in self.planned)

    @property
    def seconds(self) -> float:
        """About how long it takes when no run has to be waited for: settling, or GitHub's limits."""
        rotated = [each for each in self.planned if each.writes]
        if not rotated:
            return 5.0
        settles = 2 if len(self.planned) > 3 else 1
        points = self.writes * _WRITE_POINTS + len(rotated) * _READS
        return settles * (self.settle + 5) + max(points / POINTS_A_SECOND - 60, 0)

    @property
    def faults(self) -> bool:
        """Whether something was left out that a person should mend."""
        return any(each.fault for each in self.left_out)

    def without(self, refused: Sequence[RepoName], reason: str) -> Plan:
        """Return the plan without repositories that nobody agreed to."""
        kept = tuple(each for each in self.planned if each.repo not in refused)
        left = tuple(LeftOut(repo, reason) for repo in refused)
        return replace(self, planned=kept, left_out=(*self.left_out, *left))


@dataclass(frozen=True, slots=True)
class Choices:
    """What the admin chose, beyond what holds for a single repository. `retire`: endings of key ids."""

    wishes: Wishes = field(default_factory=Wishes)
    retire: tuple[str, ...] = ()
    ignored_scopes: frozenset[str] = frozenset()
    force: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a plan is made: the organisation, our login there, the default region, the servers' time."""

    org: OrgName
    login: str | None
    region: Region
    now: float
    owner_gone: Callable[[Lock], bool]
    rights_told: bool = True
    """Whether GitHub tells what the token may do (a classic token's scopes)."""


def make_plan(survey: Survey, uses: Mapping[AccessKeyId, KeyUse | None], choices: Choices, place: Place) -> Plan:
    """Decide what is to be done, from what was read. `uses`: last uses of the keys of users with two.

    Raises UsageProblem where a key that was named does not exist.
    """
    wishes = replace(choices.wishes, retire=_named_keys(survey, choices.retire))
    cuts_off = wishes.mode is Mode.COMPROMISED
    frame = Frame(
        survey=survey,
        org=place.org,
        uses=uses,
        region=place.region,
        ignored_scopes=choices.ignored_scopes,
        force=choices.force or cuts_off,
        owner_gone=place.owner_gone,
        now=place.now,
        cuts_off=cuts_off,
    )
    planned: list[Planned] = []
    left: list[LeftOut] = []
    for name in survey.selected:
        prepared = prepare(survey.repositories[name], frame)
        if isinstance(prepared, LeftOut):
            left.append(_not_cut_off(prepared, survey) if cuts_off else prepared)
            continue
        order = order_for(prepared.target, wishes, place.now)
        if isinstance(order, LeftOut):
            left.append(order)
        else:
            warnings = (*prepared.warnings, *_remarks(prepared.target, order))
            planned.append(Planned(order, prepared.comparison, warnings, _consents(prepared, order)))
    return Plan(
        org=place.org,
        login=place.login,
        caller=survey.caller,
        region=place.region,
        planned=tuple(planned),
        left_out=tuple(left),
        settle=wishes.settle,
        notes=_notes(survey, place, some=bool(planned)),
    )


def _not_cut_off(left: LeftOut, survey: Survey) -> LeftOut:
    """Say of a repository that was to be cut off, and can't be replaced, how its key is cut off all the same."""
    user = survey.users.get(ci_user_name(left.repo))
    if user is None or being_retired(user.tags):
        return replace(left, fault=True)
    by_hand = f"aws iam update-access-key --user-name {user.name} --status Inactive --access-key-id KEY_ID"
    # What is no fault is archived, or declares nothing: nobody there needs a new key.
    how = by_hand if left.fault else f"cellenics retire-ci --now {left.repo}"
    told = f"{left.reason}; nothing was cut off"
    remedy = f"cut it off with: {how}"
    return replace(left, fault=True, reason=told, remedy=f"{remedy}; {left.remedy}" if left.remedy else remedy)


def _remarks(target: Target, order: Order) -> tuple[str, ...]:
    """Say what of an order would else not be understood."""
    told: list[str] = []
    other = strangers(target, order.ground)
    if other:
        told.append(f"{', '.join(map(str, other))} may hold another key than the one that was delivered last")
    if order.ci_token is not None and (order.mode is Mode.FINISH or order.ground.promote):
        told.append(f"{CI_TOKEN_SECRET} is not written: that goes with a new key")
    return tuple(told)


def _consents(prepared: Prepared, order: Order) -> tuple[Consent, ...]:
    found: list[Consent] = []
    if order.mode is Mode.COMPROMISED:
        found.append(Consent.COMPROMISED)
    if prepared.grants_everything and not order.seen.exists:
        found.append(Consent.GRANTS_EVERYTHING)
    if order.seen.region not in (None, order.region):
        found.append(Consent.REGION_CHANGE)
    return tuple(found)


def _named_keys(survey: Survey, endings: Sequence[str]) -> tuple[AccessKeyId, ...]:
    known = survey.key_ids()
    found: list[AccessKeyId] = []
    for ending in endings:
        key = key_with_ending(ending, known)
        if key is None:
            shown = ", ".join(shorten(each) for each in known) or "none"
            raise UsageProblem(
                f"--retire {ending}: no key, or more than one, of the chosen repositories ends like that.",
                remedy=f"Their keys are: {shown}.",
            )
        found.append(key)
    return tuple(found)


def _notes(survey: Survey, place: Place, *, some: bool) -> tuple[str, ...]:
    notes = list(survey.notes)
    if some:
        silent = "AWS" if place.rights_told else "AWS and this kind of GitHub token"
        notes.append(f"what you may write, {silent} only tells when it is tried: the first write is a tag on the user")
    if survey.old_stack:
        notes.append(
            "the CloudFormation stack biomage-ci-users is still there: do not delete it, it would delete the users; "
            'docs/rotate-ci.md ("The old stack") tells how to let go of it'
        )
    return tuple(notes)
