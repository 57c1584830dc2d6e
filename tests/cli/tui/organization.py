"""A small organisation for the screen: something of everything, the same in every test."""

from __future__ import annotations

from dataclasses import replace

from cellenics_ci.audit.rows import make_listing
from cellenics_ci.audit.snapshot import PolicyFacts, RepositoryFacts, Snapshot
from cellenics_ci.cli.tui.entries import Taken
from cellenics_ci.model.scopes import ACTIONS, environment_scope
from cellenics_ci.privileges.compare import compare
from cellenics_ci.survey.aws import Unreadable
from tests.audit.making import (
    LIMITS,
    PUBLIC,
    PUSH,
    SECOND,
    deploy_key,
    key,
    pair,
    releases,
    repository,
    snapshot,
    user,
    with_secrets,
)

STAGING = "flux-system-master-flux-system-./staging"


def small() -> Snapshot:
    """Return an organisation with eight repositories; `api` has drifted, `worker`'s key is old, `lab`'s is unknown."""
    return snapshot(
        repository("ui"),
        user("ui"),
        with_secrets(_drifted(repository("api")), {ACTIONS: pair(10), environment_scope("staging"): pair(10)}),
        user("api", key(60), policies={"push": PUSH, "debug": PUSH}),
        repository("worker"),
        user("worker", key(400), key(3, SECOND), used=200),
        repository("lab"),
        user("lab", keys=Unreadable("AWS refused iam:ListAccessKeys."), uses={}),
        repository("missing"),
        replace(repository("handbook", ci_yaml=None, workflow=""), secrets=None),
        replace(repository("logo", ci_yaml=None, workflow=""), secrets=None),
        user("gone", key(500), used=None),
        releases(
            deploy_key(STAGING, id_=1, age=200),
            deploy_key("mirror", id_=2, read_only=False, public=PUBLIC[1], added_by="linus"),
        ),
        members=Unreadable("GitHub refused it."),
    )


def _drifted(facts: RepositoryFacts) -> RepositoryFacts:
    assert isinstance(facts.policies, PolicyFacts)
    found = compare(facts.policies.declared, {"push": PUSH, "debug": PUSH})
    return replace(facts, policies=replace(facts.policies, comparison=found))


def taken(of: Snapshot | None = None) -> Taken:
    """Return a reading of it."""
    found = of or small()
    return Taken.of(found, LIMITS, make_listing(found, LIMITS))
