"""The wiring of push-release and deployments: settings become the releases repository, ECR, and a cluster."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cellenics_ci.cli.connect_github import connect_github
from cellenics_ci.clients.aws.images import Images
from cellenics_ci.clients.aws.session import AwsSession
from cellenics_ci.clients.aws.sts import caller
from cellenics_ci.clients.github.comparing import Comparing
from cellenics_ci.clients.github.git_data import GitData
from cellenics_ci.clients.github.pulls import PullRequests
from cellenics_ci.clients.github.releases_tree import CommitsBetween, ReleasesRepositoryTree
from cellenics_ci.model.flux import FluxView
from cellenics_ci.model.names import RepoName
from cellenics_ci.releases.push import Ports
from cellenics_ci.run.interruption import Interruption
from cellenics_ci.settings import Settings

FLUX: Final = "flux-system"
"""The usual name of Flux's namespace and GitRepository."""


@dataclass(frozen=True, slots=True)
class RealPace:
    """The machine's own time; a wait ends as soon as somebody asks to stop."""

    interruption: Interruption

    def now(self) -> float:
        """Return a time in seconds that never goes back."""
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        """Let time pass. Raises Interrupted."""
        self.interruption.wait(seconds)

    def jitter(self) -> float:
        """Return a number from 0 to 1."""
        return random.random()  # noqa: S311 - nothing secret


def connect_pulls(settings: Settings, repo: RepoName, interruption: Interruption) -> PullRequests:
    """Return what a guard reads, and says. Raises UsageProblem, CallFailed for an App."""
    return PullRequests(connect_github(settings, interruption), settings.org, repo)


def connect_push(settings: Settings, repo: RepoName, interruption: Interruption) -> Ports:
    """Return what a push goes through. Nothing is sent yet for a token. Raises UsageProblem, CallFailed for an App."""
    github = connect_github(settings, interruption)
    return Ports(GitData(github, settings.org, repo), Comparing(github), RealPace(interruption))


@dataclass(frozen=True, slots=True)
class Registry:
    """ECR, for whoever wants to see an image there."""

    aws: AwsSession

    def own(self) -> str:
        """Return the registry of the account and region that we are signed in to. Raises CallFailed."""
        who = caller(self.aws)
        suffix = "amazonaws.com.cn" if self.aws.partition == "aws-cn" else "amazonaws.com"
        return f"{who.account}.dkr.ecr.{self.aws.region}.{suffix}"

    def images(self) -> Images:
        """Return what knows of images."""
        return Images(self.aws)


def connect_registry(settings: Settings, interruption: Interruption) -> Registry:
    """Return ECR; nothing is sent yet. Raises UsageProblem."""
    return Registry(
        AwsSession(
            region=settings.region,
            profile=settings.profile,
            role_arn=settings.role_arn,
            wait=interruption.wait,
        )
    )


@dataclass(frozen=True, slots=True)
class DeploymentReaders:
    """What deployments are read through."""

    tree: ReleasesRepositoryTree
    counter: CommitsBetween
    now: Callable[[], float]


def connect_deployments(settings: Settings, repo: RepoName, interruption: Interruption) -> DeploymentReaders:
    """Return what deployments are read through. Raises UsageProblem, CallFailed for an App."""
    github = connect_github(settings, interruption)
    counter = CommitsBetween(Comparing(github))
    return DeploymentReaders(ReleasesRepositoryTree(github, settings.org, repo), counter, github.clock.now)


def read_cluster(context: str, interruption: Interruption) -> FluxView:
    """Return what Flux says in the cluster of a context. Raises UsageProblem, CallFailed."""
    # Only whoever names a context needs what talks to clusters.
    from cellenics_ci.clients.kube.cluster import connect
    from cellenics_ci.clients.kube.deployed import DeployedReleases

    cluster = connect(context, namespace=FLUX, secret=FLUX, source=FLUX, environ=os.environ, wait=interruption.wait)
    return DeployedReleases(cluster).view()
