"""From a surveyed repository to a target of rotation, or to the reasons why it can't be one. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from cellenics_ci.model.keys import KeyUse, User
from cellenics_ci.model.names import (
    PAIR_NAMES,
    AccessKeyId,
    OrgName,
    Region,
    RepoName,
    ci_user_name,
    name_problem,
    shorten,
)
from cellenics_ci.model.retirement_tag import being_retired
from cellenics_ci.model.scopes import ACTIONS, PairDates, Scope
from cellenics_ci.model.tags import Lock, owner_text
from cellenics_ci.privileges.compare import Comparison, compare
from cellenics_ci.privileges.declaration import Declaration, Policy
from cellenics_ci.privileges.escalation import grants_everything
from cellenics_ci.rotation.decide import Target, leaving_us, quarantine_told
from cellenics_ci.rotation.observation import observe
from cellenics_ci.rotation.policy_changes import lets_into_registry, policy_changes
from cellenics_ci.run.outcome import LeftOut
from cellenics_ci.survey.aws import Unreadable
from cellenics_ci.survey.declared import not_declaring, resolved
from cellenics_ci.survey.github import CAN_WRITE, ENVIRONMENTS, LIST_ENVIRONMENTS, Status, SurveyedRepository
from cellenics_ci.survey.world import Survey


@dataclass(frozen=True, slots=True)
class Prepared:
    """A target with what a plan shows of it."""

    target: Target
    comparison: Comparison
    warnings: tuple[str, ...]
    grants_everything: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """What holds for all targets of a plan. `force`: also those that read no key. `now`: UTC epoch seconds.

    `cuts_off`: the keys are in the wrong hands, and their sessions are refused anew.
    """

    survey: Survey
    org: OrgName
    uses: Mapping[AccessKeyId, KeyUse | None]
    region: Region
    ignored_scopes: frozenset[str]
    force: bool
    owner_gone: Callable[[Lock], bool]
    now: float
    cuts_off: bool = False


def prepare(surveyed: SurveyedRepository, frame: Frame) -> Prepared | LeftOut:
    """Return the target for a repository, or why it is left out."""
    declaration = surveyed.declaration
    if surveyed.status is not Status.DECLARES or declaration is None:
        return not_declaring(surveyed)
    refusal = _unusable(surveyed, declaration, frame)
    if refusal:
        return refusal
    region = declaration.ci_region or frame.region
    quota = frame.survey.user_policy_quota
    policies = resolved(surveyed, declaration, frame.survey.caller, region=region, quota=quota)
    if isinstance(policies, LeftOut):
        return policies
    return _prepared(surveyed, declaration, policies, region, frame)


def _prepared(
    surveyed: SurveyedRepository, declaration: Declaration, policies: tuple[Policy, ...], region: Region, frame: Frame
) -> Prepared:
    scopes = declaration.ci_secrets.scopes
    dates = {scope: pair for scope in scopes if isinstance(pair := _secrets(surveyed, frame)[scope], PairDates)}
    user_name = ci_user_name(surveyed.name)
    user, keys = frame.survey.users.get(user_name), frame.survey.keys.get(user_name, ())
    found = keys if isinstance(keys, tuple) else ()
    seen = observe(user, found, dates, surveyed.ci_file_id)
    live = user.policies if user and user.policies else {}
    comparison = compare(policies, live, now=None if frame.cuts_off else frame.now)
    changes, remarks = policy_changes(comparison, frame.survey.user_policy_quota)
    target = Target(
        repo=surveyed.name,
        user=user_name,
        owner=owner_text(frame.org, surveyed.name, surveyed.id),
        region=region,
        seen=seen,
        scopes=scopes,
        uses={key.id: frame.uses.get(key.id) for key in found},
        policies=changes,
        registry=lets_into_registry(policies, changes, live),
        lock_owner_gone=seen.lock is not None and frame.owner_gone(seen.lock),
        quarantined=_quarantine(user, comparison),
    )
    warnings = (*_warnings(surveyed, scopes, comparison, frame), *remarks)
    return Prepared(target, comparison, warnings, grants_everything(policies))


def _unusable(surveyed: SurveyedRepository, declaration: Declaration, frame: Frame) -> LeftOut | None:
    name = surveyed.name
    uses = surveyed.workflows
    user = frame.survey.users.get(ci_user_name(name))
    if user is not None and being_retired(user.tags):
        return leaving_us(name, compromised=frame.cuts_off)
    if uses.reads_pair is False and uses.assumes_role and not frame.force:
        reason = "its workflows assume a role and read no key"
        gone = f"take it away with: cellenics retire-ci {name}; " if user is not None else ""
        return LeftOut(name, reason, f"nothing needs its key any more; {gone}--force rotates it all the same", False)
    problem = name_problem(ci_user_name(name))
    if problem:
        return LeftOut(name, problem, "rename the repository, or remove ci-policies from its CI file")
    unread = _unread_in_aws(surveyed, frame)
    if unread:
        return LeftOut(name, unread, "docs/security-model.md lists the rights that are needed; else run it again")
    permission = surveyed.permission
    if permission is not None and permission not in CAN_WRITE:
        reason = f"your token may not write its secrets (its permission there is {permission})"
        return LeftOut(name, reason, "use a token of somebody with write access, or the organisation's GitHub App")
    return _scope_problem(surveyed, declaration, frame)


def _unread_in_aws(surveyed: SurveyedRepository, frame: Frame) -> str:
    user = ci_user_name(surveyed.name)
    if user in frame.survey.unreadable_users:
        return f"the IAM user {user} can't be read: {frame.survey.unreadable_users[user].reason}"
    keys = frame.survey.keys.get(user, ())
    return f"the keys of {user} can't be read: {keys.reason}" if isinstance(keys, Unreadable) else ""


def _secrets(surveyed: SurveyedRepository, frame: Frame) -> Mapping[Scope, PairDates | Unreadable]:
    return frame.survey.secrets.get(surveyed.name, {})


def _scope_problem(surveyed: SurveyedRepository, declaration: Declaration, frame: Frame) -> LeftOut | None:
    name, declared = surveyed.name, declaration.ci_secrets.scopes
    if not declared:
        return LeftOut(name, "its ci-secrets declares no place for the secrets", "declare actions: true, or remove it")
    if surveyed.environments is None and declaration.ci_secrets.environments:
        return LeftOut(name, "its environments can't be listed, and it declares some", LIST_ENVIRONMENTS)
    if surveyed.environments is None and ENVIRONMENTS not in frame.ignored_scopes:
        reason = f"nobody can tell whether one of its environments holds the pair too: {surveyed.unlisted}"
        return LeftOut(name, reason, f"{LIST_ENVIRONMENTS}, or decide it with --ignore-scope {ENVIRONMENTS}")
    known = {environment.casefold() for environment in surveyed.environments or ()}
    missing = [each for each in declaration.ci_secrets.environments if each.casefold() not in known]
    if missing:
        reason = f"it declares environments that do not exist: {', '.join(missing)}"
        return LeftOut(name, reason, "create them on GitHub, or take them out of ci-secrets")
    found = _secrets(surveyed, frame)
    for scope in declared:
        dates = found.get(scope, Unreadable("no answer"))
        if isinstance(dates, Unreadable):
            return LeftOut(name, f"the secrets of its {scope} can't be read: {dates.reason}")
    for scope in sorted(set(found) - set(declared)):
        if scope.environment not in frame.ignored_scopes and str(scope) not in frame.ignored_scopes:
            problem = _undeclared(name, scope, found[scope], declaration.file)
            if problem:
                return problem
    return None


def _undeclared(name: RepoName, scope: Scope, dates: PairDates | Unreadable, file: str) -> LeftOut | None:
    label = scope.environment or str(scope)
    if isinstance(dates, Unreadable):
        reason = f"nobody can tell whether its {scope} holds the pair too: {dates.reason}"
        return LeftOut(name, reason, f"mend that, or decide it with --ignore-scope {label}")
    if dates.empty:
        return None
    reason = f"its {scope} holds {' or '.join(PAIR_NAMES)} too, and is not declared"
    remedy = f"declare it under ci-secrets in {file}, or leave it alone with --ignore-scope {label}"
    return LeftOut(name, reason, remedy)


def _quarantine(user: User | None, comparison: Comparison) -> str:
    policies = [*((user.attached if user else None) or ()), *comparison.removed]
    return next((name for name in policies if "AWSCompromisedKeyQuarantine" in name), "")


def _warnings(
    surveyed: SurveyedRepository, scopes: Iterable[Scope], comparison: Comparison, frame: Frame
) -> tuple[str, ...]:
    user = frame.survey.users.get(ci_user_name(surveyed.name))
    keys = frame.survey.keys.get(ci_user_name(surveyed.name), ())
    found = [str(warning) for warning in surveyed.warnings]
    shadowed = sorted(frame.survey.organization_secrets.get(surveyed.name, frozenset()) & set(PAIR_NAMES))
    own = _secrets(surveyed, frame).get(ACTIONS)
    if shadowed and ACTIONS in scopes and isinstance(own, PairDates) and own.empty:
        found.append(f"its own pair will hide the organisation's secrets {' and '.join(shadowed)}")
    if surveyed.workflows.reads_pair is False:
        found.append("no workflow on its default branch reads the key")
    quarantine = _quarantine(user, comparison)
    if quarantine:
        found.append(quarantine_told(quarantine))
    inactive = [key.id for key in keys if not key.active] if isinstance(keys, tuple) else []
    if inactive:
        found.append(f"inactive key left over: {', '.join(map(shorten, inactive))}")
    if surveyed.permission is None:
        found.append("GitHub does not tell what your token may do there")
    return tuple(found)
