"""The wiring of adopt-oidc: what it reads beside the survey, and what it writes through."""

from __future__ import annotations

from cellenics_ci.cli.compose import Clients
from cellenics_ci.clients.aws.providers import IamProviders
from cellenics_ci.clients.aws.roles import IamRoles
from cellenics_ci.clients.github.org_secrets import OrganizationSecrets
from cellenics_ci.clients.github.runs import RepositoryPipelines
from cellenics_ci.clients.github.subjects import TokenSubjects
from cellenics_ci.clients.github.variables import RepositoryVariables
from cellenics_ci.clients.github.workflow_settings import WorkflowSettings
from cellenics_ci.model.names import RepoName
from cellenics_ci.model.scopes import ACTIONS
from cellenics_ci.oidc.ports import Ports
from cellenics_ci.oidc.survey import AdoptionReaders
from cellenics_ci.run.host import Machine


def adoption_readers(clients: Clients) -> AdoptionReaders:
    """Return what an adoption reads through."""
    github, org = clients.github, clients.settings.org
    shared = OrganizationSecrets(github, org)

    def secret_names(repo: RepoName) -> frozenset[str]:
        return frozenset(clients.secrets.written_at(repo, ACTIONS)) | (shared.seen_by(repo) or frozenset())

    return AdoptionReaders(
        common=clients.readers(),
        roles=IamRoles(clients.patient),
        providers=IamProviders(clients.patient),
        subjects=TokenSubjects(github, org),
        variables=RepositoryVariables(github, org),
        secret_names=secret_names,
        token_default=WorkflowSettings(github, org).token_default,
    )


def adoption_ports(clients: Clients, machine: Machine) -> Ports:
    """Return all that an adoption touches."""
    github, org = clients.github, clients.settings.org
    return Ports(
        roles=IamRoles(clients.patient),
        providers=IamProviders(clients.patient),
        variables=RepositoryVariables(github, org),
        files=RepositoryPipelines(github, org),
        host=machine,
    )
