"""Rules about the roles that workflows assume: whom they let in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cellenics_ci.audit import commands
from cellenics_ci.audit.findings import Hit, Limits
from cellenics_ci.audit.rules.joins import subject_of_repository
from cellenics_ci.audit.snapshot import Snapshot
from cellenics_ci.model.names import ci_role_name
from cellenics_ci.privileges.normal import statements_of, texts
from cellenics_ci.privileges.trusted import Repository, beyond

_PROVIDER = ":oidc-provider/"
_GITHUB = "token.actions.githubusercontent.com"


def lets_others_in(snapshot: Snapshot, limits: Limits) -> Iterator[Hit]:
    """Yield roles whose trust reaches beyond their own repository's workflows."""
    roles = snapshot.roles if isinstance(snapshot.roles, Mapping) else {}
    for facts in snapshot.repositories.values():
        role = roles.get(ci_role_name(facts.name))
        if role is None:
            continue
        repository = Repository(snapshot.org, facts.name, facts.surveyed.id)
        wider = beyond(role.trust, _issuer(role.trust), repository)
        if wider:
            look = ("iam", "get-role", "--role-name", role.name, "--query", "Role.AssumeRolePolicyDocument")
            remedy = commands.adopt(limits, facts.name) if facts.declares else commands.aws(limits, *look)
            sentence = f"its role {role.name} lets in more than its own workflows"
            yield Hit(subject_of_repository(facts), sentence, remedy, wider)


def _issuer(trust: Mapping[str, Any]) -> str:
    """Return whose tokens a trust policy takes: GitHub's, or those of an Enterprise server."""
    for statement in statements_of(trust):
        principal = statement.get("Principal")
        for provider in sorted(texts(principal.get("Federated"))) if isinstance(principal, Mapping) else ():
            if _PROVIDER in provider:
                return provider.partition(_PROVIDER)[2]
    return _GITHUB
