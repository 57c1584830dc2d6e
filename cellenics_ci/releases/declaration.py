"""What a service declares of its releases: the `release:` section of its `.ci.yaml`, and what holds without one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from cellenics_ci.releases.kinds import STAGED_LATER
from cellenics_ci.releases.tags import TagForm

OTHERWISE: Final = "otherwise"
"""Names the choice for all environments that have none of their own."""

PATH: Final = re.compile(r"(?P<folder>[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)/NAME(?P<candidate>/REF_ID)?\.yaml")
"""The two forms of a manifest's path: one for each service, or one for each ref of a service."""
FORBIDDEN_FOLDERS: Final = ("deployments", "docs")
"""Folders of the releases repository that hold something else than manifests."""

VARIABLES: Final = (
    "NAME", "ORGANIZATION", "REPOSITORY", "ENVIRONMENT", "KUBERNETES_ENV", "SANDBOX_ID", "NAMESPACE",
    "REF_ID", "SHA", "TAG", "VERSION", "TIMESTAMP", "REGISTRY",
)  # fmt: skip
"""What declared texts may hold, as `${NAME}`."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """A text that stands in quotes, so that nobody takes it for a number."""

    text: str


Value: TypeAlias = str | Quoted | int | bool | tuple["str | Quoted | int | bool", ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """A value for each environment. `otherwise` None: environments that are not named have none."""

    by_environment: Mapping[str, Value | None] = field(default_factory=dict)
    otherwise: Value | None = None

    def of(self, environment: str) -> Value | None:
        """Return the value for an environment, None for none."""
        return self.by_environment.get(environment, self.otherwise)


@dataclass(frozen=True, slots=True)
class Policy:
    """How Flux chooses among tags: `semver` with a range, or `numerical` with an order."""

    kind: str
    value: str

    @property
    def field(self) -> str:
        """The name of its one field (image.toolkit.fluxcd.io, ImagePolicyChoice)."""
        return "range" if self.kind == "semver" else "order"


@dataclass(frozen=True, slots=True)
class Environment:
    """One target of releases. `replicas` None: the service's template has its own."""

    name: str
    path: str
    sandbox_id: str
    kubernetes: str
    tag: TagForm
    policy: Policy
    update_path: str
    replicas: int | None = None

    @property
    def folder(self) -> str:
        """The folder in the releases repository."""
        return self.path.partition("/")[0]

    @property
    def candidate(self) -> bool:
        """Whether each ref has a manifest of its own."""
        return self.path.endswith("/REF_ID.yaml")


@dataclass(frozen=True, slots=True)
class Image:
    """An image of the service: where its values are, its ImagePolicy's name, and what its tags end in."""

    values: str
    policy: str
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """Where the chart comes from. `repository` is `REPO` or `ORG/REPO`; a branch or a commit for each environment."""

    repository: str | None = None
    branch: Choice = Choice()
    commit: Choice = Choice()


_BY_AGE: Final = TagForm("${REF_ID}-${SHA}-${TIMESTAMP}")
_NEWEST: Final = Policy("numerical", "asc")
PRESETS: Final = {
    each.name: each
    for each in (
        Environment(
            "production",
            "production/NAME.yaml",
            "default",
            "production",
            TagForm("${VERSION}"),
            Policy("semver", ">=0.0.0"),
            "./production",
        ),
        Environment("develop", "staging/NAME.yaml", "default", "staging", _BY_AGE, _NEWEST, "./staging"),
        Environment(
            "staging",
            "staging-candidates/NAME/REF_ID.yaml",
            STAGED_LATER,
            "staging",
            _BY_AGE,
            _NEWEST,
            "./staging",
        ),
    )
}
"""The environments that every service has, as today's pipelines fill them."""

STANDARD_VALUES: Final[tuple[tuple[str, str], ...]] = (
    ("kubernetes.env", "${KUBERNETES_ENV}"),
    ("biomageCi.repo", "${REPOSITORY}"),
    ("biomageCi.sandboxId", "${SANDBOX_ID}"),
)
IAM_ROLE: Final = ("serviceAccount.iamRole", "${NAME}-role-${KUBERNETES_ENV}")
REPLICAS: Final = "replicaCount"


@dataclass(frozen=True, slots=True)
class ReleaseDeclaration:
    """A service's declaration. `values` maps paths in the chart's values to choices, None for a value to leave out."""

    environments: Mapping[str, Environment] = field(default_factory=lambda: dict(PRESETS))
    chart: Chart = Chart()
    images: tuple[Image, ...] = (Image("image", "${NAME}"),)
    values: Mapping[str, Choice | None] = field(default_factory=dict)
    author: str | None = None
    registry: str | None = None

    def only_stages(self, environment: Environment) -> bool:
        """Whether what goes to an environment waits for somebody to stage it: nothing runs from its folder itself."""
        others = (*PRESETS.values(), *self.environments.values())
        return environment.candidate and environment.folder not in {
            each.folder for each in others if not each.candidate
        }
