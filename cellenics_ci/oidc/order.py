"""One repository's part of the plan, in the form that the protocol carries out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cellenics_ci.model.names import RepoName, RoleName
from cellenics_ci.model.oidc import Provider
from cellenics_ci.model.roles import NewRole, Role
from cellenics_ci.privileges.changes import PolicyChanges
from cellenics_ci.privileges.compare import same_meaning
from cellenics_ci.run.outcome import Status


@dataclass(frozen=True, slots=True)
class ProviderOrder:
    """What is to be done once for the account: nothing where the provider is there with its audience."""

    arn: str
    provider: Provider
    create: bool = False
    add_audience: bool = False

    def __bool__(self) -> bool:
        return self.create or self.add_audience


@dataclass(frozen=True, slots=True)
class Order:
    """All that is to be done for one repository, and what that was decided on (`seen`, `file_id`).

    `new` is the role to create, with its whole trust. Of an existing role `trust_first` is put before any right is
    added, and `trust_last` after all rights are as declared: so nobody is trusted with more than was declared.
    `cuts_off`: somebody who needs the role may miss a right between the first deletion and the last policy.
    """

    repo: RepoName
    role: RoleName
    seen: Role | None
    file_id: str | None
    tags: Mapping[str, str]
    new: NewRole | None = None
    trust_first: str | None = None
    policies: PolicyChanges = field(default_factory=PolicyChanges)
    trust_last: str | None = None
    cuts_off: bool = False
    max_session: int | None = None
    variables: tuple[tuple[str, str], ...] = ()

    @property
    def untagged(self) -> bool:
        """Whether the role does not say yet whose it is."""
        return self.seen is not None and any(self.seen.tags.get(name) != value for name, value in self.tags.items())

    @property
    def changes_role(self) -> bool:
        """Whether anything of the role is made or changed."""
        changed = self.new or self.trust_first or self.trust_last or self.max_session or self.policies
        return bool(changed or self.untagged)

    def __bool__(self) -> bool:
        return self.changes_role or bool(self.variables)


@dataclass(slots=True)
class Work:
    """An order while it is being carried out."""

    order: Order
    began: bool = False
    """Whether anything was, or may have been, changed."""
    short_of_rights: bool = False
    """Whether the role has fewer rights for now than declared, and than it had."""
    remarks: list[str] = field(default_factory=list)
    interrupted: bool = False


class Left(Exception):
    """The repository is left as it is, with its outcome's status and reason."""

    def __init__(self, status: Status, reason: str, *, next_step: str = "", cause: str = "") -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.next_step = next_step
        self.cause = cause or status.value


def difference(planned: Role | None, now: Role | None) -> str | None:
    """Say what differs between a role as it was planned on and as it is, None where nothing that matters does."""
    if planned is None or now is None:
        return None if planned is now else "the role appeared" if planned is None else "the role is gone"
    if not same_meaning(planned.trust, now.trust):
        return "its trust was changed"
    if not _same(planned.policies, now.policies) or planned.attached != now.attached:
        return "its policies were changed"
    if (planned.path, planned.max_session, planned.tags) != (now.path, now.max_session, now.tags):
        return "its path, its tags or its sessions' length were changed"
    return None


def _same(one: Mapping[str, Mapping[str, Any]], other: Mapping[str, Mapping[str, Any]]) -> bool:
    return one.keys() == other.keys() and all(same_meaning(one[name], other[name]) for name in one)
