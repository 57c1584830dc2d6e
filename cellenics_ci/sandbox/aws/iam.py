"""moto's IAM, made to refuse what IAM refuses and to answer by pages."""

from __future__ import annotations

import base64
import secrets
import string
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from moto.core.responses import ActionResult, EmptyResult
from moto.iam.models import User
from moto.iam.policy_validation import IAMPolicyDocumentValidator

from cellenics_ci.sandbox.aws import limits
from cellenics_ci.sandbox.aws.calls import Refusal
from cellenics_ci.sandbox.aws.roles import TrueRoles

PAGE_SIZE: Final = 100
"""Items a page where a call does not say (API reference, MaxItems)."""
_SECRET_LETTERS: Final = string.ascii_letters + string.digits + "+/"
_DETAIL_LISTS: Final = {
    "User": "UserDetailList",
    "Group": "GroupDetailList",
    "Role": "RoleDetailList",
    "LocalManagedPolicy": "Policies",
    "AWSManagedPolicy": "Policies",
}

T = TypeVar("T")


def _name(user: Any) -> str:
    return str(user.name)


def new_secret() -> str:
    """Return a secret access key. Real ones have + and / in them, which moto's never do."""
    return "".join(secrets.choice(_SECRET_LETTERS) for _ in range(40))


class TrueIam(TrueRoles):
    """One IAM call. moto makes an object of this for each."""

    def create_user(self) -> ActionResult:
        name, path = self._get_param("UserName"), self._get_param("Path") or "/"
        limits.check_name("userName", name, limits.USER_NAME_LIMIT)
        limits.check_path(path)
        limits.check_tags(self._get_param("Tags", []), {})
        boundary = self._boundary()
        # IAM keeps the capitals of a name but does not tell them from small letters.
        if name.lower() in {known.lower() for known in self.backend.users}:
            raise Refusal("EntityAlreadyExists", f"User with name {name} already exists.", 409)
        answer = super().create_user()
        self._user(name).permissions_boundary = boundary
        return answer

    def delete_user(self) -> ActionResult:
        name = self._get_param("UserName")
        user = self._user(name)
        groups = any(name in {member.name for member in group.users} for group in self.backend.groups.values())
        # What has to go before a user can (API reference, DeleteUser), as far as moto has it.
        for attached, what in (
            (user.access_keys, "delete access keys"),
            (user.policies, "delete policies"),
            (user.managed_policies, "detach all policies"),
            (user.password, "delete login profile"),
            (groups, "remove users from group"),
        ):
            if attached:
                raise Refusal("DeleteConflict", f"Cannot delete entity, must {what} first.", 409)
        return super().delete_user()

    def put_user_permissions_boundary(self) -> ActionResult:
        """PutUserPermissionsBoundary, which moto does not have."""
        self._user(self._get_param("UserName")).permissions_boundary = self._boundary()
        return EmptyResult()

    def delete_user_permissions_boundary(self) -> ActionResult:
        """DeleteUserPermissionsBoundary, which moto does not have."""
        self._user(self._get_param("UserName")).permissions_boundary = None
        return EmptyResult()

    def tag_user(self) -> ActionResult:
        user, new = self._user(self._get_param("UserName")), self._get_param("Tags", [])
        present = self.backend.tagger.get_tag_dict_for_resource(user.arn)
        limits.check_tags(new, present)
        given = {tag["Key"].lower() for tag in new}
        renamed = [key for key in present if key.lower() in given]
        self.backend.tagger.untag_resource_using_names(user.arn, renamed)
        return super().tag_user()

    def put_user_policy(self) -> ActionResult:
        user = self._user(self._get_param("UserName"))
        name, text = self._get_param("PolicyName"), self._get_param("PolicyDocument")
        limits.check_name("policyName", name, limits.POLICY_NAME_LIMIT)
        limits.check_policy_text(text)
        IAMPolicyDocumentValidator(text).validate()
        quota = self.backend.get_account_summary().summary_map["UserPolicySizeQuota"]
        limits.check_policy_sizes(user.name, (user.policies | {name: text}).values(), quota)
        return super().put_user_policy()

    def create_access_key(self) -> ActionResult:
        answer = super().create_access_key()
        created: Any = answer.result
        created["AccessKey"].secret_access_key = new_secret()
        return answer

    def update_access_key(self) -> ActionResult:
        if self._get_param("Status") not in ("Active", "Inactive"):
            raise Refusal("ValidationError", "Member must satisfy enum value set: [Active, Inactive]", 400)
        return super().update_access_key()

    def get_access_key_last_used(self) -> ActionResult:
        key_id = self._get_param("AccessKeyId")
        if key_id not in self.backend.access_keys:
            # What IAM says of a key that is not there: it can't tell whose it would be.
            raise Refusal(
                "AccessDenied",
                f"User is not authorized to perform: iam:GetAccessKeyLastUsed on resource: access key {key_id}",
            )
        key = self.backend.access_keys[key_id]
        used: dict[str, Any] = {"Region": "N/A", "ServiceName": "N/A"}
        if key.last_used is not None:
            used = {
                "LastUsedDate": key.last_used.timestamp,
                "Region": key.last_used.region,
                "ServiceName": key.last_used.service,
            }
        return ActionResult({"UserName": key.user_name, "AccessKeyLastUsed": used})

    def list_users(self) -> ActionResult:
        found: Any = super().list_users().result
        users, more = self._page(list(found["Users"]), _name)
        return ActionResult({"Users": users} | more)

    def get_account_authorization_details(self) -> ActionResult:
        kinds = self._get_param("Filter", []) or list(_DETAIL_LISTS)
        everything = self.backend.get_account_authorization_details(kinds)
        found: list[tuple[str, Any]] = []
        for kind, source in (("User", "users"), ("Group", "groups"), ("Role", "roles")):
            found += [(_DETAIL_LISTS[kind], item) for item in everything[source]]
        found += [("Policies", item) for item in everything["managed_policies"]]
        page, more = self._page(found, lambda row: f"{row[0]}/{row[1].name}")
        result: dict[str, Any] = {name: [] for name in _DETAIL_LISTS.values()}
        for name, item in page:
            result[name].append(item)
        return ActionResult(result | more)

    def _page(self, items: Sequence[T], name: Callable[[T], str]) -> tuple[list[T], dict[str, Any]]:
        size = int(self._get_param("MaxItems") or getattr(self.backend, "page_size", PAGE_SIZE))
        start, marker = 0, self._get_param("Marker")
        if marker:
            names = [base64.urlsafe_b64encode(name(item).encode()).decode() for item in items]
            if marker not in names:
                raise Refusal("ValidationError", "Invalid Marker.", 400)
            start = names.index(marker)
        rest = items[start + size :]
        if not rest:
            return list(items[start:]), {"IsTruncated": False}
        next_marker = base64.urlsafe_b64encode(name(rest[0]).encode()).decode()
        return list(items[start : start + size]), {"IsTruncated": True, "Marker": next_marker}

    def _user(self, name: str | None) -> Any:
        user: User | None = self.backend.users.get(name or "")
        if user is None:
            raise Refusal("NoSuchEntity", f"The user with name {name} cannot be found.", 404)
        return user

    def _boundary(self) -> dict[str, str] | None:
        arn = self._get_param("PermissionsBoundary")
        if not arn:
            return None
        if arn not in self.backend.managed_policies and ":iam::aws:policy/" not in arn:
            raise Refusal("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.", 404)
        return {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
