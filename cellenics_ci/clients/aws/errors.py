"""What an AWS error means, by its code, as a CallFailed that carries neither request nor answer."""

from __future__ import annotations

import re
from typing import Any, Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigParseError,
    CredentialRetrievalError,
    HTTPClientError,
    MetadataRetrievalError,
    NoAuthTokenError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)
from botocore.exceptions import ConnectionError as NoConnection

from cellenics_ci.errors import CallFailed, Failure

_SIGN_IN: Final = "Sign in again (for example `aws sso login`); `aws sts get-caller-identity` shows who you are."
_KINDS: Final[dict[str, Failure]] = {
    "AccessDenied": Failure.DENIED,
    "AccessDeniedException": Failure.DENIED,
    "AuthorizationError": Failure.DENIED,
    "UnauthorizedOperation": Failure.DENIED,
    "OptInRequired": Failure.DENIED,
    "UnmodifiableEntity": Failure.DENIED,
    "NoSuchEntity": Failure.NOT_FOUND,
    "RepositoryNotFoundException": Failure.NOT_FOUND,
    "LifecyclePolicyNotFoundException": Failure.NOT_FOUND,
    "EntityAlreadyExists": Failure.EXISTS,
    "RepositoryAlreadyExistsException": Failure.EXISTS,
    "DeleteConflict": Failure.EXISTS,
    "LimitExceeded": Failure.LIMIT,
    "LimitExceededException": Failure.LIMIT,
    "MalformedPolicyDocument": Failure.INVALID,
    "InvalidInput": Failure.INVALID,
    "ValidationError": Failure.INVALID,
    "ValidationException": Failure.INVALID,
    "InvalidParameterValue": Failure.INVALID,
    "InvalidParameterException": Failure.INVALID,
    "KmsException": Failure.INVALID,
    "InvalidClientTokenId": Failure.UNAUTHENTICATED,
    "UnrecognizedClientException": Failure.UNAUTHENTICATED,
    "SignatureDoesNotMatch": Failure.UNAUTHENTICATED,
    "InvalidSignatureException": Failure.UNAUTHENTICATED,
    "IncompleteSignature": Failure.UNAUTHENTICATED,
    "MissingAuthenticationToken": Failure.UNAUTHENTICATED,
    "MissingAuthenticationTokenException": Failure.UNAUTHENTICATED,
    "AuthFailure": Failure.UNAUTHENTICATED,
    "InvalidAccessKeyId": Failure.UNAUTHENTICATED,
    "ExpiredToken": Failure.UNAUTHENTICATED,
    "ExpiredTokenException": Failure.UNAUTHENTICATED,
    "RequestExpired": Failure.UNAUTHENTICATED,
    "TooManyRequestsException": Failure.THROTTLED,
    "RequestLimitExceeded": Failure.THROTTLED,
    "SlowDown": Failure.THROTTLED,
    # Refused for the moment only, nothing has happened.
    "ConcurrentModification": Failure.THROTTLED,
    "EntityTemporarilyUnmodifiable": Failure.THROTTLED,
}
_CODE: Final = re.compile(r"[\w.:#/-]{1,80}")
_ABSENT: Final = (NoCredentialsError, PartialCredentialsError, NoAuthTokenError)
_EXPIRED: Final = (SSOError, TokenRetrievalError, CredentialRetrievalError, MetadataRetrievalError)
_REMEDIES: Final[dict[Failure, str]] = {
    Failure.UNAUTHENTICATED: _SIGN_IN,
    Failure.THROTTLED: "AWS limits the rate of calls in this account: run the command again in a minute.",
    Failure.UNKNOWN: "Check the connection, then run the command again: it finishes what was begun.",
}
_CLOCK: Final = frozenset({"SignatureDoesNotMatch", "InvalidSignatureException", "RequestExpired"})


def call_failed(error: Exception, action: str, subject: str = "") -> CallFailed:
    """Return what a botocore exception means. `action` is IAM's own name (`iam:CreateUser`), `subject` a user's."""
    what = f"{action} for {subject}" if subject else action
    if isinstance(error, ClientError):
        if action and not action.endswith(f":{error.operation_name}"):
            # Fetching the credentials failed (AssumeRole, SSO), before what was asked for was even sent.
            action = what = f"sts:{error.operation_name}"
        return _refused(error, action, what)
    if isinstance(error, _ABSENT):
        return CallFailed(
            Failure.UNAUTHENTICATED,
            "No AWS credentials were found.",
            remedy="Sign in (for example `aws sso login`), name a profile with --profile, or set AWS_PROFILE.",
        )
    if isinstance(error, _EXPIRED):
        return CallFailed(
            Failure.UNAUTHENTICATED, "The AWS credentials have expired or can't be fetched.", remedy=_SIGN_IN
        )
    if isinstance(error, (HTTPClientError, NoConnection, OSError)):
        return CallFailed(
            Failure.UNKNOWN, f"AWS did not answer {what} ({type(error).__name__}).", remedy=_REMEDIES[Failure.UNKNOWN]
        )
    if isinstance(error, ConfigParseError):
        return CallFailed(
            Failure.UNAUTHENTICATED, "AWS's configuration file can't be read.", remedy="Look at ~/.aws/config."
        )
    if isinstance(error, ParamValidationError):
        return CallFailed(Failure.INVALID, f"{what} was not sent: botocore refuses its parameters.")
    if isinstance(error, BotoCoreError):
        # An answer that can't be parsed is one of these too: what it said is not known.
        return CallFailed(Failure.UNKNOWN, f"{what} ended in {type(error).__name__}.")
    return CallFailed(Failure.UNKNOWN, f"{what} failed in an unforeseen way ({type(error).__name__}).")


def error_code(error: ClientError) -> str:
    """Return the code of an AWS error, "" where the answer had none: a gateway's page in its place is none."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    return code if _CODE.fullmatch(code) else ""


def _refused(error: ClientError, action: str, what: str) -> CallFailed:
    code = error_code(error)
    metadata: Any = error.response.get("ResponseMetadata", {})
    status = int(metadata.get("HTTPStatusCode", 0))
    kind = _KINDS.get(code) or _kind_by_status(code, status)
    sentence = f"AWS refused {what}: {code or status}."
    if kind is Failure.UNKNOWN:
        sentence = f"AWS could not tell the outcome of {what}: {code or status}."
    elif kind is Failure.INVALID and code:
        # IAM's message names the fault in a policy or tag; nothing that these calls send is secret.
        sentence = f"AWS refused {what}: {str(error.response.get('Error', {}).get('Message', code))[:300]}"
    remedy = _REMEDIES.get(kind, "")
    if kind is Failure.DENIED:
        remedy = f"Allow {action} to the identity that runs this; docs/security-model.md has the least policy."
    if code in _CLOCK:
        remedy = f"Check this machine's clock and the secret key; AWS's clock says {_date(metadata)}. {_SIGN_IN}"
    return CallFailed(kind, sentence, remedy=remedy)


def _kind_by_status(code: str, status: int) -> Failure:
    if code.startswith("Throttl") or status == 429:
        return Failure.THROTTLED
    if status >= 500 or status < 400:
        return Failure.UNKNOWN
    return {401: Failure.UNAUTHENTICATED, 403: Failure.DENIED, 404: Failure.NOT_FOUND}.get(status, Failure.INVALID)


def _date(metadata: Any) -> str:
    return str(metadata.get("HTTPHeaders", {}).get("date", "something else"))
