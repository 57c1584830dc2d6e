"""`/keys`: a repository's deploy keys. They can't be changed, and a public key exists once on all of GitHub."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

from cellenics_ci.sandbox.github.http import DOCS, Problem, Response, invalid, iso, not_found, validation_failed
from cellenics_ci.sandbox.github.pages import page
from cellenics_ci.sandbox.github.records import DeployKey, Repository
from cellenics_ci.sandbox.github.routing import Call, route

_PLACE: Final = "/repos/{owner}/{repo}/keys"
_CREATE_DOCS: Final = f"{DOCS}/rest/deploy-keys/deploy-keys#create-a-deploy-key"
_KINDS: Final = (
    "ssh-ed25519",
    "ssh-rsa",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
)


@route("GET", _PLACE, permission="administration", role="ADMIN")
def list_deploy_keys(call: Call) -> Response:
    """List a repository's deploy keys."""
    repository = call.repository()
    call.state.deploy_keys_read()

    def view(key: DeployKey) -> dict[str, Any]:
        return _view(call, repository, key)

    return page(call.request, repository.deploy_keys, view)


@route("POST", _PLACE, permission="administration", level="write", role="ADMIN")
def create_deploy_key(call: Call) -> Response:
    """Add a deploy key, read-write unless told otherwise."""
    repository = call.repository()
    body = call.request.json()
    if not isinstance(body.get("key"), str):
        raise invalid('Invalid request.\n\n"key" wasn\'t supplied.', _CREATE_DOCS)
    public = _public_key(body["key"])
    if not repository.owner.deploy_keys_allowed:
        raise validation_failed("PublicKey", "key", "Deploy keys are disabled for this repository", _CREATE_DOCS)
    if call.state.deploy_key_owner(public):
        raise validation_failed("PublicKey", "key", "key is already in use", _CREATE_DOCS)
    assert call.viewer.token is not None
    key = DeployKey(
        id=call.state.next_id(),
        key=public,
        title=str(body.get("title") or "Deploy key"),
        read_only=body.get("read_only") is True,
        created_at=call.state.now(),
        added_by=call.viewer.token.login,
        token=call.viewer.text,
    )
    repository.deploy_keys.append(key)
    call.state.deploy_keys_changed()
    created = _view(call, repository, key)
    return Response(201, created, {"Location": created["url"]})


@route("GET", f"{_PLACE}/{{key_id}}", permission="administration", role="ADMIN")
def get_deploy_key(call: Call) -> Response:
    """Tell about one deploy key."""
    repository = call.repository()
    return Response(200, _view(call, repository, _find(call, repository)))


@route("DELETE", f"{_PLACE}/{{key_id}}", permission="administration", level="write", role="ADMIN")
def delete_deploy_key(call: Call) -> Response:
    """Delete a deploy key."""
    repository = call.repository()
    repository.deploy_keys.remove(_find(call, repository))
    call.state.deploy_keys_changed()
    return Response(204)


def _public_key(text: str) -> str:
    """Return a key's kind and Base64 part, the comment dropped; raises Problem for what is no public key."""
    problem: Problem = validation_failed(
        "PublicKey",
        "key",
        "key is invalid. You must supply a key in OpenSSH public key format",
        _CREATE_DOCS,
    )
    fields = text.split()
    if len(fields) < 2 or fields[0] not in _KINDS:
        raise problem
    try:
        blob = base64.b64decode(fields[1], validate=True)
    except (binascii.Error, ValueError):
        raise problem from None
    # The key's own bytes begin with its kind, a length in front.
    kind = fields[0].encode()
    if not blob.startswith(len(kind).to_bytes(4, "big") + kind):
        raise problem
    return f"{fields[0]} {fields[1]}"


def _find(call: Call, repository: Repository) -> DeployKey:
    for key in repository.deploy_keys:
        if str(key.id) == call.params["key_id"]:
            return key
    raise not_found()


def _view(call: Call, repository: Repository, key: DeployKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "key": key.key,
        "url": call.url("repos", repository.full_name, "keys", key.id),
        "title": key.title,
        "verified": key.verified,
        "created_at": iso(key.created_at),
        "read_only": key.read_only,
        "added_by": key.added_by,
        "last_used": iso(key.last_used),
        "enabled": key.enabled,
    }
