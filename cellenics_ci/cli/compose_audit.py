"""The wiring of audit: settings become what is read of GitHub, of AWS, and of a cluster. Nothing here can write."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial

from cellenics_ci.audit.ports import AuditReaders, ClusterReader
from cellenics_ci.cli.connect_github import connect_github
from cellenics_ci.clients.aws.account import IamAccount
from cellenics_ci.clients.aws.details import IamDetails
from cellenics_ci.clients.aws.keys import IamKeys
from cellenics_ci.clients.aws.passwords import ConsolePasswords
from cellenics_ci.clients.aws.patience import PatientIam
from cellenics_ci.clients.aws.registries import Registries
from cellenics_ci.clients.aws.session import AwsSession
from cellenics_ci.clients.aws.sts import caller
from cellenics_ci.clients.clock import ServerClock
from cellenics_ci.clients.github.deploy_key_discovery import DeployKeyDiscovery
from cellenics_ci.clients.github.discovery import Discovery
from cellenics_ci.clients.github.members import Members
from cellenics_ci.clients.github.org_secrets import OrganizationSecrets
from cellenics_ci.clients.github.secrets import RepositorySecrets
from cellenics_ci.run.interruption import Interruption
from cellenics_ci.settings import Settings

FLUX = "flux-system"
"""The usual name of Flux's namespace, Secret and GitRepository."""


def connect_audit(settings: Settings, context: str | None, interruption: Interruption) -> AuditReaders:
    """Return what an audit reads through. Raises UsageProblem, and CallFailed.

    Nothing is sent yet with a token; an App signs in.
    """
    aws = AwsSession(
        region=settings.region,
        profile=settings.profile,
        role_arn=settings.role_arn,
        wait=interruption.wait,
        clock=ServerClock(_ticking()),
    )
    github, org = connect_github(settings, interruption), settings.org
    return AuditReaders(
        caller=partial(caller, aws),
        account=IamAccount(aws),
        details=IamDetails(aws),
        keys=IamKeys(PatientIam(aws)),
        passwords=ConsolePasswords(aws),
        registries=Registries(aws),
        repositories=Discovery(github, org),
        secrets=RepositorySecrets(github, org),
        organization_secrets=OrganizationSecrets(github, org),
        deploy_keys=DeployKeyDiscovery(github, org),
        members=Members(github, org),
        now=aws.clock.now,
        cluster=None if context is None else _cluster(context, interruption),
    )


def _cluster(context: str, interruption: Interruption) -> ClusterReader:
    # Only an audit with a context needs what talks to clusters.
    from cellenics_ci.clients.kube.cluster import connect

    return connect(context, namespace=FLUX, secret=FLUX, source=FLUX, environ=os.environ, wait=interruption.wait)


def _ticking() -> Callable[[], float]:
    """Return a clock: wall time as it is now, carried on by one that nobody can set."""
    base = time.time() - time.monotonic()
    return lambda: base + time.monotonic()
