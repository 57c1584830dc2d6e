"""IAM roles: what an adoption reads and writes of one of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from cellenics_ci.clients.answers import understood
from cellenics_ci.clients.aws.account import document_of, documents_of
from cellenics_ci.clients.aws.patience import PatientIam
from cellenics_ci.clients.aws.users import tag_list, tags_of
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.names import RoleName
from cellenics_ci.model.roles import NewRole, Role, RoleQuotas


class IamRoles:
    """IAM roles, their trust, tags and inline policies. Every method raises CallFailed only."""

    def __init__(self, iam: PatientIam) -> None:
        self._iam = iam
        self._client = iam.session.iam
        self._client_once = iam.session.iam_once

    @understood
    def get_role(self, name: RoleName) -> Role | None:
        """Return the role with all that it has, None where there is no such role."""
        try:
            found = self._iam.call("iam:GetRole", name, partial(self._client.get_role, RoleName=name))["Role"]
        except CallFailed as failed:
            if failed.kind is Failure.NOT_FOUND:
                return None
            raise
        return role_of(
            {**found, "RolePolicyList": self._policies(name), "AttachedManagedPolicies": self._managed(name)}
        )

    @understood
    def quotas(self) -> RoleQuotas:
        """Return what the account allows a role (GetAccountSummary)."""
        session = self._iam.session
        summary = session.call("iam:GetAccountSummary", "", session.iam.get_account_summary)["SummaryMap"]
        default = RoleQuotas()
        return RoleQuotas(
            policies=int(summary.get("RolePolicySizeQuota", default.policies)),
            trust=int(summary.get("AssumeRolePolicySizeQuota", default.trust)),
        )

    def create_role(self, role: NewRole) -> None:
        """Create a role with its trust and tags in one call. EXISTS where the name is taken, under any path."""
        arguments: dict[str, Any] = {
            "RoleName": role.name,
            "Path": role.path,
            "AssumeRolePolicyDocument": role.trust,
            "MaxSessionDuration": role.max_session,
            "Description": role.description,
            "Tags": tag_list(role.tags),
        }
        if role.boundary is not None:
            arguments["PermissionsBoundary"] = role.boundary
        # botocore's retry after a lost answer would find our own role and call it somebody else's.
        self._iam.call("iam:CreateRole", role.name, lambda: self._client_once.create_role(**arguments))
        self._iam.created(role.name)

    def tag_role(self, name: RoleName, tags: Mapping[str, str]) -> None:
        """Set tags, all in one call; other tags stay."""
        listed: Any = tag_list(tags)
        self._iam.call("iam:TagRole", name, partial(self._client.tag_role, RoleName=name, Tags=listed))

    def put_trust(self, name: RoleName, text: str) -> None:
        """Replace the trust policy."""
        request = partial(self._client.update_assume_role_policy, RoleName=name, PolicyDocument=text)
        self._iam.call("iam:UpdateAssumeRolePolicy", name, request)

    def set_max_session(self, name: RoleName, seconds: int) -> None:
        """Set how long a session may last at most. The description stays: UpdateRole changes what it is given."""
        request = partial(self._client.update_role, RoleName=name, MaxSessionDuration=seconds)
        self._iam.call("iam:UpdateRole", name, request)

    def put_policy(self, name: RoleName, policy: str, text: str) -> None:
        """Write one inline policy; an existing one of that name is replaced."""
        request = partial(self._client.put_role_policy, RoleName=name, PolicyName=policy, PolicyDocument=text)
        self._iam.call("iam:PutRolePolicy", name, request)

    def delete_policy(self, name: RoleName, policy: str) -> None:
        """Delete one inline policy; an absent one is no error."""
        request = partial(self._client.delete_role_policy, RoleName=name, PolicyName=policy)
        try:
            self._iam.session.call("iam:DeleteRolePolicy", name, request)
        except CallFailed as failed:
            if failed.kind is not Failure.NOT_FOUND:
                raise

    def _policies(self, name: RoleName) -> list[Mapping[str, Any]]:
        pages = self._client.get_paginator("list_role_policies")
        listed = self._iam.call("iam:ListRolePolicies", name, lambda: list(pages.paginate(RoleName=name)))
        return [
            self._iam.call(
                "iam:GetRolePolicy", name, partial(self._client.get_role_policy, RoleName=name, PolicyName=policy)
            )
            for page in listed
            for policy in page["PolicyNames"]
        ]

    def _managed(self, name: RoleName) -> list[Mapping[str, Any]]:
        pages = self._client.get_paginator("list_attached_role_policies")
        listed = self._iam.call("iam:ListAttachedRolePolicies", name, lambda: list(pages.paginate(RoleName=name)))
        return [policy for page in listed for policy in page["AttachedPolicies"]]


def role_of(detail: Mapping[str, Any]) -> Role:
    """Return the role that GetRole, or GetAccountAuthorizationDetails, describes with its policies."""
    used = detail.get("RoleLastUsed", {}).get("LastUsedDate")
    return Role(
        name=RoleName(detail["RoleName"]),
        arn=detail["Arn"],
        created_at=detail["CreateDate"].timestamp(),
        trust=document_of(detail["AssumeRolePolicyDocument"]),
        policies=documents_of(detail.get("RolePolicyList", ())),
        attached=tuple(policy["PolicyArn"] for policy in detail.get("AttachedManagedPolicies", ())),
        tags=tags_of(detail),
        last_used_at=used.timestamp() if used else None,
        path=detail.get("Path", "/"),
        max_session=detail.get("MaxSessionDuration"),
    )
