"""The access keys of IAM users."""

from __future__ import annotations

from collections.abc import Callable

from cellenics_ci.clients.answers import understood
from cellenics_ci.clients.aws.patience import PatientIam
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.keys import AccessKey, KeyPair, KeyUse
from cellenics_ci.model.names import AccessKeyId, UserName
from cellenics_ci.model.secret import Secret


class IamKeys:
    """Access keys: listed, created, deactivated, deleted. Every method raises CallFailed only."""

    def __init__(self, iam: PatientIam) -> None:
        self._iam = iam
        self._session = iam.session
        self._client = iam.session.iam
        self._client_once = iam.session.iam_once

    @understood
    def list_access_keys(self, name: UserName) -> tuple[AccessKey, ...]:
        """Return the user's keys, active or not, oldest first; an absent user has none."""
        try:
            answer = self._session.call(
                "iam:ListAccessKeys", name, lambda: self._client.list_access_keys(UserName=name)
            )
        except CallFailed as failed:
            if failed.kind is Failure.NOT_FOUND:
                return ()
            raise
        keys = (
            AccessKey(AccessKeyId(key["AccessKeyId"]), key["Status"] == "Active", key["CreateDate"].timestamp())
            for key in answer["AccessKeyMetadata"]
        )
        return tuple(sorted(keys, key=lambda key: (key.created_at, key.id)))

    @understood
    def last_used(self, key: AccessKeyId) -> KeyUse | None:
        """Return the key's last recorded use, None where none is recorded."""
        try:
            answer = self._session.call(
                "iam:GetAccessKeyLastUsed", "", lambda: self._client.get_access_key_last_used(AccessKeyId=key)
            )
        except CallFailed as failed:
            if failed.kind is Failure.NOT_FOUND:
                return None
            raise
        use = answer.get("AccessKeyLastUsed", {})
        if "LastUsedDate" not in use:
            return None
        return KeyUse(use["LastUsedDate"].timestamp(), use.get("ServiceName", ""), use.get("Region", ""))

    @understood
    def create_access_key(self, name: UserName) -> KeyPair:
        """Create a key. Never repeated after a lost answer: after UNKNOWN it may exist. LIMIT where the user has two.

        Only refusals that certainly had no effect (throttled, the user not known yet) are waited out.
        """
        answer = self._iam.call("iam:CreateAccessKey", name, lambda: self._client_once.create_access_key(UserName=name))
        key = answer["AccessKey"]
        return KeyPair(AccessKeyId(key["AccessKeyId"]), Secret(key["SecretAccessKey"]))

    def deactivate_access_key(self, name: UserName, key: AccessKeyId) -> None:
        """Make a key inactive; an absent one is no error."""
        self._unless_absent(
            "iam:UpdateAccessKey",
            name,
            lambda: self._client.update_access_key(UserName=name, AccessKeyId=key, Status="Inactive"),
        )

    def activate_access_key(self, name: UserName, key: AccessKeyId) -> None:
        """Make a key active. NOT_FOUND where it is gone."""
        self._session.call(
            "iam:UpdateAccessKey",
            name,
            lambda: self._client.update_access_key(UserName=name, AccessKeyId=key, Status="Active"),
        )

    def delete_access_key(self, name: UserName, key: AccessKeyId) -> None:
        """Delete a key; an absent one is no error."""
        self._unless_absent(
            "iam:DeleteAccessKey", name, lambda: self._client.delete_access_key(UserName=name, AccessKeyId=key)
        )

    def _unless_absent(self, action: str, name: UserName, request: Callable[[], object]) -> None:
        try:
            self._session.call(action, name, request)
        except CallFailed as failed:
            if failed.kind is not Failure.NOT_FOUND:
                raise
