"""Grants with which a CI user could give itself more: known ways, told as warnings, and full admin rights.

Only broad grants are told (on `*`, or on every user, role, group or policy): a right over one named role is
what a deployment needs. Deny statements are not weighed against them: a warning too many costs a look.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from cellenics_ci.privileges.declaration import Policy
from cellenics_ci.privileges.patterns import covers
from cellenics_ci.privileges.problems import Report, shown
from cellenics_ci.privileges.template import Entries, Items, Node, Text

OVER_OTHERS: Final = "it can take over or change other users' and roles' rights"
OVER_POLICIES: Final = "it can change what existing policies allow"
OVER_TRUST: Final = "it can decide who may assume a role"
OVER_BOUNDS: Final = "it can take away the limit set on a user or role"
AS_OTHERS: Final = "it can act as any role that trusts this account"
AS_RUNNING: Final = "it can run code with the rights of what already runs there"

ESCALATIONS: Final[Mapping[str, str]] = {
    "iam:CreateAccessKey": OVER_OTHERS,
    "iam:CreateLoginProfile": OVER_OTHERS,
    "iam:UpdateLoginProfile": OVER_OTHERS,
    "iam:CreateServiceSpecificCredential": OVER_OTHERS,
    "iam:ResetServiceSpecificCredential": OVER_OTHERS,
    "iam:AddUserToGroup": OVER_OTHERS,
    "iam:AttachUserPolicy": OVER_OTHERS,
    "iam:AttachGroupPolicy": OVER_OTHERS,
    "iam:AttachRolePolicy": OVER_OTHERS,
    "iam:PutUserPolicy": OVER_OTHERS,
    "iam:PutGroupPolicy": OVER_OTHERS,
    "iam:PutRolePolicy": OVER_OTHERS,
    "iam:CreateUser": OVER_OTHERS,
    "iam:CreateRole": OVER_OTHERS,
    "iam:CreatePolicyVersion": OVER_POLICIES,
    "iam:SetDefaultPolicyVersion": OVER_POLICIES,
    "iam:UpdateAssumeRolePolicy": OVER_TRUST,
    "iam:CreateSAMLProvider": OVER_TRUST,
    "iam:UpdateSAMLProvider": OVER_TRUST,
    "iam:CreateOpenIDConnectProvider": OVER_TRUST,
    "iam:UpdateOpenIDConnectProviderThumbprint": OVER_TRUST,
    "iam:DeleteUserPermissionsBoundary": OVER_BOUNDS,
    "iam:DeleteRolePermissionsBoundary": OVER_BOUNDS,
    "iam:PutUserPermissionsBoundary": OVER_BOUNDS,
    "iam:PutRolePermissionsBoundary": OVER_BOUNDS,
    "sts:AssumeRole": AS_OTHERS,
    "lambda:UpdateFunctionCode": AS_RUNNING,
    "lambda:UpdateFunctionConfiguration": AS_RUNNING,
    "ssm:SendCommand": AS_RUNNING,
    "ssm:StartSession": AS_RUNNING,
    "ecs:ExecuteCommand": AS_RUNNING,
    "ec2-instance-connect:SendSSHPublicKey": AS_RUNNING,
    "glue:UpdateDevEndpoint": AS_RUNNING,
    "cloudformation:UpdateStack": AS_RUNNING,
}
"""Actions that are enough by themselves where they are granted broadly, each with what it makes possible."""

PASS_ROLE: Final = "iam:PassRole"  # noqa: S105 - an action, no password
TAKES_A_ROLE: Final = (
    "apprunner:CreateService",
    "autoscaling:CreateLaunchConfiguration",
    "batch:RegisterJobDefinition",
    "cloudformation:CreateStack",
    "cloudformation:UpdateStack",
    "codebuild:CreateProject",
    "codepipeline:CreatePipeline",
    "datapipeline:CreatePipeline",
    "ec2:AssociateIamInstanceProfile",
    "ec2:RunInstances",
    "ecs:RegisterTaskDefinition",
    "ecs:RunTask",
    "glue:CreateDevEndpoint",
    "glue:CreateJob",
    "lambda:CreateFunction",
    "sagemaker:CreateNotebookInstance",
    "sagemaker:CreateProcessingJob",
    "sagemaker:CreateTrainingJob",
    "states:CreateStateMachine",
)
"""Actions that start something under a role handed to it: with iam:PassRole on any role, its rights."""

_EVERY_ACTION: Final = re.compile(r"\*+(:\*+)?")
_BROAD: Final = re.compile(r"\*+|arn:[^:]*:[^:]*:[^:]*:[^:]*:(\*+|(user|role|group|policy|instance|function)[/:]\*+)")


def warn_of_escalation(document: Entries, report: Report) -> None:
    """Warn of each statement of a policy that grants a known way to more rights."""
    taker = _taker(document)
    for statement in _statements(document):
        if _grants_broadly(statement):
            _warn(statement, taker, report)


def grants_everything(policies: Iterable[Policy]) -> bool:
    """Say whether policies allow every action on every resource, whatever a Deny or Condition takes off."""
    return any(
        statement.get("Effect") == "Allow"
        and any(_EVERY_ACTION.fullmatch(action) for action in _listed(statement.get("Action")))
        and ("NotResource" in statement or "*" in _listed(statement.get("Resource")))
        for policy in policies
        for statement in _listed(policy.document.get("Statement"))
        if isinstance(statement, Mapping)
    )


def _warn(statement: Entries, taker: str, report: Report) -> None:
    if statement.get("NotAction"):
        report.warning(
            statement.line,
            "Allow with `NotAction` grants every other action of AWS",
            "list what is needed as Action",
        )
        return
    for text in _texts(statement, "Action"):
        action = text.sample
        if _EVERY_ACTION.fullmatch(action):
            report.warning(text.line, "it grants every action of AWS", "list what the pipeline needs")
            continue
        reached = [known for known in ESCALATIONS if covers(action.lower(), known.lower())]
        if reached:
            names = ", ".join(reached[:3]) + (f" and {len(reached) - 3} more" if len(reached) > 3 else "")
            granted = shown(text.written) if reached == [action] else f"{shown(text.written)} ({names})"
            report.warning(
                text.line,
                f"{granted} is granted broadly: {ESCALATIONS[reached[0]]}",
                "name the resources it is for",
            )
        if covers(action.lower(), PASS_ROLE.lower()):
            use = f" and, with {taker}, use its rights" if taker else ""
            report.warning(
                text.line,
                f"{shown(text.written)} on any role: it can hand every role to a service{use}",
                "name the roles",
            )


def _taker(document: Entries) -> str:
    """Return an action of the document that takes a passed role, "" where there is none."""
    granted = {text.sample.lower() for statement in _statements(document) for text in _texts(statement, "Action")}
    return next((known for known in TAKES_A_ROLE if any(covers(g, known.lower()) for g in granted)), "")


def _grants_broadly(statement: Entries) -> bool:
    effect = statement.get("Effect")
    if effect is None or not isinstance(effect.value, Text) or effect.value.sample != "Allow":
        return False
    return bool(statement.get("NotResource")) or any(
        _BROAD.fullmatch(text.sample) for text in _texts(statement, "Resource")
    )


def _statements(document: Entries) -> list[Entries]:
    entry = document.get("Statement")
    node = entry.value if entry else None
    nodes: tuple[Node | None, ...] = node.items if isinstance(node, Items) else (node,)
    return [statement for statement in nodes if isinstance(statement, Entries)]


def _texts(statement: Entries, key: str) -> list[Text]:
    entry = statement.get(key)
    if entry is None:
        return []
    nodes = entry.value.items if isinstance(entry.value, Items) else (entry.value,)
    return [node for node in nodes if isinstance(node, Text)]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
