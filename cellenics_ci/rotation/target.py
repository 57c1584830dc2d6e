"""From a surveyed repository to a target of rotation, or to the reasons why it can't be one. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from cellenics_ci.model.names import (
    PAIR_NAMES,
    Region,
    shorten,
    user_name_problem,
)
from cellenics_ci.model.repositories import Repository
from cellenics_ci.model.scopes import ACTIONS, Scope
from cellenics_ci.model.tags import Lock, owner_text
from cellenics_ci.privileges.check import check_account, inline_size
from cellenics_ci.privileges.compare import Comparison, compare
from cellenics_ci.privileges.coverage import gives_more
from cellenics_ci.privileges.declaration import Declaration, Policy
from cellenics_ci.privileges.escalation import grants_everything
from cellenics_ci.privileges.resolve import resolve
from cellenics_ci.rotation.decide import LeftOut, Target
from cellenics_ci.rotation.observation import observe
from cellenics_ci.rotation.order import PolicyChanges
from cellenics_ci.survey.snapshot import Snapshot, Standing, SurveyedRepository

_NO_FAULT: Final = {Standing.NOTHING, Standing.ARCHIVED, Standing.FORK, Standing.DISABLED, Standing.EMPTY}
_CAN_WRITE: Final = {"ADMIN", "MAINTAIN", "WRITE"}
_REGISTRY_PROBE: Final[dict[str, Any]] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}],
}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A target with what a plan shows of it."""

    target: Target
    comparison: Comparison
    warnings: tuple[str, ...]
    grants_everything: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """What holds for all targets of a plan. `force`: also those that read no key."""

    snapshot: Snapshot
    region: Region
    ignored_scopes: frozenset[str]
    force: bool
    owner_gone: Callable[[Lock], bool]


def prepare(surveyed: SurveyedRepository, frame: Frame) -> Prepared | LeftOut:
    """Return the target for a repository, or why it is left out."""
    declaration = surveyed.declaration
    if surveyed.standing is not Standing.DECLARES or declaration is None:
        return _not_declaring(surveyed)
    refusal = _unusable(surveyed, declaration, frame)
    if refusal:
        return refusal
    region = declaration.ci_region or frame.region
    try:
        policies = resolve(
            declaration, region=region, account=frame.snapshot.caller.account, partition=frame.snapshot.caller.partition
        )
    except ValueError as problem:
        return LeftOut(surveyed.name, f"its policies can't be resolved: {problem}")
    problems = check_account(
        declaration, policies, quota=frame.snapshot.quota, partition=frame.snapshot.caller.partition
    )
    if problems:
        return LeftOut(surveyed.name, "; ".join(map(str, problems)))
    return _prepared(surveyed, declaration, policies, region, frame)


def _prepared(
    surveyed: SurveyedRepository, declaration: Declaration, policies: tuple[Policy, ...], region: Region, frame: Frame
) -> Prepared:
    scopes = declaration.ci_secrets.scopes
    dates = {scope: surveyed.dates[scope] for scope in scopes}
    seen = observe(surveyed.user, surveyed.keys, dates, surveyed.file_id)
    live = surveyed.user.policies if surveyed.user and surveyed.user.policies else {}
    comparison = compare(policies, live)
    changes, over_quota = _changes(comparison, live, frame.snapshot.quota)
    repository = surveyed.repository
    target = Target(
        repo=surveyed.name,
        user=surveyed.user_name,
        owner=owner_text(frame.snapshot.org, surveyed.name, repository.id),
        region=region,
        seen=seen,
        scopes=scopes,
        uses=surveyed.uses,
        policies=changes,
        registry=any(not gives_more(_REGISTRY_PROBE, policy.document) for policy in policies),
        lock_owner_gone=seen.lock is not None and frame.owner_gone(seen.lock),
    )
    warnings = (*_warnings(surveyed, scopes, comparison, frame), *over_quota)
    return Prepared(target, comparison, warnings, grants_everything(policies))


def _not_declaring(surveyed: SurveyedRepository) -> LeftOut:
    if surveyed.standing is Standing.INVALID:
        reason = "; ".join(str(problem) for problem in surveyed.problems) or surveyed.reason
        return LeftOut(surveyed.name, reason, "mend the file, then run the same command again")
    return LeftOut(surveyed.name, surveyed.reason or str(surveyed.standing), fault=surveyed.standing not in _NO_FAULT)


def _unusable(surveyed: SurveyedRepository, declaration: Declaration, frame: Frame) -> LeftOut | None:
    name = surveyed.name
    uses = surveyed.workflows
    if uses.reads_key is False and uses.assumes_role and not frame.force:
        reason = "its workflows assume a role and read no key"
        return LeftOut(name, reason, f"nothing needs its key any more; --force rotates it all the same ({name})", False)
    problem = user_name_problem(surveyed.user_name)
    if problem:
        return LeftOut(name, problem, "rename the repository, or remove ci-policies from its CI file")
    if surveyed.aws_unread:
        return LeftOut(name, surveyed.aws_unread)
    permission = surveyed.repository.permission
    if permission is not None and permission not in _CAN_WRITE:
        reason = f"your token may not write its secrets (its permission there is {permission})"
        return LeftOut(name, reason, "use a token of somebody with write access, or the organisation's GitHub App")
    return _scope_problem(surveyed, declaration, frame)


def _scope_problem(surveyed: SurveyedRepository, declaration: Declaration, frame: Frame) -> LeftOut | None:
    name, declared = surveyed.name, declaration.ci_secrets.scopes
    if not declared:
        return LeftOut(name, "its ci-secrets declares no place for the secrets", "declare actions: true, or remove it")
    missing = [env for env in declaration.ci_secrets.environments if env not in _environments(surveyed.repository)]
    if missing:
        reason = f"it declares environments that do not exist: {', '.join(missing)}"
        return LeftOut(name, reason, "create them on GitHub, or take them out of ci-secrets")
    for scope in declared:
        if scope not in surveyed.dates:
            why = surveyed.unread.get(scope, "no answer")
            return LeftOut(name, f"the secrets of its {scope} can't be read: {why}")
    for scope in sorted({*surveyed.dates, *surveyed.unread} - set(declared)):
        label = scope.environment or str(scope)
        if label in frame.ignored_scopes or str(scope) in frame.ignored_scopes:
            continue
        if scope in surveyed.unread:
            reason = f"nobody can tell whether its {scope} holds the pair too: {surveyed.unread[scope]}"
            return LeftOut(name, reason, f"mend that, or decide it with --ignore-scope {label}")
        if not surveyed.dates[scope].empty:
            reason = f"its {scope} holds {' and '.join(PAIR_NAMES)} too, and is not declared"
            remedy = f"declare it under ci-secrets in {declaration.file}, or leave it alone with --ignore-scope {label}"
            return LeftOut(name, reason, remedy)
    return None


def _environments(repository: Repository) -> tuple[str, ...]:
    return repository.environments or ()


def _changes(comparison: Comparison, live: Any, quota: int) -> tuple[PolicyChanges, tuple[str, ...]]:
    """Order the policy changes: rights are added first and taken last, unless the quota has no room for both."""
    first = tuple((policy.name, policy.text) for policy in comparison.before_retiring)
    last = tuple((policy.name, policy.text) for policy in comparison.after_retiring)
    put = {policy.name: policy.document for policy in comparison.before_retiring}
    if inline_size({**live, **put}.values()) <= quota:
        return PolicyChanges(put_first=first, put_after=last, delete_after=comparison.removed), ()
    changes = PolicyChanges(delete_first=comparison.removed, put_first=(*last, *first))
    return changes, ("IAM's quota has no room for old and new policies together: rights are taken away first",)


def _warnings(
    surveyed: SurveyedRepository, scopes: Iterable[Scope], comparison: Comparison, frame: Frame
) -> tuple[str, ...]:
    found = [str(warning) for warning in surveyed.warnings]
    shadowed = sorted(surveyed.org_secrets & set(PAIR_NAMES))
    if shadowed and ACTIONS in scopes and surveyed.dates[ACTIONS].empty:
        found.append(f"its own pair will hide the organisation's secrets {' and '.join(shadowed)}")
    if surveyed.workflows.reads_key is False:
        found.append("no workflow on its default branch reads the key")
    quarantined: list[str] = [name for name in comparison.removed if name.startswith("AWSCompromisedKeyQuarantine")]
    attached = (surveyed.user.attached if surveyed.user else None) or ()
    quarantined += [arn for arn in attached if "AWSCompromisedKeyQuarantine" in arn]
    if quarantined:
        found.append(f"AWS has quarantined its key as found in public ({quarantined[0]})")
    inactive = [key for key in surveyed.keys if not key.active]
    if inactive:
        found.append(f"inactive key left over: {', '.join(shorten(key.id) for key in inactive)}")
    if surveyed.repository.permission is None:
        found.append("GitHub does not tell what your token may do there")
    return tuple(found)
