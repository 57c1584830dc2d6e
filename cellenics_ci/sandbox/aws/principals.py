"""Who makes a call: the user or the assumed role behind a key, as far as AWS already or still knows it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any, Final

from moto.iam.models import AccessKeyLastUsed
from moto.sts.models import sts_backends

from cellenics_ci.model.keys import KeyUse
from cellenics_ci.model.secret import Secret
from cellenics_ci.sandbox.aws.account import PARTITION, Account, as_date
from cellenics_ci.sandbox.aws.authorization import Document, allowed
from cellenics_ci.sandbox.aws.calls import AwsCall, Refusal
from cellenics_ci.sandbox.aws.propagation import Flicker
from cellenics_ci.sandbox.aws.signature import signed_with

USE_RECORDED_EVERY: Final = 15 * 60
"""Seconds: IAM notes the first use of a key in each such stretch only (API reference, GetAccessKeyLastUsed)."""


@dataclass(frozen=True)
class Principal:
    """Whoever signed a call. `boundary` is None where there is no permissions boundary."""

    arn: str
    id: str
    secret: Secret
    documents: tuple[Document, ...] = ()
    boundary: Document | None = None
    token: str | None = field(default=None, repr=False)

    def may(self, action: str, resource: str) -> bool:
        """Whether the policies allow it, and the boundary does too."""
        within = self.boundary is None or allowed(action, resource, [self.boundary])
        return within and allowed(action, resource, self.documents)


class Principals:
    """Finds and checks the principal of a call."""

    def __init__(self, account: Account, flicker: Flicker, clock: Callable[[], float]) -> None:
        self._account = account
        self._flicker = flicker
        self._clock = clock
        self._ghosts: dict[str, tuple[float, Principal]] = {}

    def authenticate(self, call: AwsCall) -> Principal:
        """Return who signed the call; raises Refusal as AWS does for a key it does not take."""
        if not call.key_id:
            raise Refusal("MissingAuthenticationToken", "Request is missing Authentication Token")
        principal = self._accepted(call) or self._lingering(call.key_id)
        if principal is None or call.request.headers.get("x-amz-security-token") != principal.token:
            raise Refusal("InvalidClientTokenId", "The security token included in the request is invalid.")
        if not signed_with(call, principal.secret):
            raise Refusal(
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. Check your AWS "
                "Secret Access Key and signing method. Consult the service documentation for details.",
            )
        return principal

    def note_use(self, call: AwsCall) -> None:
        """Write down that a key, and the role behind it, was used."""
        key = self._account.iam.access_keys.get(call.key_id)
        if key is None:
            return
        now = as_date(self._clock())
        last = key.last_used
        if last is None or (now - last.timestamp).total_seconds() >= USE_RECORDED_EVERY:
            key.last_used = AccessKeyLastUsed(now, call.service, call.region)
        role = next((role for role in self._account.iam.roles.values() if role.arn == key.role_arn), None)
        if role is not None:
            role.last_used, role.last_used_region = now, call.region

    def about_to_lose(self, call: AwsCall) -> None:
        """Keep a key in mind that this call deletes or makes inactive: it still works for a moment."""
        lingering = self._flicker.propagation.lingering
        gone = call.action == "DeleteAccessKey" or call.params.get("Status") == "Inactive"
        key = self._account.iam.access_keys.get(call.params.get("AccessKeyId", ""))
        if lingering and gone and key is not None and key.status == "Active":
            principal = self._of_user(key)
            if principal is not None:
                self._ghosts[key.access_key_id] = (self._clock() + lingering, principal)

    def just_created(self, call: AwsCall) -> None:
        """Remember to the split second when a key came into being; IAM's own date has whole seconds."""
        user = self._account.iam.users.get(call.params.get("UserName", ""))
        if user is not None and user.access_keys:
            user.access_keys[-1].born_at = self._clock()

    def last_use(self, key_id: str) -> KeyUse | None:
        """Return what is noted of a key's last use."""
        key = self._account.iam.access_keys.get(key_id)
        if key is None or key.last_used is None:
            return None
        used = key.last_used
        return KeyUse(used.timestamp.replace(tzinfo=UTC).timestamp(), used.service, used.region)

    def _accepted(self, call: AwsCall) -> Principal | None:
        key = self._account.iam.access_keys.get(call.key_id)
        if key is None or key.status != "Active":
            return None
        if key.user_name is None:
            return self._of_session(call)
        age = self._clock() - getattr(key, "born_at", key.create_date.replace(tzinfo=UTC).timestamp())
        taken = self._flicker.accepts(call.key_id, call.service, call.region, age)
        return self._of_user(key) if taken else None

    def _lingering(self, key_id: str) -> Principal | None:
        until, principal = self._ghosts.get(key_id, (0.0, None))
        return principal if self._clock() < until else None

    def _of_user(self, key: Any) -> Principal | None:
        user = self._account.iam.users.get(key.user_name)
        if user is None:
            return None
        boundary = None
        if getattr(user, "permissions_boundary", None):
            arn = user.permissions_boundary["PermissionsBoundaryArn"]
            known = self._account.iam.managed_policies.get(arn)
            boundary = _document(known) if known else None
        return Principal(
            arn=user.arn,
            id=user.id,
            secret=Secret(key.secret_access_key),
            documents=_documents(user),
            boundary=boundary,
        )

    def _of_session(self, call: AwsCall) -> Principal | None:
        sessions = sts_backends[self._account.number][PARTITION].assumed_roles
        session = next((each for each in sessions if each.access_key_id == call.key_id), None)
        if session is None:
            return None
        if as_date(self._clock()) >= session.expiration.replace(tzinfo=None):
            raise Refusal("ExpiredToken", "The security token included in the request is expired")
        role = next((role for role in self._account.iam.roles.values() if role.arn == session.role_arn), None)
        if role is None:
            return None
        return Principal(
            arn=session.arn,
            id=session.user_id,
            secret=Secret(session.secret_access_key),
            documents=_documents(role),
            token=session.session_token,
        )


def _documents(holder: Any) -> tuple[Document, ...]:
    managed: Iterable[Any] = holder.managed_policies.values()
    inline = (json.loads(text) for text in holder.policies.values())
    return (*inline, *(_document(policy) for policy in managed))


def _document(policy: Any) -> Document:
    default = next(version for version in policy.versions if version.version_id == policy.default_version_id)
    document: Document = json.loads(default.document)
    return document
