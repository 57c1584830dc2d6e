"""An AWS and a GitHub of one repository, in memory, exact to the call: what the exhaustive tests run against."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from cellenics_ci.errors import CallFailed, Failure, Interrupted
from cellenics_ci.model.github import OlderRuns, SealedValue
from cellenics_ci.model.keys import AccessKey, KeyPair, KeyUse, User
from cellenics_ci.model.names import KEY_ID_SECRET, KEY_SECRET_SECRET, AccessKeyId, Region, RepoName, UserName
from cellenics_ci.model.scopes import PairDates, Scope
from cellenics_ci.model.secret import Secret
from cellenics_ci.rotation.ports import Ports
from cellenics_ci.run.host import Owner

REPO = RepoName("api")
USER = UserName("ci-user-api")
PATH = "/ci-users/api/"
OWNER = "acme/api@7"
START = 1_800_000_000.0


@dataclass(slots=True)
class Key:
    """An access key on the server's side."""

    secret: str
    created_at: float
    active: bool = True
    used_at: float | None = None


@dataclass(slots=True)
class World:
    """One repository and its user. It fulfils every port, and its state is what the tests assert on."""

    now_at: float = START
    exists: bool = False
    tags: dict[str, str] = field(default_factory=dict)
    policies: dict[str, str] = field(default_factory=dict)
    key_store: dict[AccessKeyId, Key] = field(default_factory=dict)
    held: dict[Scope, dict[str, tuple[str, int]]] = field(default_factory=dict)
    created: int = 0
    delay: float = 2.0
    dead: set[str] = field(default_factory=set)
    stop_asked: bool = False
    told: list[str] = field(default_factory=list)
    runs: OlderRuns = field(default_factory=lambda: OlderRuns((), None))
    public_key: str = "k"
    """The id of the key that GitHub wants values to be sealed for."""

    def copy(self) -> Self:
        """Return an independent world in the same state."""
        twin = copy.copy(self)
        twin.tags, twin.policies, twin.dead = dict(self.tags), dict(self.policies), set(self.dead)
        twin.key_store = {key: copy.copy(value) for key, value in self.key_store.items()}
        twin.held = {scope: dict(values) for scope, values in self.held.items()}
        twin.told = []
        return twin

    def fingerprint(self) -> tuple[object, ...]:
        """Return the state as a value, to recognise a state that was visited before."""
        keys = tuple((key, k.active, k.created_at) for key, k in sorted(self.key_store.items()))
        held = tuple((scope, tuple(sorted(values.items()))) for scope, values in sorted(self.held.items()))
        tags, policies = tuple(sorted(self.tags.items())), tuple(sorted(self.policies.items()))
        return (self.now_at, self.exists, tags, policies, keys, held, tuple(sorted(self.dead)))

    def ports(self) -> Ports:
        """Return this world as all that a rotation touches."""
        return Ports(users=self, keys=self, prover=self, secrets=self, pipelines=self, host=self)

    def works(self, scope: Scope) -> bool:
        """Whether the pair that GitHub holds in a scope is one that AWS accepts."""
        values = self.held.get(scope, {})
        if KEY_ID_SECRET not in values or KEY_SECRET_SECRET not in values:
            return False
        key = self.key_store.get(AccessKeyId(values[KEY_ID_SECRET][0]))
        return key is not None and key.active and key.secret == values[KEY_SECRET_SECRET][0]

    def holder(self, scope: Scope) -> AccessKeyId | None:
        """Return the key whose full pair a scope holds."""
        if not self.works(scope):
            return None
        return AccessKeyId(self.held[scope][KEY_ID_SECRET][0])

    def add_key(self, *, age: float, active: bool = True, used: float | None = None) -> AccessKeyId:
        """Put a key there that was made `age` seconds ago and last used `used` seconds ago."""
        self.created += 1
        key = AccessKeyId(f"AKIA{self.created:016d}")
        used_at = None if used is None else self.now_at - used
        self.key_store[key] = Key(f"secret-{self.created}", self.now_at - age, active, used_at)
        return key

    def store(self, scope: Scope, key: AccessKeyId, *, age: float) -> None:
        """Put a key's pair into a scope, as written `age` seconds ago."""
        at = int(self.now_at - age)
        self.held[scope] = {KEY_ID_SECRET: (key, at), KEY_SECRET_SECRET: (self.key_store[key].secret, at)}

    # UserStore

    def get_user(self, name: UserName) -> User | None:
        if not self.exists:
            return None
        return User(name, PATH, f"arn:aws:iam::1:user{PATH}{name}", START - 1e6, dict(self.tags))

    def create_user(self, name: UserName, *, path: str, tags: Mapping[str, str], boundary: str | None) -> None:
        if self.exists:
            raise CallFailed(Failure.EXISTS, "the user exists")
        self.exists, self.tags = True, dict(tags)

    def tag_user(self, name: UserName, tags: Mapping[str, str]) -> None:
        self._want_user()
        self.tags.update(tags)
        assert len(self.tags) <= 50, "IAM allows 50 tags"

    def untag_user(self, name: UserName, keys: Sequence[str]) -> None:
        self._want_user()
        for key in keys:
            self.tags.pop(key, None)

    def put_policy(self, name: UserName, policy: str, text: str) -> None:
        self._want_user()
        self.policies[policy] = text

    def delete_policy(self, name: UserName, policy: str) -> None:
        self.policies.pop(policy, None)

    # KeyStore

    def list_access_keys(self, name: UserName) -> tuple[AccessKey, ...]:
        keys = (AccessKey(key, k.active, k.created_at) for key, k in self.key_store.items())
        return tuple(sorted(keys, key=lambda key: (key.created_at, key.id)))

    def last_used(self, key: AccessKeyId) -> KeyUse | None:
        found = self.key_store.get(key)
        return KeyUse(found.used_at, "ecr", "us-east-1") if found and found.used_at is not None else None

    def create_access_key(self, name: UserName) -> KeyPair:
        self._want_user()
        if len(self.key_store) >= 2:
            raise CallFailed(Failure.LIMIT, "two keys a user")
        key = self.add_key(age=0)
        return KeyPair(key, Secret(self.key_store[key].secret))

    def deactivate_access_key(self, name: UserName, key: AccessKeyId) -> None:
        if key in self.key_store:
            self.key_store[key].active = False

    def delete_access_key(self, name: UserName, key: AccessKeyId) -> None:
        self.key_store.pop(key, None)

    # Prover

    def identity(self, pair: KeyPair, region: Region | None) -> str:
        key = self.key_store.get(pair.id)
        if (
            key is None
            or not key.active
            or key.secret != pair.secret.reveal()
            or self.now_at < key.created_at + self.delay
        ):
            raise CallFailed(Failure.UNAUTHENTICATED, "the key is not accepted")
        return f"arn:aws:iam::1:user{PATH}{USER}"

    def registry_token(self, pair: KeyPair, region: Region) -> None:
        self.identity(pair, region)

    # SecretStore and Pipelines

    def pair_dates(self, repo: RepoName, scopes: Sequence[Scope]) -> Mapping[Scope, PairDates]:
        return {scope: self._dates(scope) for scope in scopes}

    def seal(self, repo: RepoName, scope: Scope, values: Mapping[str, Secret]) -> tuple[SealedValue, ...]:
        return tuple(SealedValue(scope, name, value.reveal(), self.public_key) for name, value in values.items())

    def reserve_writes(self, count: int) -> None:
        assert count > 0

    def write(self, repo: RepoName, value: SealedValue) -> None:
        if value.key_id != self.public_key:
            raise CallFailed(Failure.INVALID, "sealed for another key")
        self.held.setdefault(value.scope, {})[value.name] = (value.encrypted_value, int(self.now_at))

    def older_runs(self, repo: RepoName, created_before: float) -> OlderRuns:
        return self.runs

    def ci_file_id(self, repo: RepoName) -> str | None:
        return "blob"

    # Host

    def now(self) -> float:
        return self.now_at

    def wait(self, seconds: float, *, interruptible: bool) -> None:
        if self.stop_asked and interruptible:
            raise Interrupted
        self.now_at += seconds

    def owner_gone(self, lock: Owner) -> bool:
        return lock.process in self.dead

    def tell(self, repo: RepoName, step: str) -> None:
        self.told.append(step)

    def delivered(self, repo: RepoName) -> None:
        self.told.append("delivered")

    def _want_user(self) -> None:
        if not self.exists:
            raise CallFailed(Failure.NOT_FOUND, "no such user")

    def _dates(self, scope: Scope) -> PairDates:
        values = self.held.get(scope, {})
        dates = [values[name][1] if name in values else None for name in (KEY_ID_SECRET, KEY_SECRET_SECRET)]
        return PairDates(*dates)
