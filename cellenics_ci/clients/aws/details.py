"""The account's CI users and CI roles in one read: policies, groups, trust, last use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from cellenics_ci.clients.answers import understood
from cellenics_ci.clients.aws.account import detailed_user, is_ci_user
from cellenics_ci.clients.aws.roles import role_of
from cellenics_ci.clients.aws.session import AwsSession
from cellenics_ci.model.keys import User
from cellenics_ci.model.names import ROLE_PREFIX, RoleName, UserName
from cellenics_ci.model.roles import AccountDetails, Role


class IamDetails:
    """Reads users and roles together. Raises CallFailed only."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    @understood
    def read(self) -> AccountDetails:
        """Return every CI user and CI role: one call for 1,000 users and roles of the account.

        CI users are those under `/ci-users/`, and those that are called `ci-user-…` wherever they are.
        """
        users: dict[UserName, User] = {}
        groups: dict[UserName, tuple[str, ...]] = {}
        roles: dict[RoleName, Role] = {}
        for page in self._pages():
            for detail in page["UserDetailList"]:
                if is_ci_user(detail):
                    user = detailed_user(detail)
                    users[user.name] = user
                    groups[user.name] = tuple(detail.get("GroupList", ()))
            for detail in page["RoleDetailList"]:
                if detail["RoleName"].startswith(ROLE_PREFIX):
                    role = role_of(detail)
                    roles[role.name] = role
        return AccountDetails(users, groups, roles)

    def _pages(self) -> Iterator[Mapping[str, Any]]:
        marker: dict[str, Any] = {}
        while True:
            answer = self._session.call("iam:GetAccountAuthorizationDetails", "", partial(self._page, marker))
            yield answer
            if not answer.get("IsTruncated"):
                return
            marker = {"Marker": answer["Marker"]}

    def _page(self, marker: Mapping[str, Any]) -> Any:
        return self._session.iam.get_account_authorization_details(Filter=["User", "Role"], MaxItems=1000, **marker)
