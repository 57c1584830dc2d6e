"""Secrets of a repository's three kinds of scope, and what it sees of its organisation's."""

from __future__ import annotations

from typing import Any, Final

from cellenics_ci.model.scopes import ACTIONS, DEPENDABOT, Scope, environment_scope
from cellenics_ci.sandbox.github.http import DOCS, Response, invalid, iso, not_found
from cellenics_ci.sandbox.github.pages import page
from cellenics_ci.sandbox.github.records import Repository
from cellenics_ci.sandbox.github.routing import Call, View, route
from cellenics_ci.sandbox.github.state import store_of
from cellenics_ci.sandbox.github.vault import Refused, SecretStore, StoredSecret

_WRITE_DOCS: Final = f"{DOCS}/rest/actions/secrets#create-or-update-a-repository-secret"
_PLACES: Final = {
    "/repos/{owner}/{repo}/actions/secrets": "secrets",
    "/repos/{owner}/{repo}/dependabot/secrets": "dependabot_secrets",
    "/repos/{owner}/{repo}/environments/{environment}/secrets": "environments",
}


def _scope(call: Call) -> Scope:
    if "environment" in call.params:
        return environment_scope(call.params["environment"])
    return DEPENDABOT if call.request.segments[3] == "dependabot" else ACTIONS


def _store(call: Call) -> tuple[Repository, Scope, SecretStore]:
    repository, scope = call.repository(), _scope(call)
    try:
        return repository, scope, store_of(repository, scope)
    except KeyError:
        raise not_found() from None


def list_secrets(call: Call) -> Response:
    """List a scope's secrets: names and dates only."""
    _, _, store = _store(call)
    return page(call.request, sorted(store.entries.values(), key=lambda secret: secret.name), view, name="secrets")


def public_key(call: Call) -> Response:
    """Tell the key that this scope's secrets are to be sealed with."""
    key_id, key = _store(call)[2].public_key
    return Response(200, {"key_id": key_id, "key": key})


def get_secret(call: Call) -> Response:
    """Tell one secret's dates."""
    secret = _store(call)[2].entries.get(call.params["name"].upper())
    if secret is None:
        raise not_found()
    return Response(200, view(secret))


def put_secret(call: Call) -> Response:
    """Unseal and store a secret: 201 for a new one, 204 for one that was there."""
    repository, scope, store = _store(call)
    body = call.request.json()
    for name in ("encrypted_value", "key_id"):
        if not isinstance(body.get(name), str):
            raise invalid(f'Invalid request.\n\n"{name}" wasn\'t supplied.', _WRITE_DOCS)
    try:
        value = store.unseal(body["encrypted_value"], body["key_id"])
        created = call.state.put_secret(repository, scope, call.params["name"], value)
    except Refused as refused:
        raise invalid(str(refused), _WRITE_DOCS) from None
    return Response(201, {}) if created else Response(204)


def delete_secret(call: Call) -> Response:
    """Delete a secret."""
    repository, scope, _ = _store(call)
    if not call.state.delete_secret(repository, scope, call.params["name"]):
        raise not_found()
    return Response(204)


@route("GET", "/repos/{owner}/{repo}/actions/organization-secrets", permission="secrets", role="WRITE")
def organization_secrets(call: Call) -> Response:
    """List the organisation's secrets that this repository's workflows see."""
    repository = call.repository()
    seen = [secret for secret in repository.owner.secrets.values() if _sees(repository, secret)]
    return page(call.request, sorted(seen, key=lambda secret: secret.name), view, name="secrets")


def view(secret: StoredSecret) -> dict[str, Any]:
    """Return a secret as GitHub shows it."""
    return {"name": secret.name, "created_at": iso(secret.created_at), "updated_at": iso(secret.updated_at)}


def _sees(repository: Repository, secret: StoredSecret) -> bool:
    if secret.visibility == "selected":
        return repository.name in secret.selected
    return secret.visibility == "all" or repository.private


def _register(method: str, suffix: str, function: View) -> None:
    for place, permission in _PLACES.items():
        level: Any = "read" if method == "GET" else "write"
        route(method, place + suffix, permission=permission, level=level, role="WRITE")(function)


_register("GET", "", list_secrets)
_register("GET", "/public-key", public_key)
_register("GET", "/{name}", get_secret)
_register("PUT", "/{name}", put_secret)
_register("DELETE", "/{name}", delete_secret)
