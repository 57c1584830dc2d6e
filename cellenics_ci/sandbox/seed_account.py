"""A world's AWS account: its users with their keys, its roles, and its image registries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cellenics_ci.model.keys import KeyPair, KeyUse
from cellenics_ci.model.names import AccountId, Region
from cellenics_ci.model.tags import KeyNote, Stage, key_tags
from cellenics_ci.privileges.declaration import Declaration, SourceFile
from cellenics_ci.privileges.parse import read_declaration
from cellenics_ci.privileges.resolve import resolve
from cellenics_ci.sandbox.aws import Account
from cellenics_ci.sandbox.world import KeyFact, RoleFact, Used, UserFact, World

OIDC_ISSUER = "token.actions.githubusercontent.com"


class AccountSeeder:
    """Puts one world's account into the embedded AWS. `keys` are the pairs by their names in the world.

    A role without a trust policy trusts its repository's workflows. `now`: UTC epoch seconds.
    """

    def __init__(self, world: World, aws: Account, now: float) -> None:
        self.keys: dict[str, KeyPair] = {}
        self._world, self._aws, self._now = world, aws, now
        self._values = {"account": aws.number, "region": world.region, "organization": world.organization}

    def seed(self) -> None:
        """Write everything; `keys` has the pairs then."""
        if self._world.alias:
            self._aws.set_alias(self._world.alias)
        for user in self._world.users:
            self._user(user)
        if any(not role.trust for role in self._world.roles):
            self._aws.add_oidc_provider(OIDC_ISSUER)
        for role in self._world.roles:
            self._role(role)
        for name in self._world.registries:
            self._aws.add_repository(name, Region(self._world.region))

    def filled(self, value: Any) -> Any:
        """Return a value of the world file with the account, the region and the organisation in their places."""
        if isinstance(value, Mapping):
            return {name: self.filled(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.filled(inner) for inner in value]
        text = str(value)
        for name, filling in self._values.items():
            text = text.replace(f"${{{name}}}", filling)
        return text

    def _user(self, user: UserFact) -> None:
        self._aws.add_user(
            user.name,
            path=user.path,
            tags={name: self.filled(value) for name, value in user.tags.items()},
            policies=self._policies(user.declared, user.policies),
            attached=user.attached,
            boundary=user.boundary and self.filled(user.boundary),
            created_at=self._now - user.age,
        )
        for key in user.keys:
            self.keys[key.name] = self._aws.add_key(
                user.name,
                created_at=self._now - key.age,
                active=key.active,
                last_used=self._use(key.used),
            )
            self._note(user, key)
        if user.password:
            self._aws.set_password(user.name)

    def _note(self, user: UserFact, key: KeyFact) -> None:
        if key.stage:
            note = KeyNote(Stage(key.stage), at=int(self._now - key.age), run="sandbox")
            self._aws.add_tags(user.name, key_tags(self.keys[key.name].id, note))

    def _role(self, role: RoleFact) -> None:
        trust = self.filled(role.trust) or self._github_trust(role.name.removeprefix("ci-role-"))
        self._aws.add_role(
            role.name,
            trust,
            policies=self._policies(role.declared, role.policies),
            tags=role.tags,
            created_at=self._now - role.age,
            last_used=self._use(role.used),
        )

    def _policies(self, declared: str, given: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
        if not declared:
            return {name: self.filled(document) for name, document in given.items()}
        fact = next(repository for repository in self._world.repositories if repository.name == declared)
        text = fact.files[".ci.yaml"]
        declaration = read_declaration(SourceFile(".ci.yaml", text, len(text.encode())))
        if not isinstance(declaration, Declaration):
            return {}
        region = declaration.ci_region or Region(self._world.region)
        found = resolve(declaration, region=region, account=AccountId(self._aws.number), partition="aws")
        return {policy.name: policy.document for policy in found}

    def _github_trust(self, repository: str) -> dict[str, Any]:
        provider = f"arn:aws:iam::{self._aws.number}:oidc-provider/{OIDC_ISSUER}"
        condition = {
            "StringEquals": {f"{OIDC_ISSUER}:aud": "sts.amazonaws.com"},
            "StringLike": {f"{OIDC_ISSUER}:sub": f"repo:{self._world.organization}/{repository}:*"},
        }
        statement = {
            "Effect": "Allow",
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": provider},
            "Condition": condition,
        }
        return {"Version": "2012-10-17", "Statement": [statement]}

    def _use(self, used: Used | None) -> KeyUse | None:
        return None if used is None else KeyUse(self._now - used.age, used.service, used.region)
