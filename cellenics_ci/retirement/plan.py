"""The plan: what a run will do to which users, what waits, what is left out; made once, shown, then carried out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from cellenics_ci.model.github import WorkflowRun
from cellenics_ci.model.keys import Caller, User
from cellenics_ci.model.names import OrgName, RepoName, UserName, repository_of_user
from cellenics_ci.model.retirement_tag import Phase
from cellenics_ci.model.tags import Lock
from cellenics_ci.retirement.decide import Wishes, decide
from cellenics_ci.retirement.frame import Extras, Frame
from cellenics_ci.retirement.order import Order, Step, Whereabouts
from cellenics_ci.retirement.target import Target, prepare, reads_key
from cellenics_ci.run.outcome import LeftOut, Outcome
from cellenics_ci.survey.selection import Selection
from cellenics_ci.survey.world import Survey


class Consent(StrEnum):
    """What `--yes` alone does not agree to: the repository's name has to be typed."""

    NOW = "taking its key away without waiting"


@dataclass(frozen=True, slots=True)
class Planned:
    """One user of a plan: the order to carry out, and what it was decided on."""

    order: Order
    target: Target

    @property
    def repo(self) -> RepoName:
        """The repository that the user's name stands for."""
        return self.order.repo

    @property
    def consents(self) -> tuple[Consent, ...]:
        """What has to be agreed to by name."""
        return (Consent.NOW,) if self.order.step is Step.NOW else ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done and what will not, in which account and organisation.

    `settled` are users for which nothing is to be done now, and what a person should know of them. `targets` has
    the evidence for these and the planned ones, `failed_runs` what hints that a key was needed after all.
    """

    org: OrgName
    login: str | None
    caller: Caller
    planned: tuple[Planned, ...]
    settled: tuple[Outcome, ...]
    left_out: tuple[LeftOut, ...]
    targets: Mapping[RepoName, Target] = field(default_factory=dict)
    failed_runs: Mapping[RepoName, tuple[WorkflowRun, ...]] = field(default_factory=dict)
    roles_known: bool = True
    notes: tuple[str, ...] = ()

    @property
    def faults(self) -> bool:
        """Whether something was left out that a person should mend."""
        return any(each.fault for each in self.left_out)

    def without(self, refused: Sequence[RepoName], reason: str) -> Plan:
        """Return the plan without users that nobody agreed to."""
        kept = tuple(each for each in self.planned if each.repo not in refused)
        left = tuple(LeftOut(repo, reason) for repo in refused)
        return replace(self, planned=kept, left_out=(*self.left_out, *left))


@dataclass(frozen=True, slots=True)
class Choices:
    """What the admin chose."""

    selection: Selection
    wishes: Wishes = field(default_factory=Wishes)
    ignored_scopes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a plan is made: the organisation, our login there, the servers' time."""

    org: OrgName
    login: str | None
    now: float
    owner_gone: Callable[[Lock], bool]


def make_plan(survey: Survey, extras: Extras, choices: Choices, place: Place) -> Plan:
    """Decide what is to be done, from what was read."""
    wishes = choices.wishes
    frame = Frame(
        survey,
        extras,
        place.org,
        choices.ignored_scopes,
        choices.selection.names_exactly,
        place.owner_gone,
        wishes.undo,
    )
    planned: list[Planned] = []
    settled: list[Outcome] = []
    left: list[LeftOut] = []
    targets: dict[RepoName, Target] = {}
    for repo, user in candidates(survey.users, choices.selection):
        target = prepare(user, repo, frame)
        decided = target if isinstance(target, LeftOut) else decide(target, wishes, place.now)
        if isinstance(decided, LeftOut):
            left.append(decided)
            continue
        assert isinstance(target, Target)
        targets[repo] = target
        if isinstance(decided, Order):
            planned.append(Planned(decided, target))
        else:
            settled.append(decided)
    return Plan(
        org=place.org,
        login=place.login,
        caller=survey.caller,
        planned=tuple(planned),
        settled=tuple(settled),
        left_out=(*left, *_without_user(survey, choices.selection)),
        targets=targets,
        roles_known=extras.roles is not None,
        notes=(*survey.notes, *_notes(planned)),
    )


def candidates(users: Mapping[UserName, User], selection: Selection) -> list[tuple[RepoName, User]]:
    """Return the selected users that are called as this program calls them, with the repositories they stand for."""
    named = ((repository_of_user(name), user) for name, user in sorted(users.items()))
    return [(repo, user) for repo, user in named if repo is not None and selection.wants(repo)]


def soaking_since(plan: Plan) -> Mapping[RepoName, float]:
    """Return since when the keys of live repositories are inactive, by the users' repositories."""
    found: dict[RepoName, float] = {}
    for repo, target in plan.targets.items():
        noted = target.seen.retirement
        there = target.home.whereabouts is Whereabouts.THERE
        if noted is not None and noted.phase in (Phase.SOAKING, Phase.DELETING) and there and not reads_key(target):
            found[repo] = float(noted.at)
    return found


def _without_user(survey: Survey, selection: Selection) -> list[LeftOut]:
    known = {repository_of_user(name) for name in survey.users}
    asked = [name for name in survey.selected if selection.names_exactly(name) and name not in known]
    return [LeftOut(name, "it has no CI user", fault=False) for name in asked]


def _notes(planned: Sequence[Planned]) -> list[str]:
    if not any(each.order.home.whereabouts is Whereabouts.GONE for each in planned):
        return []
    return ["a repository that your GitHub token may not see looks as if it were not there"]
