"""An AWS account as moto holds it: seeded by tests and worlds, and read by them without going through the API."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from moto.ecr.models import ecr_backends
from moto.iam.models import AccessKeyLastUsed, AWSManagedPolicy, iam_backends
from moto.sts.models import sts_backends

from cellenics_ci.model.keys import AccessKey, KeyPair, KeyUse
from cellenics_ci.model.names import AccessKeyId, AccountId, Region, RoleName, UserName
from cellenics_ci.model.secret import Secret
from cellenics_ci.sandbox.aws.iam import new_secret
from cellenics_ci.sandbox.aws.moto import living_by

PARTITION: Final = "aws"
_MANIFEST: Final = "application/vnd.docker.distribution.manifest.v2+json"
_QUARANTINED: Final[Mapping[str, Any]] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "NotAction": ["sts:GetCallerIdentity"], "Resource": "*"}],
}
"""The gist of AWSCompromisedKeyQuarantine: STS still knows the key, nothing else does."""


class Account:
    """One account. Every method holds moto's state while it looks or writes; times are UTC epoch seconds."""

    def __init__(self, number: AccountId, clock: Callable[[], float]) -> None:
        self.number = number
        self.clock = clock
        self.clear()

    @property
    def iam(self) -> Any:
        """moto's own IAM of this account, for what has no method here."""
        return iam_backends[self.number][PARTITION]

    def clear(self) -> None:
        """Forget everything, as moto keeps accounts for as long as the process lives."""
        with living_by(self.clock):
            for backends in (iam_backends, sts_backends, ecr_backends):
                backends[self.number].reset()
            stacks = sys.modules.get("moto.cloudformation.models")
            if stacks is not None:
                stacks.cloudformation_backends[self.number].reset()

    # Seeding

    def set_alias(self, alias: str) -> None:
        """Give the account its alias."""
        with living_by(self.clock):
            self.iam.create_account_alias(alias)

    def add_user(
        self,
        name: str,
        *,
        path: str = "/",
        tags: Mapping[str, str] | None = None,
        policies: Mapping[str, Mapping[str, Any]] | None = None,
        attached: Sequence[str] = (),
        boundary: str | None = None,
        created_at: float | None = None,
    ) -> UserName:
        """Add a user. `policies` are inline, `attached` the names of AWS managed policies."""
        with living_by(self.clock):
            listed = [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
            user = self.iam.create_user("us-east-1", name, path, listed)
            user.permissions_boundary = boundary and {
                "PermissionsBoundaryType": "Policy",
                "PermissionsBoundaryArn": boundary,
            }
            user.create_date = as_date(self.clock() if created_at is None else created_at)
            for policy, document in (policies or {}).items():
                user.put_policy(policy, json.dumps(document))
            for policy in attached:
                self._managed(policy).attach_to(user)
        return UserName(name)

    def add_key(
        self,
        user: str,
        *,
        created_at: float | None = None,
        active: bool = True,
        last_used: KeyUse | None = None,
        secret: str | None = None,
    ) -> KeyPair:
        """Add an access key, also a third one. Seed it old enough to be accepted everywhere (Propagation)."""
        with living_by(self.clock):
            key = self.iam.get_user(user).create_access_key("AKIA", "Active" if active else "Inactive")
            self.iam.access_keys[key.access_key_id] = key
            key.secret_access_key = secret or new_secret()
            key.create_date = as_date(self.clock() if created_at is None else created_at)
            if last_used is not None:
                key.last_used = AccessKeyLastUsed(as_date(last_used.at), last_used.service, last_used.region)
            return KeyPair(AccessKeyId(key.access_key_id), Secret(key.secret_access_key))

    def add_tags(self, user: str, tags: Mapping[str, str]) -> None:
        """Set tags on a user."""
        with living_by(self.clock):
            self.iam.tag_user(user, [{"Key": key, "Value": value} for key, value in tags.items()])

    def set_password(self, user: str) -> None:
        """Let a user sign in to the console."""
        with living_by(self.clock):
            self.iam.create_login_profile(user, "not-a-real-password")

    def add_role(
        self,
        name: str,
        trust: Mapping[str, Any],
        *,
        path: str = "/",
        policies: Mapping[str, Mapping[str, Any]] | None = None,
        tags: Mapping[str, str] | None = None,
        created_at: float | None = None,
        last_used: KeyUse | None = None,
    ) -> RoleName:
        """Add a role with its trust policy and inline policies."""
        with living_by(self.clock):
            listed = [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
            role = self.iam.create_role(name, json.dumps(trust), path, None, "", listed, "3600")
            role.create_date = as_date(self.clock() if created_at is None else created_at)
            for policy, document in (policies or {}).items():
                role.policies[policy] = json.dumps(document)
            if last_used is not None:
                role.last_used, role.last_used_region = as_date(last_used.at), last_used.region
        return RoleName(name)

    def add_oidc_provider(self, host: str, audiences: Sequence[str] = ("sts.amazonaws.com",)) -> str:
        """Add an identity provider for web identities, like GitHub's workflows; returns its ARN."""
        with living_by(self.clock):
            made = self.iam.create_open_id_connect_provider(f"https://{host}", [], list(audiences), [])
            return str(made.arn)

    def add_repository(self, name: str, region: Region) -> None:
        """Add an ECR repository."""
        with living_by(self.clock):
            ecr_backends[self.number][region].create_repository(name, None, {}, None, "MUTABLE", [])

    def add_image(self, repository: str, tag: str, region: Region) -> None:
        """Put an image with a tag into an ECR repository."""
        with living_by(self.clock):
            text = json.dumps({"schemaVersion": 2, "mediaType": _MANIFEST, "annotations": {"tag": tag}})
            ecr_backends[self.number][region].put_image(repository, text, tag)

    # Looking

    def users(self) -> tuple[UserName, ...]:
        """Return the names of all users, in the order of their creation."""
        with living_by(self.clock):
            return tuple(UserName(name) for name in self.iam.users)

    def keys(self, user: str) -> tuple[AccessKey, ...]:
        """Return a user's keys, oldest first; an absent user has none."""
        with living_by(self.clock):
            found = self.iam.users.get(user)
            return tuple(_as_key(key) for key in found.access_keys) if found else ()

    def active_keys(self, user: str) -> tuple[AccessKeyId, ...]:
        """Return the ids of a user's active keys, oldest first."""
        return tuple(key.id for key in self.keys(user) if key.active)

    def policies(self, user: str) -> dict[str, Any]:
        """Return a user's inline policies by name."""
        with living_by(self.clock):
            return {name: json.loads(text) for name, text in self.iam.get_user(user).policies.items()}

    def tags(self, user: str) -> dict[str, str]:
        """Return a user's tags."""
        with living_by(self.clock):
            arn = self.iam.get_user(user).arn
            return dict(self.iam.tagger.get_tag_dict_for_resource(arn))

    def secret_of(self, key_id: str) -> Secret | None:
        """Return a key's secret, None where there is no such key."""
        with living_by(self.clock):
            key = self.iam.access_keys.get(key_id)
            return None if key is None else Secret(key.secret_access_key)

    def owner_of(self, key_id: str) -> UserName | None:
        """Return the user that a key belongs to."""
        with living_by(self.clock):
            key = self.iam.access_keys.get(key_id)
            return UserName(key.user_name) if key is not None and key.user_name else None

    def key_works(self, key_id: str, secret: Secret | str) -> bool:
        """Whether this pair is that of an active key, however far the news of it has spread."""
        text = secret.reveal() if isinstance(secret, Secret) else secret
        with living_by(self.clock):
            key = self.iam.access_keys.get(key_id)
            return key is not None and key.status == "Active" and key.secret_access_key == text

    def _managed(self, name: str) -> Any:
        arn = f"arn:{PARTITION}:iam::aws:policy/{name}"
        if arn not in self.iam.managed_policies:
            quarantine = name.startswith("AWSCompromisedKeyQuarantine")
            document: Any = _QUARANTINED if quarantine else {"Version": "2012-10-17", "Statement": []}
            make: Any = AWSManagedPolicy
            self.iam.managed_policies[arn] = make(
                name, account_id="aws", region="us-east-1", document=json.dumps(document), path="/"
            )
        return self.iam.managed_policies[arn]


def _as_key(key: Any) -> AccessKey:
    created = key.create_date.replace(tzinfo=UTC).timestamp()
    return AccessKey(AccessKeyId(key.access_key_id), key.status == "Active", created)


def as_date(at: float) -> datetime:
    """Return UTC epoch seconds as moto has dates."""
    # moto's dates are naive and in UTC.
    return datetime.fromtimestamp(int(at), UTC).replace(tzinfo=None)
