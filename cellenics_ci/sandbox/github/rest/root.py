"""`/`, `/meta` and `/rate_limit`: the API itself."""

from __future__ import annotations

import base64
import hashlib
from typing import Final

from cellenics_ci.sandbox.github.http import Response
from cellenics_ci.sandbox.github.routing import Call, route

_DIRECTORY: Final = {
    "current_user_url": "user",
    "current_user_authorizations_html_url": "settings/connections/applications{/client_id}",
    "authorizations_url": "authorizations",
    "code_search_url": "search/code?q={query}{&page,per_page,sort,order}",
    "commit_search_url": "search/commits?q={query}{&page,per_page,sort,order}",
    "emails_url": "user/emails",
    "emojis_url": "emojis",
    "events_url": "events",
    "feeds_url": "feeds",
    "followers_url": "user/followers",
    "following_url": "user/following{/target}",
    "gists_url": "gists{/gist_id}",
    "hub_url": "hub",
    "issue_search_url": "search/issues?q={query}{&page,per_page,sort,order}",
    "issues_url": "issues",
    "keys_url": "user/keys",
    "label_search_url": "search/labels?q={query}&repository_id={repository_id}{&page,per_page}",
    "notifications_url": "notifications",
    "organization_url": "orgs/{org}",
    "organization_repositories_url": "orgs/{org}/repos{?type,page,per_page,sort}",
    "organization_teams_url": "orgs/{org}/teams",
    "public_gists_url": "gists/public",
    "rate_limit_url": "rate_limit",
    "repository_url": "repos/{owner}/{repo}",
    "repository_search_url": "search/repositories?q={query}{&page,per_page,sort,order}",
    "current_user_repositories_url": "user/repos{?type,page,per_page,sort}",
    "starred_url": "user/starred{/owner}{/repo}",
    "starred_gists_url": "gists/starred",
    "user_url": "users/{user}",
    "user_organizations_url": "user/orgs",
    "user_repositories_url": "users/{user}/repos{?type,page,per_page,sort}",
    "user_search_url": "search/users?q={query}{&page,per_page,sort,order}",
}
_FINGERPRINT_NAMES: Final = {
    "ecdsa-sha2-nistp256": "SHA256_ECDSA",
    "ssh-ed25519": "SHA256_ED25519",
    "ssh-rsa": "SHA256_RSA",
}


@route("GET", "/", scopes=())
def root(call: Call) -> Response:
    """List where things are."""
    return Response(200, {name: call.url(path) for name, path in _DIRECTORY.items()})


@route("GET", "/meta", scopes=())
def meta(call: Call) -> Response:
    """Tell the SSH host keys: without a host name, their fingerprints without the hash's name."""
    keys = call.state.ssh_host_keys
    fingerprints = {_FINGERPRINT_NAMES.get(key.split()[0], key.split()[0]): fingerprint(key) for key in keys}
    body = {"verifiable_password_authentication": False, "ssh_key_fingerprints": fingerprints, "ssh_keys": keys}
    return Response(200, body | {"hooks": ["127.0.0.0/8"], "web": ["127.0.0.0/8"], "api": ["127.0.0.0/8"]})


@route("GET", "/rate_limit", scopes=())
def rate_limit(call: Call) -> Response:
    """Tell what is left of this hour; asking costs nothing."""
    limits, login, now = call.state.limits, call.viewer.login, call.state.clock()
    resources = {name: limits.window(name, login, now).overview(name) for name in limits.limits}
    return Response(200, {"resources": resources, "rate": resources["core"]})


def fingerprint(key: str) -> str:
    """Return a public key's SHA-256 fingerprint as ssh-keygen prints it, without `SHA256:`."""
    digest = hashlib.sha256(base64.b64decode(key.split()[1])).digest()
    return base64.b64encode(digest).decode().rstrip("=")
