"""The way into moto: its answers for one call, without its web server, and by our own clock.

moto's server routes each call twice and lists its own folders while it does; handing the call to the service's
response class straight away takes about half the time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from io import BytesIO
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import moto.core.responses
import moto.ecr.models
import moto.iam.models
import moto.sts.models
from moto.core.request import Request as MotoRequest
from moto.core.responses import BaseResponse
from moto.core.utils import method_names_from_class
from moto.ecr.responses import ECRResponse
from moto.sts.responses import TokenResponse

from cellenics_ci.sandbox.aws.calls import AwsCall, Refusal
from cellenics_ci.sandbox.aws.iam import TrueIam
from cellenics_ci.sandbox.loopback import Response

LOCK: Final = threading.RLock()
"""moto's state is the whole process's, and so is its clock: one call at a time."""


class _Now:
    clock: Callable[[], float] | None = None


def _utcnow() -> datetime:
    at = datetime.now(UTC) if _Now.clock is None else datetime.fromtimestamp(_Now.clock(), UTC)
    # IAM's dates have whole seconds; moto's are naive.
    return at.replace(tzinfo=None, microsecond=0)


def _note_nothing(**_: Any) -> None:
    """Stand in for moto's own note of a key's use: ours keeps to the 15 minutes of the real one."""


for _module in (moto.iam.models, moto.sts.models, moto.ecr.models):
    setattr(_module, "utcnow", _utcnow)  # noqa: B010 - moto's modules do not export the name
setattr(moto.iam.models, "mark_account_as_visited", _note_nothing)  # noqa: B010
# Listing a class's methods anew is a quarter of what a call costs.
setattr(moto.core.responses, "method_names_from_class", lru_cache(method_names_from_class))  # noqa: B010


@contextmanager
def living_by(clock: Callable[[], float]) -> Iterator[None]:
    """Hold moto's state, with this clock as the time."""
    with LOCK:
        before, _Now.clock = _Now.clock, clock
        try:
            yield
        finally:
            _Now.clock = before


def dispatch(call: AwsCall, account: str) -> Response:
    """Return moto's answer to a call for one account. Raises Refusal for what moto can't do."""
    request = MotoRequest(_environ(call, account))
    try:
        status, headers, body = _responder(call.service).dispatch(request)
    except NotImplementedError:
        raise Refusal("InvalidAction", f"The sandbox does not know {call.name}.", 400) from None
    sent = {name: str(value) for name, value in headers.items() if name.lower() not in ("date", "status")}
    return Response(int(status), sent, body.encode() if isinstance(body, str) else bytes(body))


def _responder(service: str) -> type[BaseResponse]:
    if service == "cloudformation":
        # Seldom asked for, and it imports every service that a stack can hold.
        from moto.cloudformation.responses import CloudFormationResponse

        return CloudFormationResponse
    known: dict[str, type[BaseResponse]] = {"iam": TrueIam, "sts": TokenResponse, "ecr": ECRResponse}
    if service not in known:
        raise Refusal("InvalidAction", f"The sandbox has no service {service or '(unsigned call)'}.", 400)
    return known[service]


def _environ(call: AwsCall, account: str) -> dict[str, Any]:
    parts = urlsplit(call.request.target)
    # moto reads the region from the host's name.
    host = f"{call.service}.{call.region}.amazonaws.com"
    environ: dict[str, Any] = {
        "REQUEST_METHOD": call.request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(parts.path) or "/",
        "QUERY_STRING": parts.query,
        "SERVER_NAME": host,
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "https",
        "wsgi.input": BytesIO(call.request.body),
    }
    for name, value in call.request.headers.items():
        environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
    return environ | {
        "HTTP_HOST": host,
        "HTTP_X_MOTO_ACCOUNT_ID": account,
        "CONTENT_TYPE": call.request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(call.request.body)),
    }
