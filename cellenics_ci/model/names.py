"""Distinct types for the strings that are easily swapped, and the names derived from them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NewType

OrgName = NewType("OrgName", str)
RepoName = NewType("RepoName", str)
UserName = NewType("UserName", str)
RoleName = NewType("RoleName", str)
PolicyName = NewType("PolicyName", str)
AccessKeyId = NewType("AccessKeyId", str)
AccountId = NewType("AccountId", str)
Region = NewType("Region", str)

KEY_ID_SECRET: Final = "AWS_ACCESS_KEY_ID"  # noqa: S105 - the name
KEY_SECRET_SECRET: Final = "AWS_SECRET_ACCESS_KEY"  # noqa: S105 - the secret's name, not its value
PAIR_NAMES: Final = (KEY_ID_SECRET, KEY_SECRET_SECRET)
CI_TOKEN_SECRET: Final = "API_TOKEN_GITHUB"  # noqa: S105

USER_PREFIX: Final = "ci-user-"
ROLE_PREFIX: Final = "ci-role-"
USERS_PATH: Final = "/ci-users/"
NAME_LIMIT: Final = 64
"""Characters of an IAM user's or role's name (IAM and AWS STS quotas page)."""

_NAME = re.compile(r"[A-Za-z0-9+=,.@_-]+")


def ci_user_name(repo: RepoName) -> UserName:
    """Return the name of the CI user that belongs to a repository: `ci-user-<repo>`."""
    return UserName(f"{USER_PREFIX}{repo}")


def ci_user_path(repo: RepoName) -> str:
    """Return the IAM path of the CI user that belongs to a repository: `/ci-users/<repo>/`."""
    return f"{USERS_PATH}{repo}/"


def ci_role_name(repo: RepoName) -> RoleName:
    """Return the name of the role that a repository's workflows assume: `ci-role-<repo>`."""
    return RoleName(f"{ROLE_PREFIX}{repo}")


def repository_of_user(user: UserName) -> RepoName | None:
    """Return the repository that a CI user's name stands for, None for a name that is not ours."""
    if not user.startswith(USER_PREFIX) or user == USER_PREFIX:
        return None
    return RepoName(user.removeprefix(USER_PREFIX))


def name_problem(name: UserName | RoleName, kind: str = "user") -> str | None:
    """Say in a sentence why IAM would refuse this name of a user or role, or return None where it would not."""
    if len(name) > NAME_LIMIT:
        return f"the {kind} name {name} has {len(name)} characters, IAM allows {NAME_LIMIT}"
    if not _NAME.fullmatch(name):
        return f"the {kind} name {name} has characters that IAM refuses (letters, digits and +=,.@_- only)"
    return None


def shorten(key_id: AccessKeyId) -> str:
    """Return an access key id as people are shown it: `AKIA…WXYZ`."""
    return f"{key_id[:4]}…{key_id[-4:]}" if len(key_id) > 8 else key_id


def key_with_ending(ending: str, candidates: Iterable[AccessKeyId]) -> AccessKeyId | None:
    """Return the one candidate that ends in `ending` (any case, `AKIA…WXYZ` accepted), None unless unique."""
    wanted = ending.rpartition("…")[2].upper()
    found = {key for key in candidates if key.upper().endswith(wanted)}
    return found.pop() if wanted and len(found) == 1 else None
