"""What stands in front of moto and makes it as strict as AWS: who asks, may they, and what comes of it."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from typing import Final, NamedTuple
from xml.sax.saxutils import escape

from cellenics_ci.model.names import AccessKeyId
from cellenics_ci.sandbox.aws.account import Account
from cellenics_ci.sandbox.aws.calls import AwsCall, Refusal, read_call
from cellenics_ci.sandbox.aws.moto import dispatch, living_by
from cellenics_ci.sandbox.aws.principals import Principal, Principals
from cellenics_ci.sandbox.loopback import ConnectionDropped, Request, Response

BeforeCall = Callable[[AwsCall], Response | None]
AfterCall = Callable[[AwsCall, Response], Response | None]

_UNSIGNED: Final = frozenset({"sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"})
_XML_CODE: Final = re.compile(rb"<Code>([^<]+)</Code>")


class LoggedCall(NamedTuple):
    """One call and its answer, without anything secret. `target` is the user or role it was about, "" for none.

    Status 0: the connection was dropped. `error` is AWS's error code, "" where there was none.
    """

    name: str
    target: str
    key_id: AccessKeyId
    region: str
    status: int
    error: str
    at: float


class Gate:
    """Answers requests. Hooks run outside moto's lock, so they may wait, answer in place, or drop the connection."""

    def __init__(self, account: Account, principals: Principals) -> None:
        self.account = account
        self.principals = principals
        self.before_call: list[BeforeCall] = []
        self.after_call: list[AfterCall] = []
        self.calls: list[LoggedCall] = []
        self.failures: list[Exception] = []

    def __call__(self, request: Request) -> Response:
        call = read_call(request)
        try:
            response = self._through_hooks(call)
        except ConnectionDropped:
            self._note(call, 0, "")
            raise
        self._note(call, response.status, error_code(call, response))
        return response

    def _through_hooks(self, call: AwsCall) -> Response:
        for before in self.before_call:
            if (instead := before(call)) is not None:
                return instead
        response = self._answer(call)
        for after in self.after_call:
            response = after(call, response) or response
        return response

    def _answer(self, call: AwsCall) -> Response:
        with living_by(self.account.clock):
            try:
                return self._admitted(call)
            except Refusal as refusal:
                return refusal.response(call)
            except Exception as failure:
                self.failures.append(failure)
                return Refusal("ServiceFailure", "The embedded AWS itself failed.", 500).response(call)

    def _admitted(self, call: AwsCall) -> Response:
        if call.name in _UNSIGNED and not call.key_id:
            return dispatch(call, self.account.number)
        principal = self.principals.authenticate(call)
        self.principals.note_use(call)
        if call.name == "sts:GetCallerIdentity":
            return _identity(call, principal, self.account.number)
        self._authorize(call, principal)
        if call.action in ("DeleteAccessKey", "UpdateAccessKey"):
            self.principals.about_to_lose(call)
        response = dispatch(call, self.account.number)
        if call.action == "CreateAccessKey" and response.status == 200:
            self.principals.just_created(call)
        return response

    def _authorize(self, call: AwsCall, principal: Principal) -> None:
        resource = self._resource(call)
        allowed = principal.may(call.name, resource)
        if call.name == "sts:AssumeRole":
            allowed = allowed and self._trusts(resource, principal)
        if not allowed:
            message = (
                f"User: {principal.arn} is not authorized to perform: {call.name} on resource: {resource} "
                f"because no identity-based policy allows the {call.name} action"
            )
            raise Refusal("AccessDenied", message)

    def _resource(self, call: AwsCall) -> str:
        iam = self.account.iam
        if call.action == "AssumeRole":
            return call.params.get("RoleArn", "*")
        for field, things in (("UserName", iam.users), ("RoleName", {r.name: r for r in iam.roles.values()})):
            name = call.params.get(field, "")
            if call.service == "iam" and name:
                path = things[name].path if name in things else call.params.get("Path", "/")
                kind = field.removesuffix("Name").lower()
                return f"arn:aws:iam::{self.account.number}:{kind}{path}{name}"
        if call.service == "ecr" and (repository := _json(call).get("repositoryName")):
            return f"arn:aws:ecr:{call.region}:{self.account.number}:repository/{repository}"
        return "*"

    def _trusts(self, role_arn: str, principal: Principal) -> bool:
        role = next((role for role in self.account.iam.roles.values() if role.arn == role_arn), None)
        if role is None:
            return False
        accepted = {"*", principal.arn, self.account.number, f"arn:aws:iam::{self.account.number}:root"}
        statements = json.loads(role.assume_role_policy_document).get("Statement", [])
        for statement in statements if isinstance(statements, list) else [statements]:
            named = statement.get("Principal", {})
            listed = named.get("AWS", []) if isinstance(named, dict) else named
            if statement.get("Effect") == "Allow" and accepted & set(listed if isinstance(listed, list) else [listed]):
                return True
        return False

    def _note(self, call: AwsCall, status: int, error: str) -> None:
        target = call.params.get("UserName") or call.params.get("RoleName") or ""
        now = self.account.clock()
        self.calls.append(LoggedCall(call.name, target, call.key_id, call.region, status, error, now))


def error_code(call: AwsCall, response: Response) -> str:
    """Return the AWS error code that an answer holds, "" for a success."""
    if response.status < 400:
        return ""
    if call.json:
        try:
            return str(json.loads(response.body).get("__type", "")).rpartition("#")[2]
        except ValueError:
            return ""
    found = _XML_CODE.search(response.body)
    return found.group(1).decode() if found else ""


def _identity(call: AwsCall, principal: Principal, account: str) -> Response:
    body = (
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
        f"<Arn>{escape(principal.arn)}</Arn><UserId>{principal.id}</UserId><Account>{account}</Account>"
        "</GetCallerIdentityResult><ResponseMetadata>"
        f"<RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
    )
    return Response(200, {"Content-Type": "text/xml"}, body.encode())


def _json(call: AwsCall) -> dict[str, object]:
    try:
        value = json.loads(call.request.body or b"{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
