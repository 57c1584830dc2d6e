"""The wiring of rotate-deploy-key: settings become what is read of GitHub and of a cluster, and written to them."""

from __future__ import annotations

import os
from dataclasses import dataclass

from cellenics_ci.cli.connect_github import connect_github
from cellenics_ci.clients.github.deploy_keys import RepositoryKeys, ssh_hosts
from cellenics_ci.clients.github.signin import login
from cellenics_ci.clients.github.transport import Transport
from cellenics_ci.clients.kube.cluster import KubeCluster, connect
from cellenics_ci.clients.ssh import SshProver
from cellenics_ci.deploykeys.ports import Cluster, Ports
from cellenics_ci.deploykeys.survey import GitHubSide
from cellenics_ci.logins import TokenLogin
from cellenics_ci.model.deploy_keys import Proof, PublicKey, SshAddress
from cellenics_ci.model.names import RepoName
from cellenics_ci.model.secret import Secret
from cellenics_ci.run.events import Listener
from cellenics_ci.run.host import Machine
from cellenics_ci.run.interruption import Interruption
from cellenics_ci.run.together import in_background, unless_interrupted
from cellenics_ci.settings import Settings

SSH_URL: str = "CELLENICS_SSH_URL"
"""Set by the sandbox: where its GitHub is reached by SSH, up to the organisation (`ssh://user@host:port`)."""


@dataclass(frozen=True, slots=True)
class PatientProver:
    """Tries keys over SSH, and is left alone as soon as somebody asks to stop: a firewall may let it hang."""

    prover: SshProver
    interruption: Interruption

    def prove(self, private: Secret, address: SshAddress, *, host_keys: tuple[PublicKey, ...], branch: str) -> Proof:
        """Return what the key can do there. Raises CallFailed, and Interrupted."""
        return unless_interrupted(
            self.interruption,
            lambda: self.prover.prove(private, address, host_keys=host_keys, branch=branch),
        )


@dataclass(frozen=True, slots=True)
class DeployKeyClients:
    """All that the command reads and writes through, for one repository."""

    settings: Settings
    repo: RepoName
    github: Transport
    keys: RepositoryKeys
    prover: PatientProver
    interruption: Interruption

    def now(self) -> float:
        """Return GitHub's time in UTC epoch seconds."""
        return self.github.clock.now()

    def read(self) -> GitHubSide:
        """Return the repository's side of a survey, read side by side."""
        who, facts = in_background(login, self.github), in_background(self.keys.repository)
        allowed, listed = in_background(self.keys.keys_allowed), in_background(self.keys.list_keys)
        host_keys = in_background(self.keys.host_keys)
        person, repository = who.result(), facts.result()
        return GitHubSide(
            org=self.settings.org,
            repo=self.repo,
            login=person.name,
            personal=person.person and isinstance(self.settings.github, TokenLogin),
            branch=repository.branch,
            keys=listed.result(),
            host_keys=host_keys.result(),
            ssh_hosts=ssh_hosts(self.settings.github_api_url),
            keys_allowed=allowed.result(),
            archived=repository.archived,
        )

    def cluster(self, context: str | None, *, namespace: str, secret: str, source: str) -> KubeCluster:
        """Return the cluster of a context, None meaning the current one. Raises UsageProblem."""
        return connect(
            context,
            namespace=namespace,
            secret=secret,
            source=source,
            environ=os.environ,
            wait=self.interruption.wait,
        )

    def address(self) -> SshAddress:
        """Return where the repository is reached by SSH, as a GitRepository would have it."""
        place = os.environ.get(SSH_URL)
        if place is None:
            # The one for the standard port, where there are two.
            host = min(ssh_hosts(self.settings.github_api_url), key=len)
            place = f"ssh://git@{host}"
        return SshAddress.parse(f"{place}/{self.settings.org}/{self.repo}")

    def machine(self, listener: Listener) -> Machine:
        """Return the machine we run on, as claims and waits know it."""
        return Machine(self.now, self.interruption, listener)

    def ports(self, cluster: Cluster, machine: Machine) -> Ports:
        """Return all that a rotation touches."""
        return Ports(keys=self.keys, prover=self.prover, cluster=cluster, host=machine)


def connect_deploy_key(settings: Settings, repo: RepoName, interruption: Interruption) -> DeployKeyClients:
    """Make the clients; nothing is sent yet for a token. Raises UsageProblem, and CallFailed for an App."""
    github = connect_github(settings, interruption)
    keys = RepositoryKeys(github, settings.org, repo)
    prover = PatientProver(SshProver(), interruption)
    return DeployKeyClients(settings, repo, github, keys, prover, interruption)
