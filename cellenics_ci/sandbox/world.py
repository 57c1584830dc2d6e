"""An organisation as data: what a world file describes, read from YAML and not yet put anywhere.

Ages are seconds before the moment in which the world is set up, so that a world never grows old.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from cellenics_ci.errors import UsageProblem

DEFAULT_FILE: Final = "world.yaml"
SHIPPED: Final = {"moving": "moving.yaml"}
"""Other worlds that ship with us, by their names."""


class WorldProblem(UsageProblem):
    """A world file that can't be read: the sentence has the file and the line."""

    def __init__(self, file: str, line: int, sentence: str) -> None:
        super().__init__(f"{file}, line {line}: {sentence}")
        self.line = line


@dataclass(frozen=True, slots=True)
class Used:
    """When and with what a key or a role was last used."""

    age: float
    service: str = "ecr"
    region: str = "us-east-1"


@dataclass(frozen=True, slots=True)
class SecretFact:
    """A secret that is there. Its value is `value`, or a half of the key named `key` where it is one of the pair."""

    age: float
    value: str | None = field(default=None, repr=False)
    key: str | None = None


@dataclass(frozen=True, slots=True)
class RunFact:
    """A workflow run. `ends_in` seconds after the set-up it is completed; None leaves it as it is."""

    age: float
    status: str = "completed"
    event: str = "push"
    ends_in: float | None = None
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class DeployKeyFact:
    """A deploy key; a new public key is made where `key` is None. `used`: seconds since its last use, None for never.

    `added_by` is a login, None for the operator's. `deleted`: its cluster holds it still, GitHub does not.
    """

    title: str
    age: float
    read_only: bool = True
    key: str | None = None
    used: float | None = None
    added_by: str | None = None
    enabled: bool = True
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class ManifestFact:
    """A manifest that a pipeline pushed. `commit`: how many commits before `source`'s last one it was built from.

    In `text`, `${name}` stands for the value of that name in `values`, `${commit}` and `${timestamp}` for its own.
    """

    path: str
    age: float
    text: str
    source: str
    commit: int = 0
    by: str = "Pipelines"
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PullFact:
    """A pull request onto the default branch. `fork` is the owner of the fork it comes from, "" for a branch here.

    `changes` maps paths to texts, `moves` old paths to new ones; `generated` more files are made up in a folder `docs`.
    """

    title: str
    by: str
    fork: str = ""
    changes: Mapping[str, str] = field(default_factory=dict)
    moves: Mapping[str, str] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    generated: int = 0


@dataclass(frozen=True, slots=True)
class RepositoryFact:
    """A repository. `environments` maps names to their secrets; no files makes an empty repository.

    `commits` is how many commits lead to its last one. `image_suffixes` tell a service's several images apart.
    """

    name: str
    age: float
    files: Mapping[str, str]
    flags: Mapping[str, bool]
    permission: str = "ADMIN"
    secrets: Mapping[str, SecretFact] = field(default_factory=dict)
    dependabot: Mapping[str, SecretFact] = field(default_factory=dict)
    environments: Mapping[str, Mapping[str, SecretFact]] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    runs: tuple[RunFact, ...] = ()
    deploy_keys: tuple[DeployKeyFact, ...] = ()
    commits: int = 0
    manifests: tuple[ManifestFact, ...] = ()
    image_suffixes: tuple[str, ...] = ("",)
    subject: SubjectFact | None = None
    pulls: tuple[PullFact, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyFact:
    """An access key. `name` is what secrets refer to it by; `stage` is what a rotation noted of it, "" for nothing."""

    name: str
    age: float
    active: bool = True
    used: Used | None = None
    stage: str = ""


@dataclass(frozen=True, slots=True)
class UserFact:
    """An IAM user. `declared` is the repository whose `.ci.yaml` gives the policies, "" for none."""

    name: str
    path: str
    age: float
    tags: Mapping[str, str]
    policies: Mapping[str, Mapping[str, Any]]
    declared: str = ""
    attached: tuple[str, ...] = ()
    boundary: str | None = None
    keys: tuple[KeyFact, ...] = ()
    password: bool = False


@dataclass(frozen=True, slots=True)
class RoleFact:
    """An IAM role with the trust policy given, or that of a repository's workflows."""

    name: str
    age: float
    trust: Mapping[str, Any]
    policies: Mapping[str, Mapping[str, Any]]
    declared: str = ""
    used: Used | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SubjectFact:
    """How the subjects of a repository's tokens are made: `claims` empty for the default, ids or not."""

    claims: tuple[str, ...] = ()
    immutable: bool = False


@dataclass(frozen=True, slots=True)
class TokenFact:
    """A GitHub token of a person; a text is made where `text` is None."""

    login: str
    scopes: tuple[str, ...]
    text: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class OrganizationSecret:
    """A secret of the organisation, seen by all its repositories or by those in `selected`."""

    fact: SecretFact
    selected: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class World:
    """Everything. `operator` is whose token and login the command runs with."""

    organization: str
    operator: TokenFact
    account: str | None
    alias: str | None
    region: str
    tokens: tuple[TokenFact, ...] = ()
    secrets: Mapping[str, OrganizationSecret] = field(default_factory=dict)
    repositories: tuple[RepositoryFact, ...] = ()
    users: tuple[UserFact, ...] = ()
    roles: tuple[RoleFact, ...] = ()
    registries: tuple[str, ...] = ()


def load_world(path: Path | None = None) -> World:
    """Return the world in a file, or one that ships with us: by its name, or the usual one.

    Raises WorldProblem and UsageProblem.
    """
    from cellenics_ci.sandbox.worldfile import read_world

    shipped = DEFAULT_FILE if path is None else SHIPPED.get(str(path))
    if shipped is not None:
        source = files("cellenics_ci.sandbox") / shipped
        return read_world(source.read_text(encoding="utf-8"), shipped)
    assert path is not None
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        remedy = f"Name a YAML file, or a world that ships: {', '.join(SHIPPED)}."
        raise UsageProblem(f"There is no world file {path}.", remedy=remedy) from None
    except (OSError, UnicodeDecodeError):
        raise UsageProblem(f"The world file {path} can't be read as text.") from None
    return read_world(text, str(path))
