"""IAM users: what a rotation reads and writes of one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cellenics_ci.clients.answers import understood
from cellenics_ci.clients.aws.patience import PatientIam
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.keys import User
from cellenics_ci.model.names import UserName


class IamUsers:
    """IAM users, their tags and inline policies. Every method raises CallFailed only."""

    def __init__(self, iam: PatientIam) -> None:
        self._iam = iam
        self._client = iam.session.iam
        self._client_once = iam.session.iam_once

    @understood
    def get_user(self, name: UserName) -> User | None:
        """Return the user with its tags (GetUser; policies stay None), None where there is no such user."""
        try:
            answer = self._iam.call("iam:GetUser", name, lambda: self._client.get_user(UserName=name))
        except CallFailed as failed:
            if failed.kind is Failure.NOT_FOUND:
                return None
            raise
        return user_of(answer["User"])

    def create_user(self, name: UserName, *, path: str, tags: Mapping[str, str], boundary: str | None) -> None:
        """Create a user with its tags in one call. EXISTS where the name is taken, under any path."""
        arguments: dict[str, Any] = {"UserName": name, "Path": path, "Tags": tag_list(tags)}
        if boundary is not None:
            arguments["PermissionsBoundary"] = boundary
        # botocore's retry after a lost answer would find our own user and call it somebody else's.
        try:
            self._iam.call("iam:CreateUser", name, lambda: self._client_once.create_user(**arguments))
        except CallFailed as failed:
            # It may be there, only not known everywhere yet.
            if failed.maybe_done or failed.kind is Failure.EXISTS:
                self._iam.created(name)
            raise
        self._iam.created(name)

    def tag_user(self, name: UserName, tags: Mapping[str, str]) -> None:
        """Set tags, all in one call; other tags stay."""
        listed: Any = tag_list(tags)
        self._iam.call("iam:TagUser", name, lambda: self._client.tag_user(UserName=name, Tags=listed))

    def untag_user(self, name: UserName, keys: Sequence[str]) -> None:
        """Remove tags by key; absent ones are no error."""
        if not keys:
            return
        self._iam.call("iam:UntagUser", name, lambda: self._client.untag_user(UserName=name, TagKeys=list(keys)))

    def put_policy(self, name: UserName, policy: str, text: str) -> None:
        """Write one inline policy; an existing one of that name is replaced."""
        self._iam.call(
            "iam:PutUserPolicy",
            name,
            lambda: self._client.put_user_policy(UserName=name, PolicyName=policy, PolicyDocument=text),
        )

    def delete_policy(self, name: UserName, policy: str) -> None:
        """Delete one inline policy; an absent one is no error."""
        try:
            self._iam.session.call(
                "iam:DeleteUserPolicy",
                name,
                lambda: self._client.delete_user_policy(UserName=name, PolicyName=policy),
            )
        except CallFailed as failed:
            if failed.kind is not Failure.NOT_FOUND:
                raise

    def delete_user(self, name: UserName) -> None:
        """Delete a user; an absent one is no error. EXISTS where something is still attached to it (DeleteConflict)."""
        try:
            self._iam.call("iam:DeleteUser", name, lambda: self._client.delete_user(UserName=name))
        except CallFailed as failed:
            if failed.kind is not Failure.NOT_FOUND:
                raise


def user_of(answer: Mapping[str, Any]) -> User:
    """Return the User that GetUser and ListUsers describe; their inline policies are not told."""
    return User(
        name=UserName(answer["UserName"]),
        path=answer.get("Path", "/"),
        arn=answer["Arn"],
        created_at=answer["CreateDate"].timestamp(),
        tags=tags_of(answer),
        boundary=boundary_of(answer),
    )


def tags_of(answer: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags in an answer of IAM."""
    return {tag["Key"]: tag["Value"] for tag in answer.get("Tags", [])}


def boundary_of(answer: Mapping[str, Any]) -> str | None:
    """Return the ARN of the permissions boundary in an answer of IAM, None where there is none."""
    arn: str | None = answer.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    return arn


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Return tags as IAM takes them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
