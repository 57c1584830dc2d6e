"""What an adoption reads beside the common survey: roles, the provider, subjects' forms, names of variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from cellenics_ci.model.names import RepoName, RoleName, ci_role_name
from cellenics_ci.model.oidc import Owner, Provider, SubjectSetting
from cellenics_ci.model.repositories import WorkflowFile
from cellenics_ci.model.roles import Role, RoleQuotas
from cellenics_ci.oidc.ports import ProviderStore, RoleReader, SubjectReader, VariableStore
from cellenics_ci.survey.aws import Unreadable, or_reason
from cellenics_ci.survey.keeping import KeepingFiles
from cellenics_ci.survey.pool import reading_pool
from cellenics_ci.survey.ports import Readers
from cellenics_ci.survey.reading import Progress
from cellenics_ci.survey.selection import Selection
from cellenics_ci.survey.world import Survey, take_survey
from cellenics_ci.workflows.permissions import TokenDefault

T = TypeVar("T")

Names: TypeAlias = frozenset[str]


@dataclass(frozen=True, slots=True)
class AdoptionReaders:
    """All that is read through. `secret_names` are those that a repository's workflows see.

    `token_default` says what their GITHUB_TOKEN may do, None where that may not be asked.
    """

    common: Readers
    roles: RoleReader
    providers: ProviderStore
    subjects: SubjectReader
    variables: VariableStore
    secret_names: Callable[[RepoName], Names]
    token_default: Callable[[RepoName], TokenDefault | None]


@dataclass(frozen=True, slots=True)
class AdoptionSurvey:
    """The world as it was read. By name; what could not be read is there as Unreadable.

    `provider` is None where the account has none for `issuer`. `roles` (None where there is none) and `settings` have
    the selected repositories that declare privileges; `variables`, `secret_names` and `token_defaults` those of them
    whose workflows read, or may read, a key.
    """

    world: Survey
    files: Mapping[RepoName, tuple[WorkflowFile, ...] | None]
    owner: Owner
    organization: SubjectSetting | None
    issuer: str
    provider_arn: str
    provider: Provider | None
    quotas: RoleQuotas
    roles: Mapping[RoleName, Role | Unreadable | None]
    settings: Mapping[RepoName, SubjectSetting | Unreadable | None]
    variables: Mapping[RepoName, Mapping[str, str] | Unreadable]
    secret_names: Mapping[RepoName, Names | Unreadable]
    token_defaults: Mapping[RepoName, TokenDefault | Unreadable | None]


def take_adoption_survey(
    readers: AdoptionReaders, selection: Selection, issuer: str, *, progress: Progress
) -> AdoptionSurvey:
    """Read the world. Raises CallFailed where nothing can be said at all, UsageProblem as a survey does."""
    kept = KeepingFiles(readers.common.repositories)
    common = Readers(
        caller=readers.common.caller,
        account=readers.common.account,
        keys=readers.common.keys,
        repositories=kept,
        secrets=readers.common.secrets,
        organization_secrets=readers.common.organization_secrets,
    )
    world = take_survey(common, selection, progress=progress)
    repositories = [repo.name for repo in world.declaring()]
    caller = world.caller
    arn = f"arn:{caller.partition}:iam::{caller.account}:oidc-provider/{issuer}"
    with reading_pool() as pool:
        owner, organization = pool.submit(readers.subjects.owner), pool.submit(readers.subjects.organization)
        provider = pool.submit(readers.providers.get, arn)
        quotas = pool.submit(lambda: or_reason(readers.roles.quotas))
        roles = _each(pool, [ci_role_name(repo) for repo in repositories], readers.roles.get_role)
        progress("roles", sum(isinstance(role, Role) for role in roles.values()))
        settings = _each(pool, repositories, readers.subjects.repository)
        # Only a patch needs these, and only where a key is read is there one to make.
        moving = [repo.name for repo in world.declaring() if repo.workflows.reads_pair is not False]
        variables = _each(pool, moving, readers.variables.values)
        secrets = _each(pool, moving, readers.secret_names)
        token_defaults = _each(pool, moving, readers.token_default)
        allowed = quotas.result()
        return AdoptionSurvey(
            world=world,
            files=kept.files,
            owner=owner.result(),
            organization=organization.result(),
            issuer=issuer,
            provider_arn=arn,
            provider=provider.result(),
            quotas=RoleQuotas() if isinstance(allowed, Unreadable) else allowed,
            roles=roles,
            settings=settings,
            variables=variables,
            secret_names=secrets,
            token_defaults=token_defaults,
        )


K = TypeVar("K", bound=str)


def _each(pool: Executor, names: list[K], read: Callable[[K], T]) -> dict[K, T | Unreadable]:
    def one(name: K) -> T | Unreadable:
        return or_reason(lambda: read(name))

    return dict(zip(names, pool.map(one, names), strict=True))
