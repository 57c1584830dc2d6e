"""One AWS call as it arrives, which service, action and key it names, and how AWS words a refusal."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

from cellenics_ci.model.names import AccessKeyId, Region
from cellenics_ci.sandbox.loopback import Request, Response

_CREDENTIAL: Final = re.compile(r"Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
_NAMESPACES: Final = {
    "iam": "https://iam.amazonaws.com/doc/2010-05-08/",
    "sts": "https://sts.amazonaws.com/doc/2011-06-15/",
    "cloudformation": "http://cloudformation.amazonaws.com/doc/2010-05-15/",
}
_JSON_CODES: Final = {
    "InvalidClientTokenId": ("UnrecognizedClientException", 400),
    "SignatureDoesNotMatch": ("InvalidSignatureException", 400),
    "AccessDenied": ("AccessDeniedException", 400),
    "MissingAuthenticationToken": ("MissingAuthenticationTokenException", 400),
    "ExpiredToken": ("ExpiredTokenException", 400),
    "Throttling": ("ThrottlingException", 400),
}
"""The same refusals as JSON services word them ("Common error types" of each service's API reference)."""


@dataclass(frozen=True, slots=True)
class AwsCall:
    """A request, read. `key_id` is "" for an unsigned one; `params` are the form's, empty for JSON services."""

    request: Request
    service: str
    action: str
    key_id: AccessKeyId
    region: Region
    params: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """The call as the IAM documentation names actions: `iam:CreateAccessKey`."""
        return f"{self.service}:{self.action}"

    @property
    def json(self) -> bool:
        """Whether the service speaks JSON rather than XML."""
        return "x-amz-target" in self.request.headers


class Refusal(Exception):
    """What AWS answers instead of doing the call: its error code, its message and the HTTP status."""

    def __init__(self, code: str, message: str, status: int = 403) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    def response(self, call: AwsCall) -> Response:
        """Return the refusal in the form that the called service gives it."""
        request_id = str(uuid.uuid4())
        if call.json:
            code, status = _JSON_CODES.get(self.code, (self.code, self.status))
            body = json.dumps({"__type": code, "message": self.message})
            headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": request_id}
            return Response(status, headers, body.encode())
        namespace = _NAMESPACES.get(call.service, "")
        body = (
            f'<ErrorResponse xmlns="{namespace}"><Error><Type>{"Sender" if self.status < 500 else "Receiver"}</Type>'
            f"<Code>{self.code}</Code><Message>{escape(self.message)}</Message></Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
        return Response(self.status, {"Content-Type": "text/xml", "x-amzn-RequestId": request_id}, body.encode())


def read_call(request: Request) -> AwsCall:
    """Return the call that a request is. Nothing is refused here: what can't be read is left empty."""
    found = _CREDENTIAL.search(request.headers.get("authorization", ""))
    key_id, region, service = found.groups() if found else ("", "us-east-1", "")
    params: dict[str, str] = {}
    target = request.headers.get("x-amz-target", "")
    if not target:
        form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        text = request.body.decode("utf-8", "replace") if form else urlsplit(request.target).query
        params = dict(parse_qsl(text, keep_blank_values=True))
    action = target.rpartition(".")[2] or params.get("Action", "")
    if not service and action.startswith("AssumeRoleWith"):
        # These two are unsigned by design: the proof is in the token that they carry.
        service = "sts"
    return AwsCall(request, service, action, AccessKeyId(key_id), Region(region), params)
