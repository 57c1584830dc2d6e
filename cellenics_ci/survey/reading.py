"""A survey under way: AWS beside GitHub, and what each repository needs while the next page of them comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Final, TypeAlias

from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.keys import Caller
from cellenics_ci.model.names import PAIR_NAMES, RepoName, UserName, ci_user_name, repository_of_user
from cellenics_ci.model.scopes import ACTIONS, DEPENDABOT, PairDates, Scope, environment_scope
from cellenics_ci.model.tags import REPOSITORY_TAG, read_owner
from cellenics_ci.survey.aws import (
    USER_POLICY_QUOTA,
    AccountUsers,
    KeysOrReason,
    Unreadable,
    or_reason,
    users_by_name,
    whole_account,
)
from cellenics_ci.survey.github import Status, SurveyedRepository, surveyed, with_details
from cellenics_ci.survey.ports import Readers
from cellenics_ci.survey.selection import Selection

DatesOrReason: TypeAlias = PairDates | Unreadable
Progress: TypeAlias = Callable[[str, int], None]

_SEEN_ENOUGH: Final = (Status.ARCHIVED, Status.DISABLED)
_SECOND_LOOKS: Final = 60
"""Repositories that are looked at again although nothing is known of them: more of them are GitHub's trouble."""


def silence(what: str, count: int) -> None:
    """Tell nobody what is being read."""


class Reading:
    """The steps of a survey, in the order in which `world` takes them."""

    def __init__(
        self, readers: Readers, selection: Selection, pool: ThreadPoolExecutor, progress: Progress = silence
    ) -> None:
        self.repositories: dict[RepoName, SurveyedRepository] = {}
        self.notes: list[str] = []
        self._readers, self._selection = readers, selection
        self._pool, self._progress = pool, progress
        self._dates: dict[RepoName, dict[Scope, Future[DatesOrReason]]] = {}
        self._by_user = False
        self._concerned: set[RepoName] = set()
        """Repositories of selected users: they may declare nothing, and have another name by now."""

    def begin(self) -> None:
        """Start all reads that depend on no other."""
        account = self._readers.account
        self._caller = self._pool.submit(self._readers.caller)
        self._account_users = self._pool.submit(whole_account, account)
        self._quota = self._pool.submit(lambda: or_reason(account.user_policy_quota))
        self._old_stack = self._pool.submit(account.old_stack_exists)
        self._organization = self._pool.submit(lambda: or_reason(self._readers.organization_secrets.names))

    def discover(self) -> None:
        """Read all repositories, and start to read the secrets of those that declare privileges."""
        for found in self._readers.repositories.repositories():
            repo = surveyed(found)
            self.repositories[repo.name] = repo
            if not self._needs_second_look(repo):
                self._ask_for_dates(repo)
            if len(self.repositories) % 100 == 0:
                self._progress("repositories", len(self.repositories))
        self._progress("repositories", len(self.repositories))
        self._selection.check(self.repositories)
        self._look_again()

    def discover_by_user(self) -> AccountUsers:
        """Read all users and repositories, and the secrets of those that a selected user was made for."""
        for found in self._readers.repositories.repositories():
            self.repositories[found.name] = surveyed(found)
        self._progress("repositories", len(self.repositories))
        named = [RepoName(name) for name in self._selection.names if self._selection.names_exactly(RepoName(name))]
        users = self.users(named)
        of_users = {name: repo for name in users.users if (repo := repository_of_user(name)) is not None}
        self._selection.check({*self.repositories, *of_users.values()})
        ids = {repo.id: name for name, repo in self.repositories.items() if repo.id}
        for user, repo in of_users.items():
            if self._selection.wants(repo):
                owner = read_owner(users.users[user].tags.get(REPOSITORY_TAG, ""))
                self._concerned |= {repo, ids.get(owner.id if owner else 0, repo)} & self.repositories.keys()
        self._by_user = True
        self._look_again()
        for name in sorted(self._concerned - self._dates.keys()):
            self._ask_for_dates(self.repositories[name])
        return users

    def declaring(self) -> list[RepoName]:
        """Return the selected repositories that declare privileges."""
        return [name for name in self.selected() if self.repositories[name].status is Status.DECLARES]

    def selected(self) -> tuple[RepoName, ...]:
        """Return the selected repositories, whatever they are."""
        return tuple(sorted(name for name in self.repositories if self._selection.wants(name)))

    def organization_secrets(self, declaring: Sequence[RepoName]) -> Callable[[], Mapping[RepoName, frozenset[str]]]:
        """Start to read which of the pair's names the repositories see from the organisation; returns what tells.

        Where the organisation tells its secrets, and has none of these names, no repository is asked.
        """
        pair = frozenset(PAIR_NAMES)
        names = self._organization.result()
        if isinstance(names, frozenset) and not names & pair:
            return lambda: dict.fromkeys(declaring, frozenset())
        seen_by = self._readers.organization_secrets.seen_by
        asked = {repo: self._pool.submit(or_reason, partial(seen_by, repo)) for repo in declaring}

        def result() -> Mapping[RepoName, frozenset[str]]:
            found = {repo: future.result() for repo, future in asked.items()}
            reasons = [answer.reason for answer in found.values() if isinstance(answer, Unreadable)]
            if reasons:
                self.notes.append(f"The organisation's secrets could not be read: {reasons[0]}")
            return {repo: pair & answer for repo, answer in found.items() if isinstance(answer, frozenset)}

        return result

    def users(self, declaring: Sequence[RepoName]) -> AccountUsers:
        """Return the account's CI users."""
        found = self._account_users.result()
        if found is None:
            self.notes.append("Users are read one by one: iam:GetAccountAuthorizationDetails is not allowed.")
            found = users_by_name(self._readers.account, self._pool, [ci_user_name(name) for name in declaring])
        self._progress("users", len(found.users))
        return found

    def keys(
        self, users: AccountUsers, declaring: Sequence[RepoName], *, every: bool
    ) -> Mapping[UserName, KeysOrReason]:
        """Return the keys of the users that matter, side by side."""
        wanted = sorted(users.users if every else {ci_user_name(name) for name in declaring} & users.users.keys())
        found = self._pool.map(lambda name: or_reason(lambda: self._readers.keys.list_access_keys(name)), wanted)
        keys = dict(zip(wanted, found, strict=True))
        self._progress("keys", len(keys))
        return keys

    def caller(self) -> Caller:
        """Return who we are in AWS."""
        return self._caller.result()

    def old_stack(self) -> bool | None:
        """Say whether the old CloudFormation stack is there; None where that is not known."""
        try:
            return self._old_stack.result()
        except CallFailed:
            return None

    def quota(self) -> int:
        """Return the quota of a user's inline policies, AWS's default where it may not be read."""
        found = self._quota.result()
        if isinstance(found, Unreadable):
            self.notes.append(f"The quota for inline policies is taken to be {USER_POLICY_QUOTA}: {found.reason}")
            return USER_POLICY_QUOTA
        return found

    def dates(self) -> Mapping[RepoName, Mapping[Scope, DatesOrReason]]:
        """Return the dates of the pair in all scopes of the selected repositories that declare privileges."""
        self._progress("secrets", sum(len(scopes) for scopes in self._dates.values()))
        return {
            name: {scope: future.result() for scope, future in scopes.items()}
            for name, scopes in sorted(self._dates.items())
        }

    def _needs_second_look(self, repo: SurveyedRepository) -> bool:
        if self._by_user:
            known = repo.environments is not None and repo.workflows.reads_pair is not None
            return repo.name in self._concerned and repo.status not in _SEEN_ENOUGH and not known
        if not self._selection.wants(repo.name):
            return False
        if repo.status is Status.DECLARES:
            return repo.environments is None or repo.workflows.reads_pair is None
        return repo.status is Status.UNKNOWN

    def _look_again(self) -> None:
        names = [name for name, repo in sorted(self.repositories.items()) if self._needs_second_look(repo)]
        known = [name for name in names if self.repositories[name].status is not Status.UNKNOWN]
        again = names if len(names) - len(known) <= _SECOND_LOOKS else known
        self._progress("details", len(again))
        for details in self._readers.repositories.details(again) if again else ():
            self.repositories[details.name] = with_details(self.repositories[details.name], details)
        for name in names:
            self._ask_for_dates(self.repositories[name])

    def _ask_for_dates(self, repo: SurveyedRepository) -> None:
        wanted = repo.status is Status.DECLARES and self._selection.wants(repo.name)
        if not wanted and (repo.name not in self._concerned or repo.status is Status.DISABLED):
            return
        settings = repo.declaration.ci_secrets if repo.declaration is not None else None
        declared = settings.environments if settings is not None else ()
        spelt = {name.casefold(): name for name in (*(repo.environments or ()), *declared)}
        scopes = [ACTIONS, DEPENDABOT, *(environment_scope(name) for name in sorted(spelt.values()))]
        # Who takes secrets away does not miss a place that is not there.
        needed = settings.scopes if settings is not None and not self._by_user else ()
        self._dates[repo.name] = {
            scope: self._pool.submit(self._pair_dates, repo.name, scope, scope in needed) for scope in scopes
        }

    def _pair_dates(self, name: RepoName, scope: Scope, declared: bool) -> DatesOrReason:
        def read() -> PairDates:
            try:
                return self._readers.secrets.pair_dates(name, [scope])[scope]
            except CallFailed as failed:
                # Where there is no such place, there is no pair in it; that matters only to who wants it there.
                if failed.kind is Failure.NOT_FOUND and not declared:
                    return PairDates()
                raise

        return or_reason(read)
