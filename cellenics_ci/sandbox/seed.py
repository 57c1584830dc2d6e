"""A world put into the embedded AWS and the embedded GitHub: what it tells becomes what they answer."""

from __future__ import annotations

from collections.abc import Mapping
from secrets import token_hex
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cellenics_ci.model.names import KEY_ID_SECRET
from cellenics_ci.model.scopes import ACTIONS, DEPENDABOT, Scope, environment_scope
from cellenics_ci.model.secret import Secret
from cellenics_ci.sandbox.aws import Account as AwsAccount
from cellenics_ci.sandbox.github import DeployKey, Entry, GitHubState, Repository, Variable, trees
from cellenics_ci.sandbox.github.pulls import open_pull
from cellenics_ci.sandbox.github.records import OidcSubject
from cellenics_ci.sandbox.github.state import store_of
from cellenics_ci.sandbox.seed_account import AccountSeeder
from cellenics_ci.sandbox.world import RepositoryFact, SecretFact, World


class Seeder:
    """Puts one world into one pair of servers. `operator_token` is what the operator signs in with."""

    def __init__(self, world: World, aws: AwsAccount, github: GitHubState) -> None:
        self.world = world
        self.github = github
        self.now = github.clock()
        self.account = AccountSeeder(world, aws, self.now)
        self._lost: list[tuple[Repository, DeployKey]] = []
        self.operator_token = Secret(world.operator.text or f"ghp_{token_hex(18)}")

    def seed(self) -> None:
        """Write everything: the account first, since secrets hold its keys."""
        self.account.seed()
        self._people()
        for fact in self.world.repositories:
            self._repository(fact)
        for fact in self.world.repositories:
            self._manifests(fact)
            self._pulls(fact)
        self.github.secret_writes.clear()

    def lose_deploy_keys(self) -> None:
        """Delete the deploy keys that GitHub has lost, after the clusters that hold them were found by their titles."""
        for repository, key in self._lost:
            repository.deploy_keys.remove(key)

    def _people(self) -> None:
        operator, organization = self.world.operator, self.world.organization
        self.github.ssh_host_keys[:] = [_host_key()]
        self.github.add_account(organization, members={operator.login: "admin"})
        self.github.add_token(self.operator_token.reveal(), operator.login, operator.scopes)
        for token in self.world.tokens:
            self.github.add_token(token.text or f"ghp_{token_hex(18)}", token.login, token.scopes)
        for name, secret in self.world.secrets.items():
            settings: dict[str, Any] = {}
            if secret.selected is not None:
                settings = {"visibility": "selected", "selected": set(secret.selected)}
            value = self._value(name, secret.fact)
            stored = self.github.add_organization_secret(organization, name, value.reveal(), **settings)
            stored.created_at = stored.updated_at = int(self.now - secret.fact.age)

    def _repository(self, fact: RepositoryFact) -> None:
        born = int(self.now - fact.age)
        entries: dict[str, Entry] = {path: text.encode() for path, text in fact.files.items()}
        repository = self.github.add_repository(
            self.world.organization,
            fact.name,
            entries,
            created_at=born,
            pushed_at=born,
            viewer_permission=fact.permission,
            **fact.flags,
        )
        self._commits(repository, fact.commits)
        if fact.subject is not None:
            repository.oidc = OidcSubject(fact.subject.claims or None, fact.subject.immutable)
        self._secrets(repository, ACTIONS, fact.secrets)
        self._secrets(repository, DEPENDABOT, fact.dependabot)
        for name, secrets in fact.environments.items():
            self.github.add_environment(repository, name).created_at = born
            self._secrets(repository, environment_scope(name), secrets)
        for name, value in fact.variables.items():
            repository.variables[name] = Variable(name, value, born, born)
        for run in fact.runs:
            began = int(self.now - run.age)
            self.github.add_run(
                repository,
                created_at=began,
                run_started_at=began,
                status=run.status,
                conclusion="success" if run.status == "completed" else None,
                event=run.event,
                run_attempt=run.attempt,
                actor=self.world.operator.login,
                ends_at=None if run.ends_in is None else int(self.now + run.ends_in),
            )
        self._deploy_keys(repository, fact)

    def _deploy_keys(self, repository: Repository, fact: RepositoryFact) -> None:
        for key in fact.deploy_keys:
            public = " ".join((key.key or _deploy_key()).split()[:2])
            repository.deploy_keys.append(
                DeployKey(
                    id=self.github.next_id(),
                    key=public,
                    title=key.title,
                    read_only=key.read_only,
                    created_at=int(self.now - key.age),
                    added_by=key.added_by or self.world.operator.login,
                    # Of those that others made, nobody here has the token.
                    token="" if key.added_by else self.operator_token.reveal(),
                    last_used=None if key.used is None else int(self.now - key.used),
                    enabled=key.enabled,
                )
            )
            if key.deleted:
                self._lost.append((repository, repository.deploy_keys[-1]))

    def _commits(self, repository: Repository, count: int) -> None:
        """Let so many commits lead to the repository's last one, a day apart, the last of them an hour ago."""
        tip = trees.head(repository)
        if tip is None or not count:
            return
        for number in range(count):
            at = int(self.now - 3600 - 86400 * (count - 1 - number))
            tip = trees.commit_on(tip, tip.tree, f"Change {number + 1}", at=at)
            trees.advance(repository, tip, now=at)

    def _manifests(self, fact: RepositoryFact) -> None:
        """Push manifests one after the other, as the services' pipelines did."""
        repository = self.github.repository(self.world.organization, fact.name)
        assert repository is not None, "seeded before"
        for manifest in sorted(fact.manifests, key=lambda each: -each.age):
            at = int(self.now - manifest.age)
            commit = self.commit_of(manifest.source, manifest.commit)
            text = manifest.text
            for name, value in ({**manifest.values, "commit": commit, "timestamp": str(at)}).items():
                text = text.replace(f"${{{name}}}", value)
            tip = trees.head(repository)
            tree = trees.graft(
                tip.tree if tip else trees.Tree(), manifest.path, trees.Blob(self.account.filled(text).encode())
            )
            message = f"Update from https://github.com/{self.world.organization}/{manifest.source}/commit/{commit}"
            who = f"{manifest.by} <ci@example.invalid>"
            trees.advance(repository, trees.commit_on(tip, tree, message, at=at, who=who), now=at)

    def _pulls(self, fact: RepositoryFact) -> None:
        """Open pull requests, one after the other."""
        repository = self.repository(fact.name)
        for pull in fact.pulls:
            changes: dict[str, Entry | None] = {path: text.encode() for path, text in pull.changes.items()}
            changes |= dict.fromkeys((*pull.removed, *pull.moves))
            changes |= {new: repository.files[old] for old, new in pull.moves.items()}
            changes |= {f"docs/{number:04}.txt": b"generated\n" for number in range(pull.generated)}
            open_pull(self.github, repository, pull.by, changes, title=pull.title, fork=pull.fork or None)

    def repository(self, name: str) -> Repository:
        """Return a repository that was seeded."""
        found = self.github.repository(self.world.organization, name)
        assert found is not None, "the world has it"
        return found

    def commit_of(self, name: str, before: int = 0) -> str:
        """Return the id of the commit that is so many before a repository's last one."""
        repository = self.github.repository(self.world.organization, name)
        tip = trees.head(repository) if repository else None
        assert repository is not None and tip is not None, "the world file's check saw to it"
        return next(each.oid for at, each in enumerate(trees.ancestors(repository, tip)) if at == before)

    def _secrets(self, repository: Repository, scope: Scope, facts: Mapping[str, SecretFact]) -> None:
        for name, fact in facts.items():
            self.github.put_secret(repository, scope, name, self._value(name, fact))
            stored = store_of(repository, scope).entries[name.upper()]
            stored.created_at = stored.updated_at = int(self.now - fact.age)

    def _value(self, name: str, fact: SecretFact) -> Secret:
        if fact.key is None:
            return Secret(fact.value or "")
        pair = self.account.keys[fact.key]
        return Secret(pair.id) if name == KEY_ID_SECRET else pair.secret


def _host_key() -> str:
    return generate_private_key(SECP256R1()).public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def _deploy_key() -> str:
    return Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
