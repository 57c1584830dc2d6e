"""The embedded GitHub's whole state, and the ways to seed it, change it and look at it from a test."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cellenics_ci.model.scopes import Scope
from cellenics_ci.model.secret import Secret
from cellenics_ci.sandbox.github import trees
from cellenics_ci.sandbox.github.http import Request, Response
from cellenics_ci.sandbox.github.limits import Limits
from cellenics_ci.sandbox.github.records import (
    Account,
    DeployKey,
    Entry,
    Environment,
    Level,
    Repository,
    Token,
    TokenKind,
    WorkflowRun,
)
from cellenics_ci.sandbox.github.trees import Commit
from cellenics_ci.sandbox.github.vault import SecretStore, SecretWrite, StoredSecret

BeforeRequest = Callable[[Request], Response | None]
AfterRequest = Callable[[Request, Response], Response | None]


@dataclass
class GitHubState:
    """Accounts, repositories and tokens behind one lock. Hold `lock` to change several things at once.

    `clock` (UTC epoch seconds) drives every date and rate limit. The hooks run outside the lock, so they may wait:
    one before a request may answer in its place, one after it may replace the answer, and either may raise
    ConnectionDropped. `heaviest_graphql_page` (nodes and blobs) makes heavier queries time out with a 502.
    """

    clock: Callable[[], float] = time.time
    accounts: dict[str, Account] = field(default_factory=dict)
    repositories: dict[tuple[str, str], Repository] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict, repr=False)
    secret_writes: list[SecretWrite] = field(default_factory=list)
    limits: Limits = field(default_factory=Limits)
    ssh_host_keys: list[str] = field(default_factory=list)
    on_deploy_keys: list[Callable[[], None]] = field(default_factory=list)
    before_deploy_keys: list[Callable[[], None]] = field(default_factory=list)
    before_git: list[Callable[[Repository], None]] = field(default_factory=list)
    on_push: list[Callable[[Repository, Commit], bool]] = field(default_factory=list)
    before_request: list[BeforeRequest] = field(default_factory=list)
    after_request: list[AfterRequest] = field(default_factory=list)
    heaviest_graphql_page: int | None = None
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1001), repr=False)

    def now(self) -> int:
        """The time in whole seconds, as GitHub writes its dates."""
        return int(self.clock())

    def next_id(self) -> int:
        """Return an id that nothing here has yet."""
        return next(self._ids)

    # Seeding

    def add_account(self, login: str, *, person: bool = False, members: Mapping[str, str] | None = None) -> Account:
        """Add an organisation, or a person; its members (login to "admin" or "member") become people here too."""
        with self.lock:
            account = Account(login, self.next_id(), self.now(), person, dict(members or {}))
            self.accounts[login.lower()] = account
            for member in account.members:
                if self.account(member) is None:
                    self.add_account(member, person=True)
            return account

    def add_token(
        self,
        text: str,
        login: str,
        scopes: Iterable[str] = ("repo", "read:org"),
        *,
        kind: TokenKind = "classic",
        permissions: Mapping[str, Level] | None = None,
    ) -> Token:
        """Add a token of a person, who is added where unknown."""
        with self.lock:
            if self.account(login) is None:
                self.add_account(login, person=True)
            token = Token(login, frozenset(scopes if kind == "classic" else ()), kind, permissions)
            self.tokens[text] = token
            return token

    def revoke_token(self, text: str) -> None:
        """Take a token away. GitHub deletes the deploy keys that a person's token made along with it."""
        with self.lock:
            token = self.tokens.pop(text)
            if token.kind == "installation":
                return
            for repository in self.repositories.values():
                repository.deploy_keys[:] = [key for key in repository.deploy_keys if key.token != text]
            self.deploy_keys_changed()

    def add_repository(
        self, owner: str, name: str, files: Mapping[str, Entry] | None = None, **settings: Any
    ) -> Repository:
        """Add a repository to an account; `settings` are fields of Repository."""
        with self.lock:
            account = self.accounts[owner.lower()]
            settings = {"id": self.next_id(), "created_at": self.now(), "pushed_at": self.now()} | settings
            repository = Repository(account, name, files=dict(files or {}), **settings)
            self.repositories[owner.lower(), name.lower()] = repository
            return repository

    def add_environment(self, repository: Repository, name: str) -> Environment:
        """Add a deployment environment to a repository."""
        with self.lock:
            environment = Environment(name, self.next_id(), self.now())
            repository.environments[name] = environment
            return environment

    def add_run(self, repository: Repository, **settings: Any) -> WorkflowRun:
        """Add a workflow run, created now unless `settings` (fields of WorkflowRun) say otherwise."""
        with self.lock:
            number = len(repository.runs) + 1
            settings = {"id": self.next_id(), "created_at": self.now(), "run_number": number} | settings
            run = WorkflowRun(**settings)
            repository.runs.append(run)
            return run

    def add_organization_secret(self, owner: str, name: str, value: str, **settings: Any) -> StoredSecret:
        """Add a secret of the organisation; `settings` are `visibility` and `selected` (repository names)."""
        with self.lock:
            secret = StoredSecret(name.upper(), Secret(value), self.now(), self.now(), **settings)
            self.accounts[owner.lower()].secrets[secret.name] = secret
            return secret

    # Looking things up

    def account(self, login: str) -> Account | None:
        """Find an organisation or a person; GitHub does not tell capitals from small letters."""
        return self.accounts.get(login.lower())

    def repository(self, owner: str, name: str) -> Repository | None:
        """Find a repository by its owner's login and its name, capitals or not."""
        return self.repositories.get((owner.lower(), name.lower()))

    def repositories_of(self, owner: Account) -> list[Repository]:
        """Return an account's repositories in the order of their creation."""
        return [repository for repository in self.repositories.values() if repository.owner is owner]

    def deploy_key_owner(self, key: str) -> tuple[Repository, DeployKey] | None:
        """Find a public key anywhere on this server: GitHub takes each only once."""
        found = ((repo, mine) for repo in self.repositories.values() for mine in repo.deploy_keys if mine.key == key)
        return next(found, None)

    def deploy_keys_changed(self) -> None:
        """Tell whoever lets deploy keys in (`on_deploy_keys`); to be called after every change of one."""
        for listener in self.on_deploy_keys:
            listener()

    def deploy_keys_read(self) -> None:
        """Let whoever sees deploy keys used (`before_deploy_keys`) bring their dates up to date."""
        for listener in self.before_deploy_keys:
            listener()

    def git_read(self, repository: Repository) -> None:
        """Let whoever keeps a copy of a repository (`before_git`) bring in what was pushed to it there."""
        for listener in self.before_git:
            listener(repository)

    def pushed(self, repository: Repository, commit: Commit) -> bool:
        """Move a repository's branch; returns False where a copy (`on_push`) has moved on, as git pushes to it too."""
        with self.lock:
            if not all(listener(repository, commit) for listener in self.on_push):
                return False
            trees.advance(repository, commit, now=self.now())
            return True

    # Secrets: REST and tests go the same way, so that the history is whole

    def put_secret(self, repository: Repository, scope: Scope, name: str, value: Secret) -> bool:
        """Write a secret; returns whether it is new. Raises Refused (422) and KeyError for an unknown environment."""
        with self.lock:
            created = store_of(repository, scope).put(name, value, self.now())
            write = SecretWrite(repository.full_name, scope, name.upper(), value, self.now())
            self.secret_writes.append(write)
            return created

    def delete_secret(self, repository: Repository, scope: Scope, name: str) -> bool:
        """Delete a secret; returns whether it was there."""
        with self.lock:
            if store_of(repository, scope).entries.pop(name.upper(), None) is None:
                return False
            self.secret_writes.append(SecretWrite(repository.full_name, scope, name.upper(), None, self.now()))
            return True

    def secret(self, repository: Repository, scope: Scope, name: str) -> StoredSecret | None:
        """Return a secret as it is stored, None where there is none of this name."""
        with self.lock:
            return store_of(repository, scope).entries.get(name.upper())


def store_of(repository: Repository, scope: Scope) -> SecretStore:
    """Return the store of one scope; raises KeyError for an environment that does not exist."""
    if scope.kind == "actions":
        return repository.actions
    if scope.kind == "dependabot":
        return repository.dependabot
    environment = repository.environment(scope.environment)
    if environment is None:
        raise KeyError(scope.environment)
    return environment.secrets
