"""The clients are what commands ask for: mypy checks it here, and a run checks that each method is there."""

from __future__ import annotations

import inspect

import pytest

from cellenics_ci.clients.aws.keys import IamKeys
from cellenics_ci.clients.aws.providers import IamProviders
from cellenics_ci.clients.aws.roles import IamRoles
from cellenics_ci.clients.aws.sts import PairProver
from cellenics_ci.clients.aws.users import IamUsers
from cellenics_ci.clients.github.discovery import Discovery
from cellenics_ci.clients.github.runs import RepositoryPipelines
from cellenics_ci.clients.github.secrets import RepositorySecrets
from cellenics_ci.clients.github.subjects import TokenSubjects
from cellenics_ci.clients.github.variables import RepositoryVariables
from cellenics_ci.oidc import ports as oidc
from cellenics_ci.retirement import ports as retirement
from cellenics_ci.rotation.ports import KeyStore, Pipelines, Prover, SecretStore, UserStore
from cellenics_ci.run.user_calls import DatedSecrets, GoingKeys, TaggedUsers

USERS: type[UserStore] = IamUsers
KEYS: type[KeyStore] = IamKeys
PROVER: type[Prover] = PairProver
SECRETS: type[SecretStore] = RepositorySecrets
PIPELINES: type[Pipelines] = RepositoryPipelines
RETIRED_USERS: type[retirement.UserStore] = IamUsers
RETIRED_KEYS: type[retirement.KeyStore] = IamKeys
RETIRED_SECRETS: type[retirement.SecretStore] = RepositorySecrets
REPOSITORIES: type[retirement.RepositoryLook] = Discovery
ROLES: type[oidc.RoleStore] = IamRoles
PROVIDERS: type[oidc.ProviderStore] = IamProviders
SUBJECTS: type[oidc.SubjectReader] = TokenSubjects
VARIABLES: type[oidc.VariableStore] = RepositoryVariables
FILES: type[oidc.FileReader] = RepositoryPipelines
PAIRS: list[tuple[type, type]] = [
    (TaggedUsers, USERS),
    (GoingKeys, KEYS),
    (DatedSecrets, SECRETS),
    (retirement.UserStore, RETIRED_USERS),
    (retirement.KeyStore, RETIRED_KEYS),
    (retirement.SecretStore, RETIRED_SECRETS),
    (retirement.RepositoryLook, REPOSITORIES),
    (oidc.RoleReader, IamRoles),
    (oidc.RoleStore, ROLES),
    (oidc.ProviderStore, PROVIDERS),
    (oidc.SubjectReader, SUBJECTS),
    (oidc.VariableStore, VARIABLES),
    (oidc.FileReader, FILES),
    (UserStore, USERS),
    (KeyStore, KEYS),
    (Prover, PROVER),
    (SecretStore, SECRETS),
    (Pipelines, PIPELINES),
]


@pytest.mark.parametrize(("port", "client"), PAIRS, ids=lambda each: each.__name__)
def test_a_client_has_every_method_of_its_port(port: type, client: type) -> None:
    wanted = {name: inspect.signature(method) for name, method in vars(port).items() if not name.startswith("_")}
    assert wanted
    for name, signature in wanted.items():
        assert list(inspect.signature(getattr(client, name)).parameters) == list(signature.parameters)
