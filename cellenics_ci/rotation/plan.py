"""The plan: what a run will do, made once, shown, agreed to, and then carried out as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from cellenics_ci.model.keys import Caller, KeyUse
from cellenics_ci.model.names import (
    AccessKeyId,
    OrgName,
    Region,
    RepoName,
)
from cellenics_ci.privileges.compare import Comparison
from cellenics_ci.rotation.choices import Choices, Place, check_boundary, named_keys
from cellenics_ci.rotation.decide import order_for
from cellenics_ci.rotation.order import Mode, Order
from cellenics_ci.rotation.remarks import not_cut_off, plan_notes, remarks
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
    repositories: int = 0
    """How many GitHub shows of the organisation, archived ones and forks among them."""

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
        """Whether something was left out that a person should mend, or nothing at all could be seen."""
        return not self.repositories or any(each.fault for each in self.left_out)

    def without(self, refused: Sequence[RepoName], reason: str) -> Plan:
        """Return the plan without repositories that nobody agreed to."""
        kept = tuple(each for each in self.planned if each.repo not in refused)
        left = tuple(LeftOut(repo, reason) for repo in refused)
        return replace(self, planned=kept, left_out=(*self.left_out, *left))


def make_plan(survey: Survey, uses: Mapping[AccessKeyId, KeyUse | None], choices: Choices, place: Place) -> Plan:
    """Decide what is to be done, from what was read. `uses`: last uses of the keys of users with two.

    Raises UsageProblem where a key that was named does not exist.
    """
    wishes = replace(choices.wishes, retire=named_keys(survey, choices.retire))
    check_boundary(wishes.boundary, survey.caller)
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
            left.append(not_cut_off(prepared, survey) if cuts_off else prepared)
            continue
        order = order_for(prepared.target, wishes, place.now)
        if isinstance(order, LeftOut):
            left.append(order)
        else:
            warnings = (*prepared.warnings, *remarks(prepared.target, order))
            planned.append(Planned(order, prepared.comparison, warnings, _consents(prepared, order)))
    return Plan(
        org=place.org,
        login=place.login,
        caller=survey.caller,
        region=place.region,
        planned=tuple(planned),
        left_out=tuple(left),
        settle=wishes.settle,
        notes=plan_notes(survey, place, choices, some=bool(planned)),
        repositories=len(survey.repositories),
    )


def _consents(prepared: Prepared, order: Order) -> tuple[Consent, ...]:
    found: list[Consent] = []
    if order.mode is Mode.COMPROMISED:
        found.append(Consent.COMPROMISED)
    if prepared.grants_everything and not order.seen.exists:
        found.append(Consent.GRANTS_EVERYTHING)
    if order.seen.region not in (None, order.region):
        found.append(Consent.REGION_CHANGE)
    return tuple(found)
