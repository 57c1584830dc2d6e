"""What a surveyed repository declares, ready for IAM; or why nothing can be done for it."""

from __future__ import annotations

from typing import Final

from cellenics_ci.model.keys import Caller
from cellenics_ci.model.names import Region
from cellenics_ci.privileges.check import check_account
from cellenics_ci.privileges.declaration import Declaration, Policy
from cellenics_ci.privileges.problems import a_line_each
from cellenics_ci.privileges.resolve import resolve
from cellenics_ci.run.outcome import LeftOut
from cellenics_ci.survey.github import Status, SurveyedRepository

_NO_FAULT: Final = {Status.NOT_OURS, Status.ARCHIVED, Status.FORK, Status.DISABLED, Status.EMPTY}


def not_declaring(surveyed: SurveyedRepository) -> LeftOut:
    """Return why a repository without a valid declaration is left out: a line for each problem of its file."""
    if surveyed.status is Status.INVALID:
        reason = a_line_each(surveyed.problems) or surveyed.reason
        return LeftOut(surveyed.name, reason, "mend the file, then run the same command again")
    return LeftOut(surveyed.name, surveyed.reason, fault=surveyed.status not in _NO_FAULT)


def resolved(
    surveyed: SurveyedRepository,
    declaration: Declaration,
    caller: Caller,
    *,
    region: Region,
    quota: int,
    holder: str = "user",
) -> tuple[Policy, ...] | LeftOut:
    """Return the declared policies in this account and region, or why IAM would not take them, a line each.

    `quota` in characters for all policies of a `holder` (user or role) together.
    """
    try:
        policies = resolve(declaration, region=region, account=caller.account, partition=caller.partition)
    except ValueError as problem:
        return LeftOut(surveyed.name, f"its policies can't be resolved: {problem}")
    problems = check_account(declaration, policies, quota=quota, partition=caller.partition, holder=holder)
    return LeftOut(surveyed.name, a_line_each(problems)) if problems else policies
