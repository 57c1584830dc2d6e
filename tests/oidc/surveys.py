"""Surveys of one repository, made by hand: what planning an adoption starts from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cellenics_ci.model.keys import Caller
from cellenics_ci.model.names import AccountId, OrgName, Region, RepoName, ci_role_name
from cellenics_ci.model.oidc import Owner, Provider, SubjectSetting
from cellenics_ci.model.repositories import WorkflowFile
from cellenics_ci.model.roles import Role, RoleQuotas
from cellenics_ci.oidc.plan import Choices, Plan, make_plan
from cellenics_ci.oidc.survey import AdoptionSurvey
from cellenics_ci.oidc.target import Prepared
from cellenics_ci.privileges.declaration import Declaration, SourceFile
from cellenics_ci.privileges.parse import read_declaration
from cellenics_ci.survey.github import Status, SurveyedRepository
from cellenics_ci.survey.world import Survey

ORG, REPO, OWNER = OrgName("acme"), RepoName("api"), Owner("acme", 5)
ROLE = ci_role_name(REPO)
ISSUER = "token.actions.githubusercontent.com"
ACCOUNT = AccountId("123456789012")
PROVIDER_ARN = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
CALLER = Caller(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/ada", None, "aws")
MASTER, PULLS, DEV = (
    f"repo:acme/api:{rest}" for rest in ("ref:refs/heads/master", "pull_request", "ref:refs/heads/dev")
)
PLAIN = SubjectSetting(prefix="repo:acme/api", immutable=False)

KEY_WORKFLOW = """\
name: CI
on:
  push:
    branches: [master]
  pull_request:
jobs:
  build:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
      - uses: aws-actions/configure-aws-credentials@v4
        with:
          aws-access-key-id: ${{ secrets.AWS_ACCESS_KEY_ID }}
          aws-secret-access-key: ${{ secrets.AWS_SECRET_ACCESS_KEY }}
          aws-region: us-east-1
      - run: make push
"""


def allow(*actions: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*"}


def declared(trust: str = "", **policies: Any) -> Declaration:
    """Return what a file with these policies (lists of actions) declares; `trust` is the text of ci-trust."""
    entries = [
        {"PolicyName": name, "PolicyDocument": {"Version": "2012-10-17", "Statement": [allow(*actions)]}}
        for name, actions in (policies or {"push": ["ecr:PutImage"]}).items()
    ]
    text = f"ci-policies: {json.dumps(entries)}\n" + (f"ci-trust: {trust}\n" if trust else "")
    reading = read_declaration(SourceFile(".ci.yaml", text, len(text)))
    assert isinstance(reading, Declaration), reading
    return reading


def survey(
    declaration: Declaration | None = None,
    *,
    role: Role | None = None,
    workflow: str | None = KEY_WORKFLOW,
    repository: Mapping[str, Any] | None = None,
    secrets: Mapping[Any, Any] | None = None,
    **fields: Any,
) -> AdoptionSurvey:
    """Return the survey of one repository. `workflow` None: it has none; `fields` are those of AdoptionSurvey."""
    plain = SurveyedRepository(
        REPO,
        7,
        Status.DECLARES,
        declaration=declaration or declared(),
        ci_file_id="blob",
        permission="ADMIN",
        default_branch="master",
    )
    found = replace(plain, **(repository or {}))
    world = Survey(
        caller=CALLER,
        user_policy_quota=2048,
        old_stack=False,
        repositories={found.name: found},
        selected=(found.name,),
        users={},
        users_whole=True,
        unreadable_users={},
        keys={},
        secrets={found.name: secrets or {}},
        organization_secrets={},
    )
    files = () if workflow is None else (WorkflowFile("ci.yaml", workflow),)
    made = AdoptionSurvey(
        world=world,
        files={found.name: files},
        owner=OWNER,
        organization=SubjectSetting(),
        issuer=ISSUER,
        provider_arn=PROVIDER_ARN,
        provider=Provider(ISSUER, ("sts.amazonaws.com",)),
        quotas=RoleQuotas(),
        roles={ci_role_name(found.name): role},
        settings={found.name: PLAIN},
        variables={found.name: {}},
        secret_names={found.name: frozenset()},
        token_defaults={found.name: "read"},
    )
    return replace(made, **fields)


def plan(made: AdoptionSurvey, choices: Choices | None = None) -> Plan:
    return make_plan(made, choices or Choices(), org=ORG, login="ada", region=Region("us-east-1"))


def prepared(made: AdoptionSurvey, choices: Choices | None = None) -> Prepared:
    """Return the one repository of a plan that has something to do."""
    found = plan(made, choices)
    assert len(found.planned) == 1, found.left_out
    return found.planned[0]


def reason(made: AdoptionSurvey, choices: Choices | None = None) -> str:
    """Return why the one repository is left out."""
    found = plan(made, choices)
    assert len(found.left_out) == 1, found.planned
    return found.left_out[0].reason
