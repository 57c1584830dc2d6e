"""IAM users and access keys as they are observed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from cellenics_ci.model.names import AccessKeyId, AccountId, UserName
from cellenics_ci.model.secret import Secret

PolicyDocuments: TypeAlias = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An access key of a user, without its secret. `created_at` in UTC epoch seconds."""

    id: AccessKeyId
    active: bool
    created_at: float


@dataclass(frozen=True, slots=True)
class KeyUse:
    """When and where a key was last used: IAM records the first use in each 15 minutes only (GetAccessKeyLastUsed)."""

    at: float
    service: str
    region: str


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A new access key with the secret that AWS shows once."""

    id: AccessKeyId
    secret: Secret


@dataclass(frozen=True, slots=True)
class User:
    """An IAM user as read. `policies` (inline) and `attached` are None where that read does not tell them."""

    name: UserName
    path: str
    arn: str
    created_at: float
    tags: Mapping[str, str] = field(default_factory=dict)
    policies: PolicyDocuments | None = None
    attached: tuple[str, ...] | None = None
    boundary: str | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who we are in AWS: from GetCallerIdentity and ListAccountAliases."""

    account: AccountId
    arn: str
    alias: str | None
    partition: str
