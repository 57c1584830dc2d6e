"""Surveys of one repository, made by hand: what planning starts from."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cellenics_ci.model.keys import AccessKey, Caller, User
from cellenics_ci.model.names import AccessKeyId, AccountId, OrgName, Region, RepoName, ci_user_name
from cellenics_ci.model.scopes import ACTIONS, DEPENDABOT, PairDates, Scope, environment_scope
from cellenics_ci.privileges.declaration import Declaration, SourceFile
from cellenics_ci.privileges.parse import read_declaration
from cellenics_ci.rotation.target import Frame
from cellenics_ci.survey.github import Status, SurveyedRepository
from cellenics_ci.survey.workflows import WorkflowFacts
from cellenics_ci.survey.world import Survey
from tests.rotation.memory import PATH, START

NOW = START
DAY = 86_400.0
API = RepoName("api")
USER = ci_user_name(API)
OLD, NEW = AccessKeyId("AKIA000000000000OLD1"), AccessKeyId("AKIA000000000000NEW2")
STAGING = environment_scope("staging")
WRITTEN = PairDates(int(NOW - 100 * DAY), int(NOW - 100 * DAY))
CALLER = Caller(AccountId("123456789012"), "arn:aws:iam::123456789012:user/ada", None, "aws")
READS_THE_PAIR = WorkflowFacts(True, False, False, ("ci.yaml",))


def statement(action: str, resource: str = "*") -> dict[str, Any]:
    """Return a policy document that allows one action."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]}


def declared(secrets: str = "", **policies: Mapping[str, Any]) -> Declaration:
    """Return what a file with these policies declares; `secrets` is the text of ci-secrets (YAML's flow style)."""
    entries = [{"PolicyName": name, "PolicyDocument": document} for name, document in policies.items()]
    text = f"ci-policies: {json.dumps(entries or [{'PolicyName': 'push', 'PolicyDocument': statement('ecr:Push*')}])}\n"
    text += textwrap.dedent(secrets)
    reading = read_declaration(SourceFile(".ci.yaml", text, len(text)))
    assert isinstance(reading, Declaration), reading
    return reading


def repository(declaration: Declaration | None = None, **fields: Any) -> SurveyedRepository:
    """Return a surveyed repository that declares, reads its key and may be written."""
    plain = SurveyedRepository(
        API,
        7,
        Status.DECLARES,
        declaration=declaration or declared(),
        ci_file_id="blob",
        permission="ADMIN",
        environments=("staging",),
        workflows=READS_THE_PAIR,
    )
    return replace(plain, **fields)


def user(**fields: Any) -> User:
    """Return the repository's IAM user, with the declared policy in force."""
    plain = User(USER, PATH, f"arn:aws:iam::123456789012:user{PATH}{USER}", NOW - 300 * DAY)
    return replace(plain, policies={"push": statement("ecr:Push*")}, **fields)


def survey(found: SurveyedRepository, *, users: tuple[User, ...] = (), keys: Any = None, **fields: Any) -> Survey:
    """Return the survey of one repository. `keys` of its user: one old key unless said otherwise."""
    scopes: dict[Scope, Any] = {ACTIONS: WRITTEN, DEPENDABOT: PairDates(), STAGING: PairDates()}
    plain = Survey(
        caller=CALLER,
        user_policy_quota=2048,
        old_stack=False,
        repositories={found.name: found},
        selected=(found.name,),
        users={each.name: each for each in users},
        users_whole=True,
        unreadable_users={},
        keys={USER: (AccessKey(OLD, True, NOW - 120 * DAY),) if keys is None else keys} if users else {},
        secrets={found.name: scopes | fields.pop("scopes", {})},
        organization_secrets={found.name: frozenset()},
    )
    return replace(plain, **fields)


def frame(taken: Survey, **fields: Any) -> Frame:
    """Return what holds for all targets of a plan."""
    plain = Frame(taken, OrgName("acme"), {}, Region("us-east-1"), frozenset(), False, lambda lock: False, NOW)
    return replace(plain, **fields)
