"""For every rule: a snapshot that has a case of it, and one that is near and has none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeAlias

from cellenics_ci.audit.snapshot import PolicyFacts, Snapshot
from cellenics_ci.model.cluster import GitSource
from cellenics_ci.model.keys import AccessKey
from cellenics_ci.model.retirement_tag import Phase, Retirement, retirement_tags
from cellenics_ci.model.scopes import ACTIONS, DEPENDABOT, PairDates, environment_scope
from cellenics_ci.model.tags import REPOSITORY_TAG, KeyNote, Lock, Stage, key_tags, lock_tags
from cellenics_ci.privileges.compare import compare
from cellenics_ci.privileges.problems import Problem
from cellenics_ci.survey.aws import Unreadable
from tests.audit.making import (
    ASSUMES_ROLE,
    CI_YAML,
    ESCALATION,
    EVERYTHING,
    KEY,
    NOW,
    PUBLIC,
    PUSH,
    REGION,
    ROLE,
    SECOND,
    ago,
    cluster,
    deploy_key,
    key,
    pair,
    releases,
    repository,
    snapshot,
    trusting,
    user,
    with_secrets,
)

Make: TypeAlias = Callable[[], Snapshot]
STAGING: Final = environment_scope("staging")
GONE: Final = Unreadable("AWS refused it.")
QUARANTINE: Final = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"


def _two(*, tags: dict[str, str] | None = None) -> Snapshot:
    return snapshot(repository(), user("ui", key(20, SECOND), key(10), tags=tags or {}))


def _noted(stage: Stage, *, dates: bool = False) -> dict[str, str]:
    seen = (("a", PairDates(ago(10), ago(10))),) if dates else ()
    return key_tags(KEY, KeyNote(stage, at=ago(10), run="r", dates=seen))


def _handed_over() -> dict[str, str]:
    return {**_noted(Stage.LIVE), **key_tags(SECOND, KeyNote(Stage.RETIRED, at=ago(10), run="r"))}


def _leaving(phase: Phase) -> dict[str, str]:
    return retirement_tags(Retirement(phase, at=ago(1), run="r", until=ago(-6), off=(KEY,)))


def _locked(until: float) -> dict[str, str]:
    return lock_tags(Lock("r", "laptop", "1-1", at=ago(1), until=int(until)))


def _pair(days: float, *keys: AccessKey, tags: dict[str, str] | None = None) -> Snapshot:
    return snapshot(with_secrets(repository(), {ACTIONS: pair(days)}), user("ui", *keys, tags=tags or {}))


def _environment(declared: bool) -> Snapshot:
    text = CI_YAML + ("ci-secrets: {environments: [staging]}\n" if declared else "")
    facts = repository(ci_yaml=text, environments=("staging",))
    return snapshot(with_secrets(facts, {ACTIONS: pair(10), STAGING: pair(10)}), user())


def _drifted(live: dict[str, object]) -> Snapshot:
    facts = repository()
    assert isinstance(facts.policies, PolicyFacts)
    documents = dict.fromkeys(live, PUSH)
    policies = replace(facts.policies, comparison=compare(facts.policies.declared, documents))
    return snapshot(replace(facts, policies=policies), user())


def _too_long(problem: bool) -> Snapshot:
    facts = repository()
    assert isinstance(facts.policies, PolicyFacts)
    problems = (Problem(".ci.yaml", 1, "the policies are too long"),) if problem else ()
    return snapshot(replace(facts, policies=replace(facts.policies, problems=problems)), user())


def _token(days: float) -> Snapshot:
    facts = with_secrets(repository(), {ACTIONS: {**pair(10), "API_TOKEN_GITHUB": ago(days)}})
    return snapshot(facts, user())


def _source(**settings: object) -> GitSource:
    plain = GitSource("ssh://git@github.com/acme/releases", "master", "flux-system", 1, ready=True, ready_for=1)
    return replace(plain, **settings)  # type: ignore[arg-type]


_PRODUCTION: Final = "flux-system-master-flux-system-./production"
_STAGING_TEXT: Final = CI_YAML + "ci-secrets: {environments: [staging]}\n"

CASES: Final[dict[str, tuple[Make, Make]]] = {
    "key-old": (
        lambda: snapshot(repository(), user("ui", key(91))),
        lambda: snapshot(repository(), user("ui", key(89), key(91, SECOND, active=False))),
    ),
    "key-unused": (
        lambda: snapshot(repository(), user("ui", key(2), used=None)),
        lambda: snapshot(repository(), user("ui", key(0.9), used=None)),
    ),
    "key-two-active": (lambda: _two(tags=_noted(Stage.LIVE)), lambda: _two(tags=_handed_over())),
    "key-inactive": (
        lambda: snapshot(repository(), user("ui", key(10), key(99, SECOND, active=False))),
        lambda: snapshot(repository(), user("ui", key(10, active=False), tags=_locked(NOW + 60))),
    ),
    "key-not-needed": (
        lambda: snapshot(repository(workflow=ASSUMES_ROLE), user()),
        lambda: snapshot(repository(workflow=None), user()),
    ),
    "key-quarantined": (
        lambda: snapshot(repository(), user(attached=(QUARANTINE,))),
        lambda: snapshot(repository(), user(attached=("arn:aws:iam::aws:policy/ReadOnlyAccess",))),
    ),
    "rotation-interrupted": (
        lambda: snapshot(repository(), user(tags=_locked(NOW - 60))),
        lambda: snapshot(repository(), user(tags={**_locked(NOW + 60), **_noted(Stage.DELIVERING)})),
    ),
    "rotation-pending": (
        lambda: _two(tags=_handed_over()),
        lambda: _two(tags=_noted(Stage.LIVE)),
    ),
    "retirement-pending": (
        lambda: snapshot(repository(workflow=ASSUMES_ROLE), user(tags=_leaving(Phase.WATCHING))),
        lambda: snapshot(repository(workflow=ASSUMES_ROLE), user(tags=_leaving(Phase.KEPT))),
    ),
    "retirement-unwanted": (
        lambda: snapshot(repository(), user("ui", key(10, active=False), tags=_leaving(Phase.SOAKING))),
        lambda: snapshot(repository(workflow=ASSUMES_ROLE), user(tags=_leaving(Phase.SOAKING))),
    ),
    "secret-older-than-key": (lambda: _pair(11, key(10)), lambda: _pair(11, key(10), key(12, SECOND))),
    "secret-rewritten": (
        lambda: _pair(1, key(10)),
        lambda: _pair(10, key(40), tags=_noted(Stage.LIVE, dates=True)),
    ),
    "secret-without-user": (
        lambda: snapshot(repository()),
        lambda: snapshot(repository(), account=GONE),
    ),
    "secret-without-key": (
        lambda: snapshot(repository(), user("ui", key(10, active=False))),
        lambda: snapshot(repository(), user(keys=GONE)),
    ),
    "secret-missing": (
        lambda: snapshot(with_secrets(repository(), {ACTIONS: {"AWS_ACCESS_KEY_ID": ago(10)}}), user()),
        lambda: snapshot(with_secrets(repository(), {ACTIONS: GONE}), user()),
    ),
    "secret-shadowed": (lambda: _environment(declared=False), lambda: _environment(declared=True)),
    "scope-undeclared": (
        lambda: snapshot(with_secrets(repository(), {ACTIONS: pair(10), DEPENDABOT: pair(10)}), user()),
        lambda: snapshot(with_secrets(repository(), {ACTIONS: pair(10), DEPENDABOT: {"OTHER": 1}}), user()),
    ),
    "environment-missing": (
        lambda: snapshot(repository(ci_yaml=_STAGING_TEXT), user()),
        lambda: snapshot(repository(ci_yaml=_STAGING_TEXT, environments=("Staging",)), user()),
    ),
    "token-old": (lambda: _token(91), lambda: _token(89)),
    "user-without-repository": (
        lambda: snapshot(repository(), user("gone")),
        lambda: snapshot(repository(), user("gone"), listing=GONE),
    ),
    "user-of-archived": (
        lambda: snapshot(repository(archived=True), user()),
        lambda: snapshot(repository(ci_yaml=None), user()),
    ),
    "user-undeclared": (
        lambda: snapshot(repository(ci_yaml=None), user()),
        lambda: snapshot(repository(ci_yaml="ci-policies: [oops]"), user()),
    ),
    "user-missing": (
        lambda: snapshot(repository()),
        lambda: snapshot(repository(workflow=ASSUMES_ROLE)),
    ),
    "user-of-others": (
        lambda: snapshot(repository(), user(tags={REPOSITORY_TAG: "acme/ui@8"})),
        lambda: snapshot(repository(), user(tags={REPOSITORY_TAG: "acme/ui@7"})),
    ),
    "user-password": (
        lambda: snapshot(repository(), user(password=True)),
        lambda: snapshot(repository(), user(password=GONE)),
    ),
    "user-attached-policies": (
        lambda: snapshot(repository(), user(groups=("admins",))),
        lambda: snapshot(repository(), user(attached=(QUARANTINE,))),
    ),
    "user-foreign-path": (
        lambda: snapshot(repository(), user(path="/")),
        lambda: snapshot(repository(), user(path="/ci-users/elsewhere/")),
    ),
    "role-trust-wide": (
        lambda: snapshot(repository(), user(), roles={ROLE.name: ROLE}),
        lambda: snapshot(repository(), user(), roles={ROLE.name: replace(ROLE, trust=trusting("repo:acme/ui:*"))}),
    ),
    "policy-drift": (lambda: _drifted({"push": 1, "debug": 1}), lambda: _drifted({"push": 1})),
    "policy-everything": (
        lambda: snapshot(repository(), user(dangers=(EVERYTHING,))),
        lambda: snapshot(repository(), user(dangers=(ESCALATION,))),
    ),
    "policy-escalation": (
        lambda: snapshot(repository(), user(dangers=(ESCALATION,))),
        lambda: snapshot(repository(), user(dangers=(EVERYTHING,))),
    ),
    "file-invalid": (lambda: _too_long(problem=True), lambda: _too_long(problem=False)),
    "registry-missing": (
        lambda: snapshot(registries={REGION: frozenset({"api"})}),
        lambda: snapshot(registries={REGION: GONE}),
    ),
    "deploy-key-writable": (
        lambda: snapshot(releases(deploy_key(_PRODUCTION, read_only=False))),
        lambda: snapshot(releases(deploy_key(_PRODUCTION), deploy_key("products", id_=2, read_only=False))),
    ),
    "deploy-key-unused": (
        lambda: snapshot(releases(deploy_key(last_used=None))),
        lambda: snapshot(releases(deploy_key(age=0.9, last_used=None))),
    ),
    "deploy-key-disabled": (
        lambda: snapshot(releases(deploy_key(enabled=False))),
        lambda: snapshot(releases(deploy_key())),
    ),
    "deploy-key-old": (
        lambda: snapshot(releases(deploy_key(age=91))),
        lambda: snapshot(releases(deploy_key(age=89))),
    ),
    "deploy-key-of-former-member": (
        lambda: snapshot(releases(deploy_key(added_by="bob"))),
        lambda: snapshot(releases(deploy_key(added_by="Ada"), deploy_key(id_=2, added_by="acme-ci[bot]"))),
    ),
    "deploy-key-same-title": (
        lambda: snapshot(releases(deploy_key(), deploy_key(id_=2))),
        lambda: snapshot(releases(deploy_key(), deploy_key("another", id_=2))),
    ),
    "cluster-key-unknown": (
        lambda: snapshot(releases(deploy_key(public=PUBLIC[1])), cluster()),
        lambda: snapshot(releases(deploy_key()), cluster()),
    ),
    "cluster-not-ready": (
        lambda: snapshot(releases(deploy_key()), cluster(source=_source(fetch_failed="denied"))),
        lambda: snapshot(releases(deploy_key()), cluster(source=GONE)),
    ),
    "source-unreadable": (lambda: snapshot(account=GONE), lambda: snapshot(members=GONE)),
    "part-unreadable": (lambda: snapshot(members=GONE), lambda: snapshot(account=GONE)),
}
