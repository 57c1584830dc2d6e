"""Snapshots for tests: a repository `ui` that is as it should be, and the ways in which it may not be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from cellenics_ci.audit.findings import DAY, Limits
from cellenics_ci.audit.snapshot import (
    ClusterFacts,
    Danger,
    PolicyFacts,
    RepositoryFacts,
    Snapshot,
    UserFacts,
    Written,
)
from cellenics_ci.model.cluster import ClusterName, GitSource
from cellenics_ci.model.deploy_keys import DeployKey, PublicKey
from cellenics_ci.model.keys import AccessKey, Caller, KeyUse, User
from cellenics_ci.model.names import (
    PAIR_NAMES,
    AccessKeyId,
    AccountId,
    OrgName,
    Region,
    RepoName,
    UserName,
    ci_role_name,
    ci_user_name,
)
from cellenics_ci.model.repositories import CiFile, Repository, WorkflowFile
from cellenics_ci.model.roles import Role
from cellenics_ci.model.scopes import ACTIONS, Scope
from cellenics_ci.privileges.compare import compare
from cellenics_ci.privileges.resolve import resolve
from cellenics_ci.survey.aws import Unreadable
from cellenics_ci.survey.github import surveyed

NOW: Final = 1_800_000_000.0
ORG: Final = OrgName("acme")
REGION: Final = Region("us-east-1")
UI: Final = RepoName("ui")
CALLER: Final = Caller(AccountId("123456789012"), "arn:aws:iam::123456789012:user/ada", "acme", "aws")
LIMITS: Final = Limits(now=NOW)
KEY: Final = AccessKeyId("AKIAUIUIUIUIUIUIUIUI")
SECOND: Final = AccessKeyId("AKIASECONDSECONDSECO")
CI_YAML: Final = """\
ci-policies:
  - PolicyName: push
    PolicyDocument:
      Version: 2012-10-17
      Statement:
        - {Effect: Allow, Action: [ecr:PutImage], Resource: "*"}
"""
PUSH: Final[Mapping[str, Any]] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["ecr:PutImage"], "Resource": "*"}],
}
READS_KEY: Final = "env: {A: '${{ secrets.AWS_ACCESS_KEY_ID }}', T: '${{ secrets.API_TOKEN_GITHUB }}'}"
ASSUMES_ROLE: Final = "with: {role-to-assume: arn:aws:iam::123456789012:role/ci-role-ui}"
PUBLIC: Final = tuple(
    PublicKey.parse(f"ssh-ed25519 {blob}")
    for blob in (
        "AAAAC3NzaC1lZDI1NTE5AAAAIBLyDz6Z3rMlNGyH2HhJyGmSvsGzzX1uBmTqOqZpZmYI",
        "AAAAC3NzaC1lZDI1NTE5AAAAIDc8R4mzYxS4W9Bq0B7b4Jr9X1c4dGZ3mE6yVn7L5u2Q",
    )
)


def ago(days: float) -> int:
    """Return the moment so many days ago."""
    return int(NOW - days * DAY)


def repository(
    name: str = UI,
    *,
    ci_yaml: str | None = CI_YAML,
    workflow: str | None = READS_KEY,
    environments: tuple[str, ...] = (),
    **settings: Any,
) -> RepositoryFacts:
    """Return a repository with its pair, written ten days ago."""
    files = () if ci_yaml is None else (CiFile(".ci.yaml", "1", ci_yaml, len(ci_yaml)),)
    found = Repository(
        RepoName(name),
        7,
        permission="ADMIN",
        default_branch="master",
        ci_files=files,
        workflows=(WorkflowFile("ci.yaml", workflow),),
        environments=environments,
        **settings,
    )
    facts = RepositoryFacts(surveyed(found), secrets={ACTIONS: pair(10)}, deploy_keys=())
    declaration = facts.surveyed.declaration
    if declaration is None:
        return facts
    declared = resolve(declaration, region=REGION, account=CALLER.account, partition="aws")
    return replace(facts, policies=PolicyFacts(declared, REGION, (), compare(declared, {"push": PUSH})))


def with_secrets(facts: RepositoryFacts, secrets: Mapping[Scope, Written | Unreadable]) -> RepositoryFacts:
    """Return a repository with other secrets."""
    return replace(facts, secrets=secrets)


def pair(days: float) -> dict[str, int]:
    """Return both halves of a pair, written so many days ago."""
    return dict.fromkeys(PAIR_NAMES, ago(days))


def key(days: float, id_: AccessKeyId = KEY, *, active: bool = True) -> AccessKey:
    """Return an access key that was made so many days ago."""
    return AccessKey(id_, active, float(ago(days)))


def user(name: str = UI, *keys: AccessKey, used: float | None = 1, **settings: Any) -> UserFacts:
    """Return a CI user; without keys one that is ten days old. All its keys were used so many days ago, or never."""
    listed = keys or (key(10),)
    plain = User(
        name=UserName(ci_user_name(RepoName(name))),
        path=settings.pop("path", f"/ci-users/{name}/"),
        arn=f"arn:aws:iam::123456789012:user/ci-user-{name}",
        created_at=ago(500),
        tags=settings.pop("tags", {}),
        policies=settings.pop("policies", {"push": PUSH}),
        attached=settings.pop("attached", ()),
    )
    use = None if used is None else KeyUse(float(ago(used)), "ecr", "us-east-1")
    defaults: dict[str, Any] = {"keys": listed, "uses": {each.id: use for each in listed}, "password": False}
    return UserFacts(plain, RepoName(name), **(defaults | settings))


def snapshot(
    *parts: RepositoryFacts | UserFacts | ClusterFacts, known: tuple[str, ...] = (), **settings: Any
) -> Snapshot:
    """Return a whole snapshot of these parts; without any, of `ui` as it should be."""
    chosen = parts or (repository(), user())
    repositories = {each.name: each for each in chosen if isinstance(each, RepositoryFacts)}
    defaults: dict[str, Any] = {
        "caller": CALLER,
        "listing": True,
        "account": True,
        "repositories": repositories,
        "known_names": frozenset({*repositories, *map(RepoName, known)}),
        "users": {each.name: each for each in chosen if isinstance(each, UserFacts)},
        "roles": {},
        "organization_secrets": {},
        "members": frozenset({"ada"}),
        "registries": {REGION: frozenset({"ui"})},
        "cluster": next((each for each in chosen if isinstance(each, ClusterFacts)), None),
        "complete": True,
    }
    return Snapshot(ORG, REGION, NOW, **(defaults | settings))


def deploy_key(
    title: str = "flux-system-master-flux-system-./staging", *, id_: int = 1, age: float = 10, **settings: Any
) -> DeployKey:
    """Return a deploy key of ada's that Flux has used today."""
    defaults: dict[str, Any] = {"read_only": True, "added_by": "ada", "last_used": float(ago(0)), "public": PUBLIC[0]}
    return DeployKey(id_, title, created_at=float(ago(age)), **(defaults | settings))


def releases(*keys: DeployKey) -> RepositoryFacts:
    """Return the repository that Flux reads, with these deploy keys."""
    bare = repository("releases", ci_yaml=None, workflow="")
    return replace(bare, secrets=None, deploy_keys=keys)


def cluster(**settings: Any) -> ClusterFacts:
    """Return a cluster that holds the first public key, and whose Flux is content."""
    url = "ssh://git@github.com/acme/releases"
    source = GitSource(url, "master", "flux-system", 1, ready=True, ready_for=1)
    name = ClusterName("staging", "https://cluster", "flux-system", "flux-system", "flux-system")
    defaults: dict[str, Any] = {"fingerprint": PUBLIC[0].fingerprint, "source": source, "automations": ()}
    return ClusterFacts(name, **(defaults | settings))


def trusting(subject: str) -> dict[str, Any]:
    """Return a trust policy for the tokens of GitHub's workflows with this subject."""
    host = "token.actions.githubusercontent.com"
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{host}"},
        "Condition": {"StringEquals": {f"{host}:aud": "sts.amazonaws.com"}, "StringLike": {f"{host}:sub": subject}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


ROLE: Final = Role(
    ci_role_name(UI),
    "arn:aws:iam::123456789012:role/ci-role-ui",
    NOW - 100 * DAY,
    trusting("repo:acme/ui*"),
    {"push": PUSH},
)
EVERYTHING: Final = Danger("push", "it allows every action on every resource", everything=True)
ESCALATION: Final = Danger("push", "`iam:PassRole` on any role")
