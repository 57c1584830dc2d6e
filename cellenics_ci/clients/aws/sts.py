"""Who we are, and whether a new pair is accepted: STS, and ECR's token as the harmless call."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from botocore.credentials import Credentials

from cellenics_ci.clients.answers import understood
from cellenics_ci.clients.aws.session import AwsSession
from cellenics_ci.errors import CallFailed
from cellenics_ci.model.keys import Caller, KeyPair
from cellenics_ci.model.names import AccountId, Region

_GLOBAL: Final = "aws-global"
"""botocore's name for the endpoint sts.amazonaws.com, signed as us-east-1."""


@understood
def caller(session: AwsSession) -> Caller:
    """Return who the session is (GetCallerIdentity), with the account's alias where that may be read."""
    identity = session.call("sts:GetCallerIdentity", "", session.sts.get_caller_identity)
    try:
        aliases = session.call("iam:ListAccountAliases", "", session.iam.list_account_aliases)["AccountAliases"]
    except CallFailed:
        aliases = []
    return Caller(
        account=AccountId(identity["Account"]),
        arn=identity["Arn"],
        alias=aliases[0] if aliases else None,
        partition=identity["Arn"].split(":")[1],
    )


class PairProver:
    """Tries new pairs against AWS, one attempt a call and without retries. Safe for several threads.

    A client a pair costs some 30 ms and a megabyte each. All pairs go through one client an endpoint instead,
    which has no credentials of its own: a hook hands it the pair of the calling thread when a request is signed.
    """

    def __init__(self, session: AwsSession) -> None:
        self._session = session
        self._pair = threading.local()

    @understood
    def identity(self, pair: KeyPair, region: Region | None) -> str:
        """Return the ARN that GetCallerIdentity answers, at the region's endpoint or the global one (None).

        UNAUTHENTICATED or DENIED while AWS does not accept the pair. Partitions other than `aws` have no global
        endpoint: there the session's region answers.
        """
        anywhere = _GLOBAL if self._session.partition == "aws" else str(self._session.region)
        client = self._client("sts", str(region or anywhere))
        with self._signed_by(pair):
            answer = self._session.call("sts:GetCallerIdentity", "", client.get_caller_identity)
        return str(answer["Arn"])

    def registry_token(self, pair: KeyPair, region: Region) -> None:
        """Ask ECR for an authorization token and throw it away: the harmless call that pipelines make first."""
        client = self._client("ecr", str(region))
        with self._signed_by(pair):
            self._session.call("ecr:GetAuthorizationToken", "", client.get_authorization_token)

    def _client(self, service: str, region: str) -> Any:
        return self._session.client_of_nobody(service, region, self._hand_out)

    @contextmanager
    def _signed_by(self, pair: KeyPair) -> Iterator[None]:
        self._pair.credentials = Credentials(pair.id, pair.secret.reveal())
        try:
            yield
        finally:
            self._pair.credentials = None

    def _hand_out(self, context: dict[str, Any], region_name: str, **_: Any) -> None:
        # botocore signs with `request_credentials` where a request's signing context has them (signers.py).
        signing = {**context.get("signing", {}), "request_credentials": self._pair.credentials}
        if region_name == _GLOBAL:
            # Behind AWS_ENDPOINT_URL botocore would sign for a region that does not exist.
            signing["region"] = "us-east-1"
        context["signing"] = signing
