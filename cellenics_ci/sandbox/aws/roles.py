"""moto's IAM of roles and identity providers, made to refuse what IAM refuses."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.iam.policy_validation import IAMPolicyDocumentValidator, IAMTrustPolicyDocumentValidator
from moto.iam.responses import IamResponse

from cellenics_ci.sandbox.aws import limits
from cellenics_ci.sandbox.aws.calls import Refusal


class TrueRoles(IamResponse):
    """One IAM call about a role or an identity provider."""

    def create_role(self) -> ActionResult:
        name, path = self._get_param("RoleName"), self._get_param("Path") or "/"
        limits.check_name("roleName", name, limits.ROLE_NAME_LIMIT)
        limits.check_path(path)
        limits.check_tags(self._get_param("Tags", []), {})
        self._check_trust(name, self._get_param("AssumeRolePolicyDocument"))
        # IAM keeps the capitals of a name but does not tell them from small letters.
        if name.lower() in {role.name.lower() for role in self.backend.roles.values()}:
            raise Refusal("EntityAlreadyExists", f"Role with name {name} already exists.", 409)
        return super().create_role()

    def update_assume_role_policy(self) -> ActionResult:
        self._check_trust(self._get_param("RoleName"), self._get_param("PolicyDocument"))
        return super().update_assume_role_policy()

    def update_role(self) -> ActionResult:
        """UpdateRole: what is not given stays as it is."""
        role = self.backend.get_role(self._get_param("RoleName"))
        role.description = self._get_param("Description", role.description)
        role.max_session_duration = self._get_param("MaxSessionDuration", role.max_session_duration)
        return EmptyResult()

    def tag_role(self) -> ActionResult:
        role = self.backend.get_role(self._get_param("RoleName"))
        limits.check_tags(self._get_param("Tags", []), {tag["Key"]: tag["Value"] for tag in role.tags})
        return super().tag_role()

    def put_role_policy(self) -> ActionResult:
        role = self.backend.get_role(self._get_param("RoleName"))
        name, text = self._get_param("PolicyName"), self._get_param("PolicyDocument")
        limits.check_name("policyName", name, limits.POLICY_NAME_LIMIT)
        limits.check_policy_text(text)
        IAMPolicyDocumentValidator(text).validate()
        limits.check_policy_sizes(
            role.name, (role.policies | {name: text}).values(), limits.ROLE_POLICY_QUOTA, kind="role"
        )
        return super().put_role_policy()

    def add_client_id_to_open_id_connect_provider(self) -> ActionResult:
        """AddClientIDToOpenIDConnectProvider, which moto does not have."""
        provider: Any = self.backend.get_open_id_connect_provider(self._get_param("OpenIDConnectProviderArn"))
        audience = self._get_param("ClientID")
        if audience not in provider.client_id_list:
            provider.client_id_list.append(audience)
        return EmptyResult()

    def _check_trust(self, role: str, text: str) -> None:
        limits.check_policy_text(text)
        IAMTrustPolicyDocumentValidator(text).validate()
        if limits.policy_size(text) > limits.TRUST_QUOTA:
            raise Refusal("LimitExceeded", f"Cannot exceed quota for ACLSizePerRole: {limits.TRUST_QUOTA}", 409)
