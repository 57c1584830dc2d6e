"""The GitHub side of a snapshot as it grows: repositories, their secrets' dates, their deploy keys, the members."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, Literal

from cellenics_ci.audit.gathering import Gathering
from cellenics_ci.audit.ports import AuditReaders
from cellenics_ci.audit.snapshot import Part, RepositoryFacts, Snapshot, Unreadable, Written
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.deploy_keys import DeployKey
from cellenics_ci.model.names import RepoName
from cellenics_ci.model.repositories import Repository
from cellenics_ci.model.scopes import ACTIONS, DEPENDABOT, Scope, environment_scope
from cellenics_ci.survey.github import Status, SurveyedRepository, surveyed, with_details
from cellenics_ci.survey.selection import Selection

SECOND_LOOKS: Final = 60
"""Repositories that are looked at again where their page could not tell all: more of them are GitHub's trouble."""
UNTOLD: Final = 30
"""Repositories that are asked for their deploy keys one by one where GraphQL does not count them."""
ADMINS_ONLY: Final = "only a repository's admins see its deploy keys"
NOT_LISTED: Final = "the organisation's secrets may not be listed: that wants the scope admin:org, or the App's right"


class OrganizationTaking:
    """What is known of the organisation. Lives in the thread that takes answers.

    `has_user` says whether a repository has a CI user, as far as is known; `on_repository` is told which one has
    become known.
    """

    def __init__(
        self,
        gathering: Gathering,
        readers: AuditReaders,
        selection: Selection,
        *,
        has_user: Callable[[RepoName], bool],
        on_repository: Callable[[RepoName], None],
    ) -> None:
        self._gathering, self._readers, self._selection = gathering, readers, selection
        self._has_user, self._on_repository = has_user, on_repository
        self.repositories: dict[RepoName, RepositoryFacts] = {}
        self.names: set[RepoName] = set()
        self.listed: Part[bool] = None
        self.failure: CallFailed | None = None
        self._secrets: dict[RepoName, dict[Scope, Written | Unreadable | None]] = {}
        self._organization_secrets: Part[Written] = None
        self._members: Part[frozenset[str]] = None
        self._deploy_keys = False
        self._counts: dict[RepoName, int | None] = {}
        self._counting: Part[Literal[True]] = None
        self._untold = 0
        self._asked: set[RepoName] = set()
        """Repositories that were asked for their deploy keys one by one."""
        self._settled: set[RepoName] = set()
        """Repositories of which no more will be known, though something is missing."""

    def begin(self, *, deploy_keys: bool) -> None:
        """Start all reads that depend on no other."""
        self._deploy_keys = deploy_keys
        self._gathering.stream(self._readers.repositories.repositories, self._take, self._all_listed)
        self._gathering.ask(
            "organisation", self._readers.organization_secrets.written_at, self._take_organization_secrets
        )
        if not deploy_keys:
            return
        self._gathering.ask("organisation", self._readers.members.logins, self._take_members)
        if not self._few:
            self._gathering.stream(self._readers.deploy_keys.counts, self._counted, self._all_counted)

    def added_to(self, snapshot: Snapshot) -> Snapshot:
        """Return a snapshot with what is known of the organisation."""
        repositories = {
            name: replace(facts, secrets=self._secrets_of(name)) for name, facts in sorted(self.repositories.items())
        }
        return replace(
            snapshot,
            listing=self.listed,
            repositories=repositories,
            known_names=frozenset(self.names),
            organization_secrets=self._organization_secrets,
            members=self._members,
        )

    def ask_for_secrets(self, name: RepoName) -> None:
        """Start to list a repository's secrets, once, where they have anything to do with us.

        Listing those of a thousand repositories would cost more than GitHub allows in a minute.
        """
        facts = self.repositories.get(name)
        if facts is None or name in self._secrets or self._comes_later(facts.surveyed):
            return
        repository = facts.surveyed
        ours = repository.status in (Status.DECLARES, Status.INVALID) or self._has_user(name)
        if ours or repository.workflows.reads_pair:
            declared = repository.declaration.ci_secrets.environments if repository.declaration else ()
            environments = _spelt_once(repository.environments or (), declared)
            scopes = (ACTIONS, DEPENDABOT, *map(environment_scope, environments))
        elif repository.workflows.reads_ci_token:
            scopes = (ACTIONS,)
        else:
            return
        self._secrets[name] = dict.fromkeys(scopes)
        listed = {environment.casefold() for environment in repository.environments or ()}
        for scope in scopes:
            read = partial(self._written_at, name, scope, there=scope.environment.casefold() in listed)
            self._gathering.ask("secrets", read, partial(self._take_secrets, name, scope))

    # Repositories

    def _take(self, found: Repository) -> None:
        repository = surveyed(found)
        self.names.add(repository.name)
        if self._selection.wants(repository.name):
            self.repositories[repository.name] = RepositoryFacts(repository)
            self._known(repository.name)

    def _known(self, name: RepoName) -> None:
        if not self._comes_later(self.repositories[name].surveyed):
            self._on_repository(name)
            self.ask_for_secrets(name)
        self._ask_for_deploy_keys(name)

    def _all_listed(self, failure: CallFailed | None) -> None:
        self.failure = failure
        self.listed = True if failure is None else Unreadable(failure.sentence)
        if failure is None:
            self._selection.check(self.names)
        names = [name for name, facts in sorted(self.repositories.items()) if self._comes_later(facts.surveyed)]
        again = names[:SECOND_LOOKS]
        if again:
            read = partial(self._readers.repositories.details, again)
            self._gathering.stream(read, self._take_details, partial(self._settle, names))
        else:
            self._settle(names)

    def _take_details(self, details: Repository) -> None:
        facts = self.repositories[details.name]
        self.repositories[details.name] = replace(facts, surveyed=with_details(facts.surveyed, details))

    def _settle(self, names: list[RepoName], failure: CallFailed | None = None) -> None:
        """Go on with repositories as they are known now: what is still missing stays unknown."""
        for name in names:
            self._settled.add(name)
            self._on_repository(name)
            self.ask_for_secrets(name)

    def _comes_later(self, repository: SurveyedRepository) -> bool:
        """Whether a second look at it is still to come."""
        if repository.name in self._settled:
            return False
        if repository.status is Status.DECLARES:
            return repository.environments is None or repository.workflows.reads_pair is None
        return repository.status is Status.UNKNOWN

    # Secrets

    def _secrets_of(self, name: RepoName) -> dict[Scope, Written | Unreadable] | None:
        found = self._secrets.get(name)
        if found is None:
            return None
        return {scope: written for scope, written in found.items() if written is not None}

    def _written_at(self, name: RepoName, scope: Scope, *, there: bool) -> Written:
        try:
            return self._readers.secrets.written_at(name, scope)
        except CallFailed as failed:
            # A declared environment that is not there is told by a rule of its own; of one that is there, GitHub says
            # "not found" to those who may not look.
            if failed.kind is Failure.NOT_FOUND and scope.kind == "environment" and not there:
                return {}
            raise

    def _take_secrets(self, name: RepoName, scope: Scope, written: Written | Unreadable) -> None:
        self._secrets[name][scope] = written

    def _take_organization_secrets(self, written: Written | Unreadable | None) -> None:
        self._organization_secrets = Unreadable(NOT_LISTED) if written is None else written

    def _take_members(self, members: frozenset[str] | Unreadable) -> None:
        self._members = members

    # Deploy keys

    @property
    def _few(self) -> bool:
        """Whether only repositories named in full are meant: asking each is quicker than counting everybody's."""
        names = self._selection.names
        return bool(names) and not any(set(name) & set("*?[") for name in names)

    def _counted(self, counted: tuple[RepoName, int | None]) -> None:
        name, count = counted
        self._counts[name] = count
        self._ask_for_deploy_keys(name)

    def _all_counted(self, failure: CallFailed | None) -> None:
        self._counting = True if failure is None else Unreadable(failure.sentence)
        for name in self.repositories:
            self._ask_for_deploy_keys(name)

    def _ask_for_deploy_keys(self, name: RepoName) -> None:
        facts = self.repositories.get(name)
        if not self._deploy_keys or facts is None or facts.deploy_keys is not None:
            return
        known = self._known_deploy_keys(name, facts.surveyed)
        if known is not None:
            self.repositories[name] = replace(facts, deploy_keys=known)
        elif name not in self._asked and (self._few or name in self._counts or self._counting is True):
            self._untold += not self._few and self._counts.get(name) is None
            read = partial(self._readers.deploy_keys.keys_of, name)
            self._asked.add(name)
            self._gathering.ask("deploy keys", read, partial(self._take_deploy_keys, name))

    def _known_deploy_keys(self, name: RepoName, repository: SurveyedRepository) -> Part[tuple[DeployKey, ...]]:
        """Return what is known of a repository's deploy keys without asking for them."""
        if repository.permission not in (None, "ADMIN"):
            return Unreadable(f"{ADMINS_ONLY}, and your permission there is {repository.permission}")
        if self._few:
            return None
        if name not in self._counts and self._counting is not True:
            return self._counting
        # GitHub leaves out a repository altogether whose deploy keys it refuses to count.
        count = self._counts.get(name)
        if count is None and self._untold >= UNTOLD:
            return Unreadable("GitHub does not tell this token about deploy keys")
        return () if count == 0 else None

    def _take_deploy_keys(self, name: RepoName, keys: tuple[DeployKey, ...] | Unreadable) -> None:
        self.repositories[name] = replace(self.repositories[name], deploy_keys=keys)


def _spelt_once(environments: Sequence[str], declared: Sequence[str]) -> tuple[str, ...]:
    # Capitals make no difference to GitHub.
    return tuple(sorted({name.casefold(): name for name in (*environments, *declared)}.values()))
