"""The account as a whole: all CI users in one read, quotas, and the old CloudFormation stack."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, Final
from urllib.parse import unquote

from cellenics_ci.clients.answers import understood
from cellenics_ci.clients.aws.session import AwsSession
from cellenics_ci.clients.aws.users import boundary_of, tags_of, user_of
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.keys import User
from cellenics_ci.model.names import USER_PREFIX, USERS_PATH, UserName

OLD_STACK: Final = "biomage-ci-users"
"""The CloudFormation stack in which CI users were kept before tags were."""

_USER_QUOTA: Final = 2048
"""Characters of a user's inline policies together, white space not counted (IAM and AWS STS quotas page)."""


class IamAccount:
    """Reads that concern the account. Every method raises CallFailed only."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    @understood
    def ci_users(self) -> dict[UserName, User]:
        """Return every CI user with inline policies, tags, attached policies and boundary: one call a 1,000 users.

        CI users are those under `/ci-users/`, and those that are called `ci-user-…` wherever they are.
        """
        found: dict[UserName, User] = {}
        marker: dict[str, Any] = {}
        while True:
            answer = self._session.call("iam:GetAccountAuthorizationDetails", "", partial(self._details, marker))
            for detail in answer["UserDetailList"]:
                if is_ci_user(detail):
                    user = detailed_user(detail)
                    found[user.name] = user
            if not answer.get("IsTruncated"):
                return found
            marker = {"Marker": answer["Marker"]}

    @understood
    def ci_user(self, name: UserName) -> User | None:
        """Return one user with its inline policies, one call a policy: where the account may not be read at once."""
        iam = self._session.iam
        try:
            detail: dict[str, Any] = dict(
                self._session.call("iam:GetUser", name, lambda: iam.get_user(UserName=name))["User"]
            )
        except CallFailed as failed:
            if failed.kind is Failure.NOT_FOUND:
                return None
            raise
        listed = self._session.call(
            "iam:ListUserPolicies",
            name,
            lambda: list(iam.get_paginator("list_user_policies").paginate(UserName=name)),
        )
        names = [policy for page in listed for policy in page["PolicyNames"]]
        detail["UserPolicyList"] = [
            self._session.call(
                "iam:GetUserPolicy", name, partial(iam.get_user_policy, UserName=name, PolicyName=policy)
            )
            for policy in names
        ]
        return detailed_user(detail)

    @understood
    def user_names(self) -> tuple[UserName, ...]:
        """Return the names of all CI users (ListUsers)."""
        paginator = self._session.iam.get_paginator("list_users")
        pages = self._session.call("iam:ListUsers", "", lambda: list(paginator.paginate()))
        return tuple(UserName(user["UserName"]) for page in pages for user in page["Users"] if is_ci_user(user))

    @understood
    def user_policy_quota(self) -> int:
        """Return how many characters the inline policies of one user may have together (GetAccountSummary)."""
        summary = self._session.call("iam:GetAccountSummary", "", self._session.iam.get_account_summary)
        return int(summary["SummaryMap"].get("UserPolicySizeQuota", _USER_QUOTA))

    @understood
    def old_stack_exists(self) -> bool | None:
        """Say whether the account still has the stack `biomage-ci-users`; None where that may not be asked."""
        try:
            answer = self._session.call(
                "cloudformation:DescribeStacks",
                OLD_STACK,
                lambda: self._session.cloudformation.describe_stacks(StackName=OLD_STACK),
            )
        except CallFailed as failed:
            # CloudFormation answers ValidationError, not "not found", for a stack that is not there.
            return False if failed.kind in (Failure.INVALID, Failure.NOT_FOUND) else None
        return any(not stack["StackStatus"].startswith("DELETE_COMPLETE") for stack in answer["Stacks"])

    def _details(self, marker: Mapping[str, Any]) -> Any:
        return self._session.iam.get_account_authorization_details(Filter=["User"], MaxItems=1000, **marker)


def is_ci_user(answer: Mapping[str, Any]) -> bool:
    """Whether an answer of IAM describes one of our users: by its path, or by its name wherever it is."""
    return bool(answer.get("Path", "/").startswith(USERS_PATH) or answer["UserName"].startswith(USER_PREFIX))


def detailed_user(detail: Mapping[str, Any]) -> User:
    """Return the User that one entry of GetAccountAuthorizationDetails describes."""
    plain = user_of(detail)
    attached = detail.get("AttachedManagedPolicies")
    return User(
        name=plain.name,
        path=plain.path,
        arn=plain.arn,
        created_at=plain.created_at,
        tags=tags_of(detail),
        policies=documents_of(detail.get("UserPolicyList", [])),
        attached=None if attached is None else tuple(policy["PolicyArn"] for policy in attached),
        boundary=boundary_of(detail),
    )


def documents_of(policies: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return inline policies in an answer of IAM: their documents by name."""
    return {policy["PolicyName"]: document_of(policy["PolicyDocument"]) for policy in policies}


def document_of(document: Any) -> Mapping[str, Any]:
    """Return a policy document as a mapping, empty for one that is none."""
    # botocore decodes policy documents; what it leaves is URL-encoded JSON (RFC 3986), as IAM sends it.
    decoded = json.loads(unquote(document)) if isinstance(document, str) else document
    return decoded if isinstance(decoded, dict) else {}
