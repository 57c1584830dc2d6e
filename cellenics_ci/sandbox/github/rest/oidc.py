"""`/actions/oidc/customization/sub`: what the subject of a workflow's OIDC token is made of."""

from __future__ import annotations

from typing import Any

from cellenics_ci.sandbox.github.auth import Needs, check_permission, check_single_sign_on
from cellenics_ci.sandbox.github.http import Problem, Response, not_found
from cellenics_ci.sandbox.github.records import OidcSubject
from cellenics_ci.sandbox.github.routing import Call, route


@route("GET", "/orgs/{org}/actions/oidc/customization/sub", scopes=("read:org",))
def organization_subject(call: Call) -> Response:
    """Tell the organisation's own template; 404 where it has none, as at GitHub."""
    account = call.organization()
    check_single_sign_on(call.viewer, account)
    check_permission(call.viewer, Needs(permission="organization_administration"))
    if call.viewer.token is None:
        raise Problem(401, "Requires authentication")
    if call.viewer.classic and not call.viewer.has_scope("read:org"):
        raise Problem(403, "Must have read:org scope.")
    if account.oidc.claims is None and not account.oidc.immutable:
        raise not_found()
    return Response(200, _body(account.oidc, account.oidc.claims or ("repo", "context")))


@route("GET", "/repos/{owner}/{repo}/actions/oidc/customization/sub", permission="actions")
def repository_subject(call: Call) -> Response:
    """Tell a repository's template; `use_default` where it follows the organisation or GitHub itself."""
    repository = call.repository()
    own = repository.oidc or OidcSubject(immutable=repository.owner.oidc.immutable)
    owner, name = repository.owner, repository.name
    told = f"{owner.login}@{owner.id}/{name}@{repository.id}" if own.immutable else f"{owner.login}/{name}"
    body = {"use_default": own.claims is None, "sub_claim_prefix": f"repo:{told}"}
    return Response(200, body | _body(own, own.claims))


def _body(subject: OidcSubject, claims: tuple[str, ...] | None) -> dict[str, Any]:
    listed = {} if claims is None else {"include_claim_keys": list(claims)}
    return listed | {"use_immutable_subject": subject.immutable}
