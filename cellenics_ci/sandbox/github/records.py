"""What the embedded GitHub keeps: accounts, tokens, repositories, environments, deploy keys, runs. Plain records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from cellenics_ci.sandbox.github.pull_records import PullRequest, Push
from cellenics_ci.sandbox.github.vault import SecretStore, StoredSecret

Role: TypeAlias = Literal["NONE", "READ", "TRIAGE", "WRITE", "MAINTAIN", "ADMIN"]
ROLES: Final[tuple[Role, ...]] = ("NONE", "READ", "TRIAGE", "WRITE", "MAINTAIN", "ADMIN")
Level: TypeAlias = Literal["read", "write"]
TokenKind: TypeAlias = Literal["classic", "fine-grained", "installation"]


@dataclass(frozen=True, slots=True)
class Submodule:
    """Another repository mounted at a path: its URL and the commit it is pinned to."""

    url: str
    oid: str = "0" * 39 + "1"


@dataclass(frozen=True, slots=True)
class Symlink:
    """A symbolic link at a path."""

    target: str


Entry: TypeAlias = bytes | Submodule | Symlink


@dataclass(slots=True)
class OidcSubject:
    """How the `sub` claim of a workflow's OIDC token is put together; `claims` None means the default."""

    claims: tuple[str, ...] | None = None
    immutable: bool = False


@dataclass(slots=True)
class Account:
    """An organisation, or a person with `person=True`. `members` maps logins to "admin" or "member"."""

    login: str
    id: int
    created_at: int
    person: bool = False
    members: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, StoredSecret] = field(default_factory=dict)
    oidc: OidcSubject = field(default_factory=OidcSubject)
    variables: dict[str, Variable] = field(default_factory=dict)
    deploy_keys_allowed: bool = True

    def is_admin(self, login: str) -> bool:
        """Whether this login may administer the account."""
        return login == self.login if self.person else self.members.get(login) == "admin"


@dataclass(slots=True)
class Token:
    """A token of `login`. `scopes` are a classic token's; a fine-grained one or an installation's has `permissions`.

    `permissions` None allows everything; `repositories` None means all of the owner's. An installation acts with
    its permissions alone, whatever roles people have.
    """

    login: str
    scopes: frozenset[str] = frozenset()
    kind: TokenKind = "classic"
    permissions: Mapping[str, Level] | None = None
    repositories: frozenset[str] | None = None
    sso_unauthorised: bool = False
    expired: bool = False


@dataclass(slots=True)
class Environment:
    """A deployment environment; its name may hold slashes and any letters."""

    name: str
    id: int
    created_at: int
    secrets: SecretStore = field(default_factory=SecretStore)


@dataclass(slots=True)
class Variable:
    """An Actions variable: readable, unlike a secret."""

    name: str
    value: str
    created_at: int
    updated_at: int


@dataclass(slots=True)
class DeployKey:
    """A repository's deploy key: `key` is the public key without its comment; `token` made it."""

    id: int
    key: str
    title: str
    read_only: bool
    created_at: int
    added_by: str
    token: str = field(default="", repr=False)
    verified: bool = True
    enabled: bool = True
    last_used: int | None = None


@dataclass(slots=True)
class WorkflowRun:
    """A workflow run. With `ends_at` set it is completed with success from then on, without anybody's doing."""

    id: int
    created_at: int
    status: str = "completed"
    conclusion: str | None = "success"
    event: str = "push"
    name: str = "CI"
    path: str = ".github/workflows/ci.yaml"
    head_branch: str = "master"
    head_sha: str = "0" * 40
    run_attempt: int = 1
    run_started_at: int | None = None
    updated_at: int | None = None
    run_number: int = 1
    workflow_id: int = 1
    actor: str = ""
    ends_at: int | None = None

    def outcome(self, now: float) -> tuple[str, str | None]:
        """Return the run's status and conclusion at `now` (UTC epoch seconds)."""
        if self.status != "completed" and self.ends_at is not None and now >= self.ends_at:
            return "completed", "success"
        return self.status, self.conclusion if self.status == "completed" else None


@dataclass(frozen=True, slots=True)
class BranchRule:
    """A rule of a ruleset that holds the default branch: its kind (`pull_request`), and the ruleset."""

    type: str
    ruleset_id: int = 42


@dataclass(slots=True)
class Repository:
    """A repository. `files` is the tree at HEAD: no files, no commit. `graphql_error` makes its nodes fail there.

    `viewer_permission` is the role of the owner's members; `collaborators` sets it for single logins. `objects` are
    git objects that were made through the API, by their ids, and `tip` the commit at HEAD where one of them is.
    `rules` and `protected` (the older protection, with these status checks) keep everybody from moving the branch.
    """

    owner: Account
    name: str
    id: int
    created_at: int
    pushed_at: int
    files: dict[str, Entry] = field(default_factory=dict)
    description: str | None = None
    private: bool = True
    archived: bool = False
    fork: bool = False
    disabled: bool = False
    locked: bool = False
    default_branch: str = "master"
    viewer_permission: Role = "ADMIN"
    collaborators: dict[str, Role] = field(default_factory=dict)
    environments: dict[str, Environment] = field(default_factory=dict)
    actions: SecretStore = field(default_factory=SecretStore)
    dependabot: SecretStore = field(default_factory=SecretStore)
    variables: dict[str, Variable] = field(default_factory=dict)
    deploy_keys: list[DeployKey] = field(default_factory=list)
    runs: list[WorkflowRun] = field(default_factory=list)
    oidc: OidcSubject | None = None
    token_default: str = "read"  # noqa: S105 - a permission
    graphql_error: str | None = None
    objects: dict[str, Any] = field(default_factory=dict, repr=False)
    tip: Any = field(default=None, repr=False)
    rules: list[BranchRule] = field(default_factory=list)
    protected: tuple[str, ...] | None = None
    pulls: list[PullRequest] = field(default_factory=list)
    pushes: list[Push] = field(default_factory=list)

    @property
    def full_name(self) -> str:
        """The name with its owner's login in front."""
        return f"{self.owner.login}/{self.name}"

    def role_of(self, login: str | None) -> Role:
        """Return the role of this login, or of somebody who is not signed in (None)."""
        if login is not None and login in self.collaborators:
            return self.collaborators[login]
        if login is not None and (login == self.owner.login or login in self.owner.members):
            return self.viewer_permission
        return "NONE" if self.private else "READ"

    def environment(self, name: str) -> Environment | None:
        """Find an environment; GitHub does not tell capitals from small letters in its name."""
        wanted = name.casefold()
        return next((found for key, found in self.environments.items() if key.casefold() == wanted), None)
