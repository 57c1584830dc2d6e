"""The plan: what a run will do, made once, shown, agreed to, and then carried out as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cellenics_ci.model.keys import Caller
from cellenics_ci.model.names import OrgName, Region, RepoName
from cellenics_ci.model.oidc import AUDIENCE, Provider
from cellenics_ci.oidc.order import ProviderOrder
from cellenics_ci.oidc.patching import Patch
from cellenics_ci.oidc.survey import AdoptionSurvey
from cellenics_ci.oidc.target import Prepared, prepare
from cellenics_ci.oidc.whom import Frame
from cellenics_ci.run.outcome import LeftOut

AS_DECLARED = "its role is as declared"


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done and what will not, in which account and organisation.

    `patches` are of all repositories whose workflows are to change, also where the role is as it should be.
    """

    org: OrgName
    login: str | None
    caller: Caller
    region: Region
    provider: ProviderOrder
    planned: tuple[Prepared, ...]
    left_out: tuple[LeftOut, ...]
    patches: tuple[tuple[RepoName, Patch], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def faults(self) -> bool:
        """Whether something was left out that a person should mend."""
        return any(each.fault for each in self.left_out)

    def without(self, refused: Sequence[RepoName], reason: str) -> Plan:
        """Return the plan without repositories that nobody agreed to."""
        kept = tuple(each for each in self.planned if each.repo not in refused)
        left = tuple(LeftOut(repo, reason) for repo in refused)
        patches = tuple(each for each in self.patches if each[0] not in refused)
        return replace(self, planned=kept, left_out=(*self.left_out, *left), patches=patches)


@dataclass(frozen=True, slots=True)
class Choices:
    """What the admin chose. `both_forms`: trust subjects with ids and without; `boundary`: an ARN, for new roles."""

    both_forms: bool = False
    boundary: str | None = None


def make_plan(survey: AdoptionSurvey, choices: Choices, *, org: OrgName, login: str | None, region: Region) -> Plan:
    """Decide what is to be done, from what was read."""
    frame = Frame(survey, org, region, choices.both_forms, choices.boundary)
    provider = _provider(survey)
    planned: list[Prepared] = []
    left: list[LeftOut] = []
    patches: list[tuple[RepoName, Patch]] = []
    for name in survey.world.selected:
        prepared = prepare(survey.world.repositories[name], frame)
        if isinstance(prepared, LeftOut):
            left.append(prepared)
            continue
        # A role that is as declared is of no use as long as the account does not take the tokens.
        if prepared.order or provider:
            planned.append(prepared)
        else:
            left.append(LeftOut(name, AS_DECLARED, fault=False))
        if prepared.patch.text or prepared.patch.by_hand:
            patches.append((name, prepared.patch))
    return Plan(
        org=org,
        login=login,
        caller=survey.world.caller,
        region=region,
        provider=provider,
        planned=tuple(planned),
        left_out=tuple(left),
        patches=tuple(patches),
        notes=survey.world.notes,
    )


def _provider(survey: AdoptionSurvey) -> ProviderOrder:
    found = survey.provider
    wanted = Provider(survey.issuer, (AUDIENCE,))
    missing = found is not None and AUDIENCE not in found.audiences
    return ProviderOrder(survey.provider_arn, wanted, create=found is None, add_audience=missing)
