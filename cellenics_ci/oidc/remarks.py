"""What a person should know before saying yes to a repository's role. Nothing here stops anything."""

from __future__ import annotations

from typing import Final

from cellenics_ci.model.roles import Role
from cellenics_ci.oidc.trusting import beyond_declared, targets
from cellenics_ci.oidc.whom import Frame, Trust
from cellenics_ci.privileges.trusted import Repository, beyond
from cellenics_ci.survey.github import SurveyedRepository
from cellenics_ci.workflows.facts import PipelineFacts

STACK_TAG: Final = "aws:cloudformation:stack-name"
"""What CloudFormation notes on what it makes (its user guide, "Resource tags")."""


def alarms(surveyed: SurveyedRepository, role: Role | None, pipeline: PipelineFacts, frame: Frame) -> tuple[str, ...]:
    """Return what lets somebody else in: the loudest that there is to say."""
    found: list[str] = []
    if reached := targets(pipeline):
        found.append(
            f"pull_request_target reaches AWS credentials at {', '.join(reached)}: whoever opens a pull request sets "
            "it off, with the rights of the base branch; no code of the pull request may run there"
        )
    repository = Repository(frame.survey.owner.login, surveyed.name, surveyed.id)
    wider = beyond(role.trust, frame.survey.issuer, repository) if role else ()
    if wider:
        found.append(f"its role lets in more than this repository, and will no longer: {'; '.join(wider)}")
    return tuple(found)


def warnings(surveyed: SurveyedRepository, role: Role | None, trust: Trust, pipeline: PipelineFacts) -> tuple[str, ...]:
    """Return what a person should know beside that."""
    found: list[str] = []
    if role is not None:
        found += _of_role(role)
    if trust.runs.pull_requests:
        found.append("pull requests are trusted: whoever can push a branch to it gets the role's rights")
    if trust.form.remark:
        found.append(trust.form.remark)
    if not trust.form.tells_runs_apart:
        claims = ", ".join(trust.form.claims)
        found.append(f"its tokens' subjects ({claims}) name no branch: every run of the repository is trusted")
    missing = beyond_declared(trust.runs, pipeline.reach) if trust.declared else ()
    if missing:
        found.append(f"runs that take AWS credentials today are not trusted by ci-trust: {', '.join(missing)}")
    return (*found, *(str(warning) for warning in surveyed.warnings))


def _of_role(role: Role) -> list[str]:
    found = []
    if role.attached:
        found.append(f"its role has managed policies beside the declared ones, which stay: {', '.join(role.attached)}")
    if STACK_TAG in role.tags:
        found.append(
            f"its role belongs to the CloudFormation stack {role.tags[STACK_TAG]}, whose next update puts back what "
            'its template says: docs/adopt-oidc.md ("Roles that a stack has made") tells how to let go of it'
        )
    return found
