"""IAM roles as they are observed, and an account's CI users and roles together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cellenics_ci.model.keys import PolicyDocuments, User
from cellenics_ci.model.names import RoleName, UserName

ROLE_PREFIX: Final = "ci-role-"


@dataclass(frozen=True, slots=True)
class Role:
    """A role with its trust policy. Times are UTC epoch seconds.

    `last_used_at` is None where no use was recorded in 400 days (API reference, RoleLastUsed).
    """

    name: RoleName
    arn: str
    created_at: float
    trust: Mapping[str, Any]
    policies: PolicyDocuments
    attached: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    last_used_at: float | None = None


@dataclass(frozen=True, slots=True)
class AccountDetails:
    """The CI users with their policies and groups, and the roles `ci-role-…`."""

    users: Mapping[UserName, User]
    groups: Mapping[UserName, tuple[str, ...]]
    roles: Mapping[RoleName, Role]
