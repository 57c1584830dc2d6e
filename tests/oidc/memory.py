"""An AWS and a GitHub of one repository, in memory: what the exhaustive tests of an adoption run against."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cellenics_ci.errors import CallFailed, Failure, Interrupted
from cellenics_ci.model.names import RepoName, RoleName
from cellenics_ci.model.oidc import Provider
from cellenics_ci.model.roles import NewRole, Role
from cellenics_ci.oidc.ports import Ports
from cellenics_ci.run.host import Owner
from tests.oidc.surveys import ISSUER, PROVIDER_ARN, REPO, ROLE


@dataclass(slots=True)
class Held:
    """The role on the server's side; documents are texts."""

    trust: str
    policies: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    attached: tuple[str, ...] = ()
    max_session: int = 3600


@dataclass(slots=True)
class World:
    """One repository, its role and the account's provider. It fulfils every port; tests assert on its state."""

    role: Held | None = None
    audiences: tuple[str, ...] | None = ("sts.amazonaws.com",)
    held_variables: dict[str, str] = field(default_factory=dict)
    file_id: str = "blob"
    stop_asked: bool = False

    def copy(self) -> World:
        return copy.deepcopy(self)

    def ports(self) -> Ports:
        return Ports(roles=self, providers=_Providers(self), variables=_Variables(self), files=self, host=self)

    # RoleStore

    def get_role(self, name: RoleName) -> Role | None:
        held = self.role
        if held is None:
            return None
        return Role(
            name=name,
            arn=f"arn:aws:iam::123456789012:role/{name}",
            created_at=0.0,
            trust=json.loads(held.trust),
            policies={policy: json.loads(text) for policy, text in held.policies.items()},
            attached=held.attached,
            tags=dict(held.tags),
            max_session=held.max_session,
        )

    def create_role(self, role: NewRole) -> None:
        assert role.name == ROLE
        if self.role is not None:
            raise CallFailed(Failure.EXISTS, "the role exists")
        self.role = Held(role.trust, tags=dict(role.tags), max_session=role.max_session)

    def tag_role(self, name: RoleName, tags: Mapping[str, str]) -> None:
        self._held().tags.update(tags)

    def put_trust(self, name: RoleName, text: str) -> None:
        self._held().trust = text

    def set_max_session(self, name: RoleName, seconds: int) -> None:
        self._held().max_session = seconds

    def put_policy(self, name: RoleName, policy: str, text: str) -> None:
        self._held().policies[policy] = text

    def delete_policy(self, name: RoleName, policy: str) -> None:
        if self.role is not None:
            self.role.policies.pop(policy, None)

    def _held(self) -> Held:
        if self.role is None:
            raise CallFailed(Failure.NOT_FOUND, "no such role")
        return self.role

    # FileReader

    def ci_file_id(self, repo: RepoName) -> str | None:
        return self.file_id

    # Host

    def now(self) -> float:
        return 0.0

    def wait(self, seconds: float, *, interruptible: bool) -> None:
        if self.stop_asked and interruptible:
            raise Interrupted

    def owner_gone(self, lock: Owner) -> bool:
        return False

    def tell(self, repo: RepoName, step: str) -> None:
        pass

    def delivered(self, repo: RepoName) -> None:
        pass


@dataclass(slots=True)
class _Providers:
    world: World

    def get(self, arn: str) -> Provider | None:
        assert arn == PROVIDER_ARN
        return None if self.world.audiences is None else Provider(ISSUER, self.world.audiences)

    def create(self, provider: Provider) -> None:
        if self.world.audiences is not None:
            raise CallFailed(Failure.EXISTS, "the provider exists")
        self.world.audiences = provider.audiences

    def add_audience(self, arn: str, audience: str) -> None:
        assert self.world.audiences is not None
        self.world.audiences = tuple(dict.fromkeys((*self.world.audiences, audience)))


@dataclass(slots=True)
class _Variables:
    world: World

    def values(self, repo: RepoName) -> Mapping[str, str]:
        assert repo == REPO
        return dict(self.world.held_variables)

    def create(self, repo: RepoName, name: str, value: str) -> None:
        if name in self.world.held_variables:
            raise CallFailed(Failure.EXISTS, "the variable exists")
        self.world.held_variables[name] = value


def document(*actions: str) -> dict[str, Any]:
    """Return a policy that allows these actions."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def trusting(*subjects: str, principals: Mapping[str, Any] | None = None, audience: str = "sts.amazonaws.com") -> Any:
    """Return a trust policy for these subjects (StringLike), and for other principals beside them."""
    condition: dict[str, Any] = {"StringLike": {f"{ISSUER}:sub": list(subjects)}}
    if audience:
        condition["StringEquals"] = {f"{ISSUER}:aud": audience}
    ours = {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER_ARN},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    }
    statements = [ours]
    if principals:
        statements.append({"Effect": "Allow", "Principal": dict(principals), "Action": "sts:AssumeRole"})
    return {"Version": "2012-10-17", "Statement": statements}
