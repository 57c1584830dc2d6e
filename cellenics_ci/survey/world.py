"""Reads the world once, side by side, and freezes what all features look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cellenics_ci.model.keys import Caller, User
from cellenics_ci.model.names import AccessKeyId, RepoName, UserName
from cellenics_ci.model.scopes import Scope
from cellenics_ci.survey.aws import AccountUsers, KeysOrReason, Unreadable
from cellenics_ci.survey.github import Status, SurveyedRepository
from cellenics_ci.survey.pool import reading_pool
from cellenics_ci.survey.ports import Readers
from cellenics_ci.survey.reading import DatesOrReason, Progress, Reading, silence
from cellenics_ci.survey.selection import Selection


@dataclass(frozen=True, slots=True)
class Survey:
    """The world as it was read. Everything by name; what could not be read is there as Unreadable.

    `users` are all CI users where `users_whole`, `keys` those of the users that matter to the command.
    `secrets` has the scopes of each selected repository that declares privileges: its own, Dependabot's, and every
    environment that is there or declared. `organization_secrets` has the pair's names that a repository sees from
    the organisation; a repository that could not be asked is missing.
    """

    caller: Caller
    user_policy_quota: int
    old_stack: bool | None
    repositories: Mapping[RepoName, SurveyedRepository]
    selected: tuple[RepoName, ...]
    users: Mapping[UserName, User]
    users_whole: bool
    unreadable_users: Mapping[UserName, Unreadable]
    keys: Mapping[UserName, KeysOrReason]
    secrets: Mapping[RepoName, Mapping[Scope, DatesOrReason]]
    organization_secrets: Mapping[RepoName, frozenset[str]]
    notes: tuple[str, ...] = ()

    def declaring(self) -> tuple[SurveyedRepository, ...]:
        """Return the selected repositories that declare privileges, in the order of their names."""
        chosen = (self.repositories[name] for name in self.selected)
        return tuple(repo for repo in chosen if repo.status is Status.DECLARES)

    def key_ids(self) -> tuple[AccessKeyId, ...]:
        """Return the ids of all keys that were read."""
        return tuple(key.id for keys in self.keys.values() if isinstance(keys, tuple) for key in keys)


def take_survey(
    readers: Readers,
    selection: Selection,
    *,
    all_keys: bool = False,
    by_user: bool = False,
    progress: Progress = silence,
) -> Survey:
    """Read the world. `all_keys` reads the keys of all CI users, not only of the selected repositories'.

    `by_user`: what matters is who has a CI user, not who declares privileges. A selection may then name users'
    repositories that are no more, and secrets are read of repositories with a selected user.

    `progress` is told what is being read, and how many of it there are so far. Raises CallFailed where nothing can
    be said at all (no sign-in, no answer), UsageProblem for a selection that fits no repository.
    """
    with reading_pool() as pool:
        reading = Reading(readers, selection, pool, progress)
        return _read_by_user(reading) if by_user else _read(reading, all_keys=all_keys)


def _read(reading: Reading, *, all_keys: bool) -> Survey:
    reading.begin()
    reading.discover()
    declaring = reading.declaring()
    organization = reading.organization_secrets(declaring)
    users = reading.users(declaring)
    keys = reading.keys(users, declaring, every=all_keys)
    return _survey(reading, users, keys, organization())


def _read_by_user(reading: Reading) -> Survey:
    reading.begin()
    users = reading.discover_by_user()
    return _survey(reading, users, reading.keys(users, (), every=True), {})


def _survey(
    reading: Reading,
    users: AccountUsers,
    keys: Mapping[UserName, KeysOrReason],
    organization_secrets: Mapping[RepoName, frozenset[str]],
) -> Survey:
    return Survey(
        caller=reading.caller(),
        user_policy_quota=reading.quota(),
        old_stack=reading.old_stack(),
        repositories=dict(sorted(reading.repositories.items())),
        selected=reading.selected(),
        users=users.users,
        users_whole=users.whole,
        unreadable_users=users.unreadable,
        keys=keys,
        secrets=reading.dates(),
        organization_secrets=organization_secrets,
        notes=tuple(reading.notes),
    )
