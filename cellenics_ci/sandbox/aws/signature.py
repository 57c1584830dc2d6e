"""Signature version 4, checked by signing the same request again with the secret that belongs to the key."""

from __future__ import annotations

import hmac
import re
from typing import Any, Final

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from cellenics_ci.model.secret import Secret
from cellenics_ci.sandbox.aws.calls import AwsCall

_SIGNED: Final = re.compile(r"SignedHeaders=([^,\s]+)")
_SIGNATURE: Final = re.compile(r"Signature=([0-9a-f]+)")


def signed_with(call: AwsCall, secret: Secret) -> bool:
    """Say whether the call's signature was made with this secret.

    The time of signing is not compared with ours: tests move their clocks.
    """
    authorization = call.request.headers.get("authorization", "")
    names, signature = _SIGNED.search(authorization), _SIGNATURE.search(authorization)
    timestamp = call.request.headers.get("x-amz-date")
    if not names or not signature or not timestamp:
        return False
    headers = {name: call.request.headers.get(name, "") for name in names.group(1).split(";")}
    host = call.request.headers.get("host", "")
    again: Any = AWSRequest(call.request.method, f"http://{host}{call.request.target}", headers, call.request.body)
    again.context["timestamp"] = timestamp
    signer = SigV4Auth(Credentials(call.key_id, secret.reveal()), call.service, call.region)
    text = signer.string_to_sign(again, signer.canonical_request(again))
    return hmac.compare_digest(signer.signature(text, again), signature.group(1))
