"""What a plan of retirements is made from: the survey, what was read of users beside it, and what was chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from cellenics_ci.model.keys import KeyUse
from cellenics_ci.model.names import AccessKeyId, OrgName, RepoName, RoleName, UserName
from cellenics_ci.model.roles import Role
from cellenics_ci.model.tags import Lock
from cellenics_ci.survey.aws import Unreadable
from cellenics_ci.survey.world import Survey

Uses: TypeAlias = Mapping[AccessKeyId, KeyUse | Unreadable | None]


@dataclass(frozen=True, slots=True)
class Extras:
    """What of the users was read beside the survey. `None` in it means: not known.

    `groups` and `passwords` are things that are not ours and keep IAM from deleting a user, who is missing in
    `passwords` where that is not known; `roles` is evidence.
    """

    uses: Uses = field(default_factory=dict)
    groups: Mapping[UserName, tuple[str, ...]] | None = field(default_factory=dict)
    passwords: Mapping[UserName, bool] = field(default_factory=dict)
    roles: Mapping[RoleName, Role] | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """What holds for all targets of a plan. `named`: users that were named one by one, not by a glob or by default.

    `undo`: what stands in the way of taking a user away is nothing to who gives it back.
    """

    survey: Survey
    extras: Extras
    org: OrgName
    ignored_scopes: frozenset[str]
    named: Callable[[RepoName], bool]
    owner_gone: Callable[[Lock], bool]
    undo: bool = False
