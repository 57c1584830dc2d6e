"""Clients of the embedded AWS that know no machine's configuration."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

from cellenics_ci.model.keys import KeyPair
from cellenics_ci.sandbox.aws import CloudServer

# Reading the services' models takes half a second a session: one does for all tests.
SESSION = boto3.Session(region_name="us-east-1")


def client_of(
    cloud: CloudServer, service: str, pair: KeyPair, *, region: str = "us-east-1", token: str | None = None
) -> Any:
    """Make a client of a service with a pair; it never retries."""
    return SESSION.client(  # type: ignore[call-overload]
        service,
        region_name=region,
        endpoint_url=cloud.url,
        aws_access_key_id=pair.id,
        aws_secret_access_key=pair.secret.reveal(),
        aws_session_token=token,
        config=Config(retries={"total_max_attempts": 1}, max_pool_connections=50),
    )
