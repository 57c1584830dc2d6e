"""The wiring of retire-ci: what it reads of users beside the survey, and what it writes through."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from cellenics_ci.cli.compose import Clients
from cellenics_ci.clients.aws.details import IamDetails
from cellenics_ci.clients.aws.keys import IamKeys
from cellenics_ci.clients.aws.passwords import ConsolePasswords
from cellenics_ci.clients.aws.users import IamUsers
from cellenics_ci.clients.github.discovery import Discovery
from cellenics_ci.clients.github.runs import RepositoryPipelines
from cellenics_ci.model.github import WorkflowRun
from cellenics_ci.model.names import RepoName, UserName
from cellenics_ci.model.roles import AccountDetails
from cellenics_ci.retirement.frame import Extras
from cellenics_ci.retirement.ports import Ports
from cellenics_ci.run.host import Machine
from cellenics_ci.survey.aws import Unreadable, or_reason, read_last_uses
from cellenics_ci.survey.world import Survey

_SIDE_BY_SIDE: Final = 16

K = TypeVar("K")
T = TypeVar("T")


def read_extras(clients: Clients, survey: Survey, users: Sequence[UserName]) -> Extras:
    """Return what of these users a survey does not have. What may not be read is missing, and never stands for fine."""
    keys = [keys for user in users if isinstance(keys := survey.keys.get(user, ()), tuple)]
    passwords = ConsolePasswords(clients.aws)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(or_reason, IamDetails(clients.aws).read)
        uses = read_last_uses(IamKeys(clients.patient), [key.id for each in keys for key in each])
        has_password = _each(users, passwords.has_password)
        details = asked.result()
    known = details if isinstance(details, AccountDetails) else None
    return Extras(
        uses=uses,
        groups=known.groups if known else None,
        passwords={user: found for user, found in has_password.items() if not isinstance(found, Unreadable)},
        roles=known.roles if known else None,
    )


def read_failed_runs(clients: Clients, since: Mapping[RepoName, float]) -> Mapping[RepoName, tuple[WorkflowRun, ...]]:
    """Return the runs of repositories that failed since a moment, for those where there are any."""
    pipelines = RepositoryPipelines(clients.github, clients.settings.org)
    found = _each(tuple(since), lambda repo: pipelines.failed_runs(repo, since[repo]))
    return {repo: runs for repo, runs in found.items() if runs and not isinstance(runs, Unreadable)}


def retirement_ports(clients: Clients, machine: Machine) -> Ports:
    """Return all that a retirement touches."""
    return Ports(
        users=IamUsers(clients.patient),
        keys=IamKeys(clients.patient),
        secrets=clients.secrets,
        repositories=Discovery(clients.github, clients.settings.org),
        host=machine,
    )


def _each(names: Sequence[K], read: Callable[[K], T]) -> dict[K, T | Unreadable]:
    if not names:
        return {}
    with ThreadPoolExecutor(min(_SIDE_BY_SIDE, len(names))) as pool:
        return dict(zip(names, pool.map(lambda name: or_reason(lambda: read(name)), names), strict=True))
