"""One AWS session: boto3's own chain of credentials, optionally a role on top, and clients that threads share."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, cast

import botocore.session
from boto3.session import Session
from botocore.client import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    CredentialProvider,
    CredentialResolver,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import BotoCoreError, ProfileNotFound

from cellenics_ci.clients.aws.errors import call_failed
from cellenics_ci.clients.clock import ServerClock
from cellenics_ci.clients.quiet import keep_sdks_quiet
from cellenics_ci.errors import CallFailed, Failure, UsageProblem
from cellenics_ci.model.names import Region

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_sts import STSClient

POOL: Final = 64
"""Connections kept open for each client: as many as the largest wave has workers."""

_log = logging.getLogger(__name__)
_TIMEOUTS: Final[dict[str, Any]] = {"connect_timeout": 5, "read_timeout": 25, "max_pool_connections": POOL}
_PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 8}, tcp_keepalive=True, **_TIMEOUTS)
_ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1}, tcp_keepalive=True, **_TIMEOUTS)
_SESSION_NAME: Final = "cellenics-ci"


class AwsSession:
    """Who we are in AWS, and the clients that speak for us. Clients are made when first asked for and then shared.

    Endpoints are botocore's business: it reads AWS_ENDPOINT_URL itself.
    """

    def __init__(
        self,
        *,
        region: Region,
        profile: str | None = None,
        role_arn: str | None = None,
        wait: Callable[[float], None] = time.sleep,
        clock: ServerClock | None = None,
    ) -> None:
        """Prepare a session; nothing is sent yet. UsageProblem where the profile does not exist."""
        keep_sdks_quiet()
        self.region = region
        self.clock = clock or ServerClock()
        self.wait = wait
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, bool, str], Any] = {}
        self._session = Session(botocore_session=_core_session(profile, role_arn, region), region_name=str(region))
        # No credentials at all: what forgets to bring its own pair fails, instead of proving the operator's.
        self._nobody = Session(botocore_session=_session_without_credentials(), region_name=str(region))

    @property
    def iam(self) -> IAMClient:
        """IAM, with botocore's own retries."""
        return cast("IAMClient", self._client("iam"))

    @property
    def iam_once(self) -> IAMClient:
        """IAM without any retry, for calls that must not be sent twice."""
        return cast("IAMClient", self._client("iam", once=True))

    @property
    def sts(self) -> STSClient:
        """STS at the region's own endpoint."""
        return cast("STSClient", self._client("sts"))

    @property
    def cloudformation(self) -> CloudFormationClient:
        """CloudFormation in the session's region."""
        return cast("CloudFormationClient", self._client("cloudformation"))

    @property
    def ecr(self) -> ECRClient:
        """ECR in the session's region."""
        return cast("ECRClient", self._client("ecr"))

    def ecr_in(self, region: Region) -> ECRClient:
        """ECR in another region, or in the session's own."""
        return cast("ECRClient", self._client("ecr", region=str(region)))

    def ecr_once_in(self, region: Region) -> ECRClient:
        """ECR in a region without any retry, for calls that must not be sent twice."""
        return cast("ECRClient", self._client("ecr", once=True, region=str(region)))

    @property
    def partition(self) -> str:
        """The partition of the session's region: `aws`, `aws-cn`, `aws-us-gov`."""
        try:
            return str(self._session.get_partition_for_region(str(self.region)))
        except BotoCoreError:
            return "aws"

    def client_of_nobody(self, service: str, region: str, on_choose_signer: Callable[..., None]) -> Any:
        """Return a shared client without credentials or retries, whose requests the hook provides with a pair."""
        return self._client(service, once=True, region=region, hook=on_choose_signer)

    def call(self, action: str, subject: str, request: Callable[[], Any]) -> Any:
        """Send one request and return its answer. `action` is IAM's name for it. Raises CallFailed only."""
        started = time.perf_counter()
        try:
            answer = request()
        except Exception as error:
            failed = call_failed(error, action, subject)
            _log.debug("%s %s: %s (%.0f ms)", action, subject, failed.kind, (time.perf_counter() - started) * 1000)
            raise failed from None
        _log.debug("%s %s: done (%.0f ms)", action, subject, (time.perf_counter() - started) * 1000)
        return answer

    def _client(
        self, service: str, *, once: bool = False, region: str = "", hook: Callable[..., None] | None = None
    ) -> Any:
        key = (service, once, f"{region}/nobody" if hook else region)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._create(service, once, region, hook)
            return self._clients[key]

    def _create(self, service: str, once: bool, region: str, hook: Callable[..., None] | None) -> Any:
        session = self._nobody if hook else self._session
        create: Any = session.client
        try:
            client = create(service, region_name=region or str(self.region), config=_ONCE if once else _PATIENT)
        except ValueError as error:
            raise CallFailed(
                Failure.INVALID, "AWS_ENDPOINT_URL is no URL.", remedy="It looks like http://127.0.0.1:5000."
            ) from error
        except BotoCoreError as error:
            raise call_failed(error, service) from None
        client.meta.events.register("after-call", self._read_clock)
        if hook:
            client.meta.events.register("choose-signer", hook)
        return client

    def _read_clock(self, http_response: Any, **_: Any) -> None:
        self.clock.observe(http_response.headers.get("date"))


class _RoleProvider(CredentialProvider):  # type: ignore[misc, unused-ignore]
    """Credentials of a role, assumed with those that the session's own chain finds, and renewed by botocore."""

    METHOD = "cellenics-ci-role"

    def __init__(self, session: botocore.session.Session, role_arn: str, region: Region, source: Any) -> None:
        super().__init__()
        self._session, self._role_arn, self._region, self._source = session, role_arn, region, source

    def load(self) -> Any:
        """Return credentials that assume the role when first used; None where the chain finds nobody to assume it."""
        source = self._source.load_credentials()
        if source is None:
            return None

        def create_client(service: str, **kwargs: Any) -> Any:
            return self._session.create_client(service, region_name=str(self._region), config=_PATIENT, **kwargs)

        fetcher = AssumeRoleCredentialFetcher(
            client_creator=create_client,
            source_credentials=source,
            role_arn=self._role_arn,
            extra_args={"RoleSessionName": _SESSION_NAME},
        )
        return DeferredRefreshableCredentials(refresh_using=fetcher.fetch_credentials, method="assume-role")


def _core_session(profile: str | None, role_arn: str | None, region: Region) -> botocore.session.Session:
    # A profile that is named explicitly switches the environment's keys off; one from AWS_PROFILE does not.
    # Passing the variable's value on as if it had been an option would change boto3's own order.
    explicit = profile if profile != os.environ.get("AWS_PROFILE") else None
    session = botocore.session.Session(profile=explicit)
    try:
        resolver: Any = session.get_component("credential_provider")
        session.get_scoped_config()
    except ProfileNotFound:
        raise UsageProblem(
            f"There is no AWS profile {profile or os.environ.get('AWS_PROFILE')}.",
            remedy="`aws configure list-profiles` lists them.",
        ) from None
    except BotoCoreError as error:
        raise UsageProblem(f"AWS's configuration can't be read ({type(error).__name__}).") from None
    if os.environ.get("AWS_ENDPOINT_URL"):
        # The machine's own role must not sign for a simulator, and waiting for a metadata service is no use there.
        resolver.remove("iam-role")
    if role_arn:
        provider = _RoleProvider(session, role_arn, region, resolver)
        session.register_component("credential_provider", CredentialResolver([provider]))
    return session


def _session_without_credentials() -> botocore.session.Session:
    session = botocore.session.Session()
    session.register_component("credential_provider", CredentialResolver([]))
    return session
