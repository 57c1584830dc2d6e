"""From a surveyed repository to what is to be done for it, or to the reasons why nothing can be. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from cellenics_ci.model.names import RepoName, ci_role_name, name_problem
from cellenics_ci.model.roles import NewRole, Role
from cellenics_ci.model.tags import REPOSITORY_TAG, owner_text, same_owner
from cellenics_ci.oidc.order import Order
from cellenics_ci.oidc.patching import Patch, patch_of
from cellenics_ci.oidc.remarks import alarms, warnings
from cellenics_ci.oidc.rights import ordered_changes
from cellenics_ci.oidc.trusting import document_text, says_the_same, trust_document
from cellenics_ci.oidc.whom import Frame, Trust, trust_of
from cellenics_ci.privileges.changes import PolicyChanges
from cellenics_ci.privileges.compare import Comparison, compare
from cellenics_ci.privileges.declaration import Declaration, Policy
from cellenics_ci.privileges.escalation import grants_everything
from cellenics_ci.privileges.trusted import Repository, both_let_in, lets_in_more, may_be_of, trusted
from cellenics_ci.run.outcome import LeftOut
from cellenics_ci.survey.aws import Unreadable
from cellenics_ci.survey.declared import not_declaring, resolved
from cellenics_ci.survey.github import Status, SurveyedRepository
from cellenics_ci.workflows.reading import read_pipeline

MAX_SESSION: Final = 7200
"""Seconds: two hours, for the longest jobs that push images."""
PATH: Final = "/"
"""Where new roles are made: where those are that the organisation's template makes, so that ARNs look the same."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A repository with its order, and what a plan shows of it. The order is empty where all is as it should be."""

    order: Order
    trust: Trust
    comparison: Comparison
    patch: Patch
    alarms: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    consents: tuple[str, ...] = ()

    @property
    def repo(self) -> RepoName:
        """The repository's name."""
        return self.order.repo


def prepare(surveyed: SurveyedRepository, frame: Frame) -> Prepared | LeftOut:
    """Return what is to be done for a repository, or why it is left out."""
    declaration, survey, name = surveyed.declaration, frame.survey, ci_role_name(surveyed.name)
    if surveyed.status is not Status.DECLARES or declaration is None:
        return not_declaring(surveyed)
    if problem := name_problem(name, "role"):
        return LeftOut(surveyed.name, problem, "rename the repository, or remove ci-policies from its CI file")
    role = survey.roles.get(name)
    if isinstance(role, Unreadable):
        return LeftOut(surveyed.name, f"the role {name} can't be read: {role.reason}")
    if role is not None and (foreign := _foreign(surveyed, role, frame)):
        return foreign
    policies = resolved(
        surveyed,
        declaration,
        survey.world.caller,
        region=declaration.ci_region or frame.region,
        quota=survey.quotas.policies,
        holder="role",
    )
    return policies if isinstance(policies, LeftOut) else _prepared(surveyed, declaration, role, policies, frame)


def _prepared(
    surveyed: SurveyedRepository,
    declaration: Declaration,
    role: Role | None,
    policies: tuple[Policy, ...],
    frame: Frame,
) -> Prepared | LeftOut:
    name, files = ci_role_name(surveyed.name), frame.survey.files.get(surveyed.name)
    pipeline = read_pipeline(files, default_branch=surveyed.default_branch, role=name)
    trust = trust_of(surveyed, declaration, pipeline, role, frame)
    if isinstance(trust, LeftOut):
        return trust
    comparison = compare(policies, role.policies if role else {})
    changes, over_quota = ordered_changes(comparison, quota=frame.survey.quotas.policies)
    patch = patch_of(surveyed, name, files, declaration.ci_region or frame.region, frame)
    order = Order(
        repo=surveyed.name,
        role=name,
        seen=role,
        file_id=surveyed.ci_file_id,
        tags={REPOSITORY_TAG: _owner(surveyed, frame)},
        policies=changes,
        cuts_off=bool(over_quota),
        variables=patch.variables,
    )
    everything = role is None and grants_everything(policies)
    return Prepared(
        order=_new(order, trust, frame) if role is None else _changed(order, role, trust, comparison, frame),
        trust=trust,
        comparison=comparison,
        patch=patch,
        alarms=alarms(surveyed, role, pipeline, frame),
        warnings=(*warnings(surveyed, role, trust, pipeline), *over_quota),
        consents=("a new role that may do everything",) if everything else (),
    )


def _new(order: Order, trust: Trust, frame: Frame) -> Order:
    """Return the order that makes the role: with its whole trust, and no right until that is there."""
    place = f"{frame.survey.owner.login}/{order.repo}"
    new = NewRole(
        name=order.role,
        path=PATH,
        trust=document_text(trust.new),
        max_session=MAX_SESSION,
        tags=order.tags,
        description=f"Assumed by the workflows of {place}. Made by cellenics adopt-oidc.",
        boundary=frame.boundary,
    )
    return replace(order, new=new)


def _changed(order: Order, role: Role, trust: Trust, comparison: Comparison, frame: Frame) -> Order:
    """Return the order that changes the role: who is trusted is narrowed before rights change, and widened after."""
    issuer, text = frame.survey.issuer, document_text(trust.new)
    order = replace(order, max_session=MAX_SESSION if role.max_session != MAX_SESSION else None)
    if says_the_same(role.trust, frame.survey.provider_arn, issuer, trust.subjects):
        return order
    if not lets_in_more(role.trust, issuer, trust.subjects):
        return replace(order, trust_last=text)
    shared = both_let_in(role.trust, issuer, trust.subjects)
    if len(shared) == len(trust.subjects):
        return replace(order, trust_first=text)
    if shared:
        narrow = trust_document(frame.survey.provider_arn, issuer, shared)
        return replace(order, trust_first=document_text(narrow), trust_last=text)
    # None of ours is let in now: what is not as declared goes first, and nobody of ours misses it.
    wrong = (*(change.name for change in comparison.changed), *comparison.removed, *comparison.renamed)
    declared = (*comparison.added, *(change.new for change in comparison.changed))
    puts = tuple((policy.name, policy.text) for policy in declared)
    changes = PolicyChanges(delete_first=wrong, put_first=puts)
    return replace(order, trust_first=text, policies=changes, cuts_off=False)


def _owner(surveyed: SurveyedRepository, frame: Frame) -> str:
    return owner_text(frame.org, surveyed.name, surveyed.id)


def _foreign(surveyed: SurveyedRepository, role: Role, frame: Frame) -> LeftOut | None:
    """Refuse a role that says, or whose trust shows, that it is somebody else's."""
    owner = role.tags.get(REPOSITORY_TAG)
    if owner is not None and not same_owner(owner, _owner(surveyed, frame)):
        reason = f"the role {role.name} belongs to {owner}, not to {_owner(surveyed, frame)}"
        return LeftOut(surveyed.name, reason, "two organisations can't share one AWS account's roles")
    if owner is not None:
        return None
    let_in = trusted(role.trust, frame.survey.issuer).subjects
    repository = Repository(frame.survey.owner.login, surveyed.name, surveyed.id)
    if let_in and not any(may_be_of(subject, repository) for subject in let_in):
        reason = f"the role {role.name} trusts {', '.join(let_in)}, and not this repository: it may be somebody else's"
        remedy = f"rename it; or, if it is this one's, tag it {REPOSITORY_TAG}={_owner(surveyed, frame)}"
        return LeftOut(surveyed.name, reason, remedy)
    return None
