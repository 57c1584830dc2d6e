"""The only wiring: settings become clients, clients become what the features read and write through."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from cellenics_ci.cli.connect_github import connect_github
from cellenics_ci.clients.aws.account import IamAccount
from cellenics_ci.clients.aws.keys import IamKeys
from cellenics_ci.clients.aws.patience import PatientIam
from cellenics_ci.clients.aws.session import AwsSession
from cellenics_ci.clients.aws.sts import PairProver, caller
from cellenics_ci.clients.aws.users import IamUsers
from cellenics_ci.clients.clock import ServerClock
from cellenics_ci.clients.github.discovery import Discovery
from cellenics_ci.clients.github.org_secrets import OrganizationSecrets
from cellenics_ci.clients.github.runs import RepositoryPipelines
from cellenics_ci.clients.github.secrets import RepositorySecrets
from cellenics_ci.clients.github.signin import Login, login
from cellenics_ci.clients.github.transport import Transport
from cellenics_ci.errors import UsageProblem
from cellenics_ci.model.keys import KeyUse
from cellenics_ci.model.names import AccessKeyId
from cellenics_ci.rotation.ports import Ports
from cellenics_ci.run.events import Listener
from cellenics_ci.run.host import Machine
from cellenics_ci.run.interruption import Interruption
from cellenics_ci.settings import Settings
from cellenics_ci.survey.aws import read_last_uses
from cellenics_ci.survey.ports import Readers
from cellenics_ci.survey.world import Survey


@dataclass(frozen=True, slots=True)
class Clients:
    """All that a command reads and writes through, for one organisation and one account."""

    settings: Settings
    aws: AwsSession
    github: Transport
    patient: PatientIam
    interruption: Interruption
    secrets: RepositorySecrets
    """One for the survey and the rotation: what it has listed and fetched need not be asked for again."""

    def now(self) -> float:
        """Return the servers' time in UTC epoch seconds; our own clock may jump, theirs is carried on by ticks."""
        return self.aws.clock.now()

    def login(self) -> Login:
        """Return who we are on GitHub. Raises UsageProblem for a token that certainly can't do the work."""
        found = login(self.github)
        if found.problem:
            raise UsageProblem(found.problem, remedy="Make one with the scope repo (classic), or use the GitHub App.")
        return found

    def readers(self) -> Readers:
        """Return what a survey reads through."""
        org = self.settings.org
        return Readers(
            caller=partial(caller, self.aws),
            account=IamAccount(self.aws),
            keys=IamKeys(self.patient),
            repositories=Discovery(self.github, org),
            secrets=self.secrets,
            organization_secrets=OrganizationSecrets(self.github, org),
        )

    def last_uses(self, survey: Survey) -> Mapping[AccessKeyId, KeyUse | None]:
        """Return the last uses of the keys of users with more than one; unknown ones are None."""
        several = [keys for keys in survey.keys.values() if isinstance(keys, tuple) and len(keys) > 1]
        found = read_last_uses(IamKeys(self.patient), [key.id for keys in several for key in keys])
        return {key: use if isinstance(use, KeyUse) else None for key, use in found.items()}

    def machine(self, listener: Listener) -> Machine:
        """Return the machine we run on, as locks and waits know it."""
        return Machine(self.now, self.interruption, listener)

    def ports(self, machine: Machine) -> Ports:
        """Return all that a rotation touches."""
        org = self.settings.org
        return Ports(
            users=IamUsers(self.patient),
            keys=IamKeys(self.patient),
            prover=PairProver(self.aws),
            secrets=self.secrets,
            pipelines=RepositoryPipelines(self.github, org),
            host=machine,
        )


def connect(settings: Settings, interruption: Interruption) -> Clients:
    """Make the clients; nothing is sent yet for a token. Raises UsageProblem, and CallFailed for an App."""
    aws = AwsSession(
        region=settings.region,
        profile=settings.profile,
        role_arn=settings.role_arn,
        wait=interruption.wait,
        clock=ServerClock(_ticking()),
    )
    github = connect_github(settings, interruption)
    secrets = RepositorySecrets(github, settings.org)
    return Clients(settings, aws, github, PatientIam(aws), interruption, secrets)


def _ticking() -> Callable[[], float]:
    """Return a clock: wall time as it is now, carried on by one that nobody can set."""
    base = time.time() - time.monotonic()
    return lambda: base + time.monotonic()
