"""IAM roles as they are observed, and an account's CI users and roles together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cellenics_ci.model.keys import PolicyDocuments, User
from cellenics_ci.model.names import RoleName, UserName


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
    path: str = "/"
    max_session: int | None = None
    """Seconds a session may last at most (MaxSessionDuration), None where that read does not tell it."""


@dataclass(frozen=True, slots=True)
class NewRole:
    """A role to be made. `trust` is its trust policy as text, `boundary` a policy's ARN, `max_session` in seconds."""

    name: RoleName
    path: str
    trust: str
    max_session: int
    tags: Mapping[str, str]
    description: str = ""
    boundary: str | None = None


@dataclass(frozen=True, slots=True)
class RoleQuotas:
    """Characters that an account allows a role: its inline policies together, and its trust policy, white space not
    counted (IAM and AWS STS quotas page; these are the defaults).
    """

    policies: int = 10_240
    trust: int = 2_048


@dataclass(frozen=True, slots=True)
class AccountDetails:
    """The CI users with their policies and groups, and the roles `ci-role-…`."""

    users: Mapping[UserName, User]
    groups: Mapping[UserName, tuple[str, ...]]
    roles: Mapping[RoleName, Role]
