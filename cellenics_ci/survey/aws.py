"""The AWS side of a survey: the account's CI users at once or one by one, their keys side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.keys import AccessKey, KeyUse, User
from cellenics_ci.model.names import AccessKeyId, UserName
from cellenics_ci.survey.ports import AccountReader, KeyReader

USER_POLICY_QUOTA: Final = 2048
"""Characters of a user's inline policies, white space not counted, unless AWS tells another number."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something that could not be read, and why."""

    reason: str


KeysOrReason: TypeAlias = tuple[AccessKey, ...] | Unreadable


@dataclass(frozen=True, slots=True)
class AccountUsers:
    """The CI users found. `whole`: all of the account's; else only those that were asked for by name."""

    users: Mapping[UserName, User]
    whole: bool
    unreadable: Mapping[UserName, Unreadable]


def whole_account(account: AccountReader) -> AccountUsers | None:
    """Return all CI users by one account-wide read, None where that is denied."""
    try:
        return AccountUsers(account.ci_users(), whole=True, unreadable={})
    except CallFailed as failed:
        if failed.kind is not Failure.DENIED:
            raise
        return None


def users_by_name(account: AccountReader, pool: Executor, wanted: Sequence[UserName]) -> AccountUsers:
    """Return these users and, where the account's users may be listed, all CI users, by several calls each."""
    try:
        listed: Sequence[UserName] = account.user_names()
        whole = True
    except CallFailed as failed:
        if failed.kind is not Failure.DENIED:
            raise
        listed, whole = (), False
    names = sorted({*wanted, *listed})
    found = dict(zip(names, pool.map(lambda name: or_reason(lambda: account.ci_user(name)), names), strict=True))
    return AccountUsers(
        users={name: user for name, user in found.items() if isinstance(user, User)},
        whole=whole,
        unreadable={name: user for name, user in found.items() if isinstance(user, Unreadable)},
    )


def read_last_uses(keys: KeyReader, ids: Iterable[AccessKeyId]) -> Mapping[AccessKeyId, KeyUse | Unreadable | None]:
    """Return when these keys were last used, read side by side; None where no use is recorded."""
    wanted = list(ids)
    if not wanted:
        return {}
    with ThreadPoolExecutor(min(32, len(wanted))) as pool:
        return dict(zip(wanted, pool.map(lambda key: or_reason(lambda: keys.last_used(key)), wanted), strict=True))


def or_reason(read: Callable[[], T]) -> T | Unreadable:
    """Return what `read` returns, or why it could not be read. Credentials that nobody accepts end the whole survey."""
    try:
        return read()
    except CallFailed as failed:
        if failed.kind is Failure.UNAUTHENTICATED:
            raise
        return Unreadable(failed.sentence)
