"""The AWS side of a snapshot as it grows: users, their keys and passwords, roles, registries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from cellenics_ci.audit.gathering import Gathering
from cellenics_ci.audit.ports import AuditReaders
from cellenics_ci.audit.snapshot import Danger, Part, Registry, Snapshot, Unreadable, UserFacts, repository_of_path
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.keys import AccessKey, Caller, KeyUse, User
from cellenics_ci.model.names import AccessKeyId, Region, RepoName, RoleName, UserName, ci_user_name, repository_of_user
from cellenics_ci.model.roles import AccountDetails, Role
from cellenics_ci.privileges.live import allows_everything, escalations


class AccountTaking:
    """What is known of the account. Lives in the thread that takes answers.

    `wants` says whether a repository's user is looked at; `on_user` is told whose user has become known, `on_change`
    that something new may be decided for all.
    """

    def __init__(
        self,
        gathering: Gathering,
        readers: AuditReaders,
        *,
        wants: Callable[[RepoName], bool],
        on_user: Callable[[RepoName], None],
        on_change: Callable[[], None],
    ) -> None:
        self._gathering, self._readers = gathering, readers
        self._wants, self._on_user, self._on_change = wants, on_user, on_change
        self.users: dict[UserName, UserFacts] = {}
        self.caller: Part[Caller] = None
        self.whole: Part[bool] = None
        self.quota: Part[int] = None
        self.failure: CallFailed | None = None
        self._roles: Part[Mapping[RoleName, Role]] = None
        self._registries: dict[Region, Registry | Unreadable | None] = {}
        self._passwords: Part[Mapping[UserName, bool]] = None
        self._by_name: set[UserName] | None = None
        """Users that were asked for one by one, None while all are read at once."""

    def begin(self, region: Region) -> None:
        """Start all reads that depend on no other."""
        self._gathering.ask("account", self._readers.caller, self._take_caller)
        self._gathering.ask("account", self._details, self._take_details)
        self._gathering.ask("account", self._readers.account.user_policy_quota, self._take_quota)
        self._gathering.ask("account", self._readers.passwords.reported, self._take_passwords)
        self.ask_registry(region)

    def added_to(self, snapshot: Snapshot) -> Snapshot:
        """Return a snapshot with what is known of the account."""
        known = {region: names for region, names in self._registries.items() if names is not None}
        return replace(
            snapshot,
            caller=self.caller,
            account=self.whole,
            quota=self.quota,
            users=dict(sorted(self.users.items())),
            roles=self._roles,
            registries=known,
        )

    def ask_registry(self, region: Region) -> None:
        """Start to read a region's ECR repositories, once."""
        if region not in self._registries:
            self._registries[region] = None
            read = partial(self._readers.registries.names, region)
            self._gathering.ask("registries", read, partial(self._take_registry, region))

    def declared(self, repository: RepoName) -> None:
        """Note that a repository declares privileges: where users can't be listed, its own is asked for by name."""
        if isinstance(self.whole, Unreadable) and self._by_name is not None:
            self._ask_by_name([ci_user_name(repository)])

    def _take_caller(self, caller: Caller | Unreadable) -> None:
        self.caller = caller
        self._on_change()

    def _take_quota(self, quota: int | Unreadable) -> None:
        self.quota = quota
        self._on_change()

    def _details(self) -> AccountDetails | tuple[Sequence[UserName] | None, str]:
        """Read the account at once; where that is denied, return the users' names (None: denied too), and why."""
        try:
            return self._readers.details.read()
        except CallFailed as failed:
            if failed.kind is not Failure.DENIED:
                self.failure = failed
                raise
            reason = failed.sentence
        try:
            return self._readers.account.user_names(), reason
        except CallFailed as failed:
            self.failure = failed
            return None, reason

    def _take_details(self, found: AccountDetails | tuple[Sequence[UserName] | None, str] | Unreadable) -> None:
        if isinstance(found, AccountDetails):
            self.whole, self._roles = True, found.roles
            for name, user in found.users.items():
                self._take_user(user, found.groups.get(name, ()))
        elif isinstance(found, Unreadable):
            self.whole = self._roles = found
        else:
            names, reason = found
            self._roles = Unreadable(reason)
            self.whole = Unreadable(reason) if names is None else True
            self._by_name = set()
            self._ask_by_name(names or ())
        self._on_change()

    def _ask_by_name(self, names: Sequence[UserName]) -> None:
        assert self._by_name is not None
        for name in names:
            if name not in self._by_name:
                self._by_name.add(name)
                read = partial(self._readers.account.ci_user, name)
                self._gathering.ask("users", read, partial(self._take_named, name))

    def _take_named(self, name: UserName, user: User | Unreadable | None) -> None:
        if isinstance(user, User):
            self._take_user(user, ())
        elif isinstance(user, Unreadable) and not isinstance(self.whole, Unreadable):
            self.whole = Unreadable(user.reason)
        self._on_change()

    def _take_user(self, user: User, groups: tuple[str, ...]) -> None:
        repository = repository_of_path(user, repository_of_user(user.name))
        if not self._wants(repository):
            return
        password = self._reported(user.name)
        self.users[user.name] = UserFacts(user, repository, groups, password=password, dangers=_dangers(user))
        self._gathering.ask(
            "keys", partial(self._readers.keys.list_access_keys, user.name), partial(self._take_keys, user.name)
        )
        self._on_user(repository)

    def _take_keys(self, name: UserName, keys: tuple[AccessKey, ...] | Unreadable) -> None:
        self.users[name] = replace(self.users[name], keys=keys)
        for key in keys if isinstance(keys, tuple) else ():
            self._gathering.ask(
                "last uses", partial(self._readers.keys.last_used, key.id), partial(self._take_use, name, key.id)
            )

    def _take_use(self, name: UserName, key: AccessKeyId, use: KeyUse | Unreadable | None) -> None:
        facts = self.users[name]
        self.users[name] = replace(facts, uses={**facts.uses, key: use})

    def _take_passwords(self, reported: Mapping[UserName, bool] | Unreadable) -> None:
        self._passwords = reported
        for name, facts in self.users.items():
            self.users[name] = replace(facts, password=self._reported(name))

    def _reported(self, name: UserName) -> Part[bool]:
        if self._passwords is None or isinstance(self._passwords, Unreadable):
            return self._passwords
        if name in self._passwords:
            return self._passwords[name]
        # Newer than the report, which may be four hours old.
        read = partial(self._readers.passwords.has_password, name)
        self._gathering.ask("passwords", read, partial(self._take_password, name))
        return None

    def _take_password(self, name: UserName, has: bool | Unreadable) -> None:
        self.users[name] = replace(self.users[name], password=has)

    def _take_registry(self, region: Region, names: Registry | Unreadable) -> None:
        self._registries[region] = names


def _dangers(user: User) -> tuple[Danger, ...]:
    found: list[Danger] = []
    for name, document in (user.policies or {}).items():
        if allows_everything(document):
            found.append(Danger(name, "it allows every action on every resource", everything=True))
        else:
            found += [Danger(name, sentence) for sentence in escalations(document)]
    for arn in user.attached or ():
        if arn.rpartition("/")[2] == "AdministratorAccess":
            found.append(Danger(arn, "it allows every action on every resource", everything=True))
    return tuple(found)
