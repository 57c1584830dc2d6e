"""The wiring of ensure-ecr: settings become ECR, and where other repositories' `.ci.yaml` is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from cellenics_ci.cli.connect_github import connect_github
from cellenics_ci.clients.aws.registries import Registries
from cellenics_ci.clients.aws.session import AwsSession
from cellenics_ci.clients.aws.sts import caller
from cellenics_ci.clients.github import rest_discovery
from cellenics_ci.model.keys import Caller
from cellenics_ci.model.names import RepoName
from cellenics_ci.model.repositories import CiFile
from cellenics_ci.run.interruption import Interruption
from cellenics_ci.settings import Settings


@dataclass(frozen=True, slots=True)
class RegistryClients:
    """ECR, and who we are there. All of it raises CallFailed."""

    registries: Registries
    caller: Callable[[], Caller]


def connect_registries(settings: Settings, interruption: Interruption) -> RegistryClients:
    """Return ECR; nothing is sent yet. Raises UsageProblem."""
    aws = AwsSession(
        region=settings.region,
        profile=settings.profile,
        role_arn=settings.role_arn,
        wait=interruption.wait,
    )
    return RegistryClients(Registries(aws), partial(caller, aws))


def connect_ci_files(settings: Settings, interruption: Interruption) -> Callable[[RepoName], tuple[CiFile, ...]]:
    """Return what reads a repository's CI files from GitHub. Raises UsageProblem, CallFailed for an App."""
    return partial(rest_discovery.ci_files, connect_github(settings, interruption), settings.org)
