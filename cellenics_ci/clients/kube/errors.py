"""What a cluster's refusals mean. Of an answer only the status is ever kept.

A real API server's 422 on a Secret quotes the whole Secret, private key and all, in `status.message` (measured).
"""

from __future__ import annotations

import json
from typing import Final

import httpx2
from lightkube.core.exceptions import ConfigError

from cellenics_ci.errors import CallFailed, Failure

_KINDS: Final = {
    401: Failure.UNAUTHENTICATED,
    403: Failure.DENIED,
    404: Failure.NOT_FOUND,
    409: Failure.CONFLICT,
    429: Failure.THROTTLED,
}
_AGAIN: Final = "Check the connection to the cluster, then run the command again."


def failure_of(error: Exception, what: str, *, role: str, exec_plugin: str | None) -> CallFailed:
    """Return what an exception of lightkube or httpx means. `what` is the call in kubectl's words (`get secret x`).

    `role` is shown where a right is missing. The caller must raise the result from None.
    """
    if isinstance(error, httpx2.HTTPStatusError) and error.response is not None:
        return _refused(error.response.status_code, what, role)
    if isinstance(error, ConfigError | json.JSONDecodeError | KeyError | FileNotFoundError | PermissionError):
        plugin = f"The exec plugin {exec_plugin}" if exec_plugin else "What the kubeconfig names to sign in with"
        return CallFailed(
            Failure.UNAUTHENTICATED,
            f"{plugin} gave no token.",
            remedy="Run it by hand, or any kubectl command, to see why; then try again.",
        )
    return CallFailed(Failure.UNKNOWN, f"The cluster did not answer {what} ({type(error).__name__}).", remedy=_AGAIN)


def _refused(status: int, what: str, role: str) -> CallFailed:
    if status >= 500:
        return CallFailed(Failure.UNKNOWN, f"The cluster could not answer {what}: {status}.", remedy=_AGAIN)
    kind = _KINDS.get(status, Failure.INVALID)
    sentence = f"The cluster refused {what}: {status}."
    if kind is Failure.DENIED:
        return CallFailed(kind, sentence, remedy=f"It takes this Role in the cluster, bound to you:\n{role}")
    if kind is Failure.UNAUTHENTICATED:
        return CallFailed(kind, sentence, remedy="Sign in again, as your kubeconfig has it (aws sso login?).")
    if kind is Failure.CONFLICT:
        return CallFailed(kind, "Somebody else has changed the object meanwhile.", remedy="Run the command again.")
    return CallFailed(kind, sentence)
