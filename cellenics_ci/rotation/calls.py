"""The calls that the rotation protocol asks for. Each is a value; whoever drives the protocol performs it.

A call is asked for with `answer = yield from Call(…)`; a failure is thrown in as CallFailed at that place.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from cellenics_ci.model.github import OlderRuns, SealedValue
from cellenics_ci.model.keys import AccessKey, KeyPair, KeyUse, User
from cellenics_ci.model.names import AccessKeyId, Region, RepoName, UserName
from cellenics_ci.model.scopes import PairDates, Scope
from cellenics_ci.model.secret import Secret
from cellenics_ci.model.tags import Lock
from cellenics_ci.rotation.ports import Ports

T = TypeVar("T")


class Call(Generic[T]):
    """One call to AWS, to GitHub or to the driver itself (`local`). `changes` says whether it has an effect."""

    __slots__ = ()
    local = False
    changes = False

    def __iter__(self) -> Generator[Call[Any], Any, T]:
        answer: T = yield self
        return answer

    def perform(self, ports: Ports) -> T:
        """Carry the call out. Raises CallFailed."""
        raise NotImplementedError


Steps: TypeAlias = Generator[Call[Any], Any, T]


@dataclass(frozen=True, slots=True)
class GetUser(Call[User | None]):
    """Read the user with its tags."""

    user: UserName

    def perform(self, ports: Ports) -> User | None:
        return ports.users.get_user(self.user)


@dataclass(frozen=True, slots=True)
class CreateUser(Call[None]):
    """Create the user, with its tags."""

    user: UserName
    path: str
    tags: Mapping[str, str]
    boundary: str | None
    changes = True

    def perform(self, ports: Ports) -> None:
        ports.users.create_user(self.user, path=self.path, tags=self.tags, boundary=self.boundary)


@dataclass(frozen=True, slots=True)
class TagUser(Call[None]):
    """Set tags on the user."""

    user: UserName
    tags: Mapping[str, str]
    changes = True

    def perform(self, ports: Ports) -> None:
        ports.users.tag_user(self.user, self.tags)


@dataclass(frozen=True, slots=True)
class UntagUser(Call[None]):
    """Remove tags from the user."""

    user: UserName
    names: Sequence[str]
    changes = True

    def perform(self, ports: Ports) -> None:
        ports.users.untag_user(self.user, self.names)


@dataclass(frozen=True, slots=True)
class PutPolicy(Call[None]):
    """Write an inline policy."""

    user: UserName
    policy: str
    text: str
    changes = True

    def perform(self, ports: Ports) -> None:
        ports.users.put_policy(self.user, self.policy, self.text)


@dataclass(frozen=True, slots=True)
class DeletePolicy(Call[None]):
    """Delete an inline policy."""

    user: UserName
    policy: str
    changes = True

    def perform(self, ports: Ports) -> None:
        ports.users.delete_policy(self.user, self.policy)


@dataclass(frozen=True, slots=True)
class ListKeys(Call[tuple[AccessKey, ...]]):
    """Read the user's access keys."""

    user: UserName

    def perform(self, ports: Ports) -> tuple[AccessKey, ...]:
        return ports.keys.list_access_keys(self.user)


@dataclass(frozen=True, slots=True)
class LastUsed(Call[KeyUse | None]):
    """Read when a key was last used."""

    key: AccessKeyId

    def perform(self, ports: Ports) -> KeyUse | None:
        return ports.keys.last_used(self.key)


@dataclass(frozen=True, slots=True)
class CreateKey(Call[KeyPair]):
    """Create an access key. Never repeated without a look."""

    user: UserName
    changes = True

    def perform(self, ports: Ports) -> KeyPair:
        return ports.keys.create_access_key(self.user)


@dataclass(frozen=True, slots=True)
class DeactivateKey(Call[None]):
    """Make a key inactive."""

    user: UserName
    key: AccessKeyId
    changes = True

    def perform(self, ports: Ports) -> None:
        ports.keys.deactivate_access_key(self.user, self.key)


@dataclass(frozen=True, slots=True)
class DeleteKey(Call[None]):
    """Delete a key."""

    user: UserName
    key: AccessKeyId
    changes = True

    def perform(self, ports: Ports) -> None:
        ports.keys.delete_access_key(self.user, self.key)


@dataclass(frozen=True, slots=True)
class Identity(Call[str]):
    """Try the new pair: who does AWS say it is?"""

    pair: KeyPair
    region: Region | None

    def perform(self, ports: Ports) -> str:
        return ports.prover.identity(self.pair, self.region)


@dataclass(frozen=True, slots=True)
class RegistryToken(Call[None]):
    """Try the new pair: does ECR let it in?"""

    pair: KeyPair
    region: Region

    def perform(self, ports: Ports) -> None:
        ports.prover.registry_token(self.pair, self.region)


@dataclass(frozen=True, slots=True)
class ReadDates(Call[Mapping[Scope, PairDates]]):
    """Read when the pair was last written, in each scope."""

    repo: RepoName
    scopes: tuple[Scope, ...]

    def perform(self, ports: Ports) -> Mapping[Scope, PairDates]:
        return ports.secrets.pair_dates(self.repo, self.scopes)


@dataclass(frozen=True, slots=True)
class Seal(Call[tuple[SealedValue, ...]]):
    """Seal values for a scope."""

    repo: RepoName
    scope: Scope
    values: Mapping[str, Secret]

    def perform(self, ports: Ports) -> tuple[SealedValue, ...]:
        return ports.secrets.seal(self.repo, self.scope, self.values)


@dataclass(frozen=True, slots=True)
class ReserveWrites(Call[None]):
    """Set aside what the rate limit allows, so that nothing waits between two writes."""

    count: int

    def perform(self, ports: Ports) -> None:
        ports.secrets.reserve_writes(self.count)


@dataclass(frozen=True, slots=True)
class WriteSecret(Call[None]):
    """Write one sealed value."""

    repo: RepoName
    value: SealedValue
    changes = True

    def perform(self, ports: Ports) -> None:
        ports.secrets.write(self.repo, self.value)


@dataclass(frozen=True, slots=True)
class ReadRuns(Call[OlderRuns]):
    """Read what runs there were before a moment (UTC epoch seconds)."""

    repo: RepoName
    created_before: float

    def perform(self, ports: Ports) -> OlderRuns:
        return ports.pipelines.older_runs(self.repo, self.created_before)


@dataclass(frozen=True, slots=True)
class ReadFileId(Call[str | None]):
    """Read the id of the repository's CI file as it is now."""

    repo: RepoName

    def perform(self, ports: Ports) -> str | None:
        return ports.pipelines.ci_file_id(self.repo)


@dataclass(frozen=True, slots=True)
class Now(Call[float]):
    """What time is it, by the servers' clock? UTC epoch seconds, never going back."""

    local = True

    def perform(self, ports: Ports) -> float:
        return ports.host.now()


@dataclass(frozen=True, slots=True)
class Wait(Call[None]):
    """Let `seconds` pass. Interrupted is thrown in where the wait may be cut short."""

    seconds: float
    interruptible: bool = True
    local = True

    def perform(self, ports: Ports) -> None:
        ports.host.wait(self.seconds, interruptible=self.interruptible)


@dataclass(frozen=True, slots=True)
class OwnerGone(Call[bool]):
    """Is the process that holds this lock known to be gone?"""

    lock: Lock
    local = True

    def perform(self, ports: Ports) -> bool:
        return ports.host.owner_gone(self.lock)


@dataclass(frozen=True, slots=True)
class Tell(Call[None]):
    """Say to whoever watches which step is being done."""

    repo: RepoName
    step: str
    local = True

    def perform(self, ports: Ports) -> None:
        ports.host.tell(self.repo, self.step)


@dataclass(frozen=True, slots=True)
class SayDelivered(Call[None]):
    """Say to whoever watches that the new key is in GitHub."""

    repo: RepoName
    local = True

    def perform(self, ports: Ports) -> None:
        ports.host.delivered(self.repo)
