"""`/user`, `/users/{login}`, `/orgs/{org}`, its repositories and its secrets."""

from __future__ import annotations

from typing import Any

from cellenics_ci.sandbox.github.auth import (
    Needs,
    check_permission,
    check_single_sign_on,
    role_of,
)
from cellenics_ci.sandbox.github.http import Problem, Response, invalid, iso, not_found
from cellenics_ci.sandbox.github.pages import page
from cellenics_ci.sandbox.github.records import Account, Repository
from cellenics_ci.sandbox.github.rest.views import full_repository, node_id, simple_user
from cellenics_ci.sandbox.github.routing import Call, route
from cellenics_ci.sandbox.github.vault import StoredSecret

_REPOSITORY_SORTS = {
    "created": lambda repository: repository.created_at,
    "updated": lambda repository: repository.pushed_at,
    "pushed": lambda repository: repository.pushed_at,
    "full_name": lambda repository: repository.full_name.lower(),
}


@route("GET", "/user", scopes=())
def user(call: Call) -> Response:
    """Tell who is signed in. An App's installation is nobody."""
    token = call.viewer.token
    if token is None:
        raise Problem(401, "Requires authentication")
    if token.kind == "installation":
        raise Problem(403, "Resource not accessible by integration")
    account = call.state.account(token.login)
    if account is None:
        raise not_found()
    private = ("private_gists", "total_private_repos", "owned_private_repos", "disk_usage", "collaborators")
    return Response(200, _profile(call, account) | dict.fromkeys(private, 0) | {"two_factor_authentication": True})


@route("GET", "/users/{login}", scopes=())
def user_by_login(call: Call) -> Response:
    """Tell about an account by its login, a person's or an organisation's."""
    account = call.state.account(call.params["login"])
    if account is None:
        raise not_found()
    return Response(200, _profile(call, account))


@route("GET", "/orgs/{org}", scopes=("admin:org", "read:org", "repo", "user", "write:org"))
def organization(call: Call) -> Response:
    """Tell about an organisation."""
    account = call.organization()
    url = call.url("orgs", account.login)
    paths = ("events", "hooks", "issues")
    return Response(
        200,
        {
            "login": account.login,
            "id": account.id,
            "node_id": node_id("O", account.id),
            "url": url,
            "repos_url": f"{url}/repos",
            **{f"{path}_url": f"{url}/{path}" for path in paths},
            "members_url": f"{url}/members{{/member}}",
            "public_members_url": f"{url}/public_members{{/member}}",
            "avatar_url": f"https://avatars.githubusercontent.com/u/{account.id}?v=4",
            "description": None,
            "name": account.login,
            "has_organization_projects": True,
            "has_repository_projects": True,
            "public_repos": sum(not repository.private for repository in call.state.repositories_of(account)),
            **dict.fromkeys(("public_gists", "followers", "following"), 0),
            "html_url": f"https://github.com/{account.login}",
            "type": "Organization",
            "created_at": iso(account.created_at),
            "updated_at": iso(account.created_at),
            "archived_at": None,
            "deploy_keys_enabled_for_repositories": account.deploy_keys_allowed,
        },
    )


@route("GET", "/orgs/{org}/repos")
def organization_repositories(call: Call) -> Response:
    """List what the viewer may see of an organisation's repositories, newest first unless told otherwise."""
    account = call.organization()
    check_single_sign_on(call.viewer, account)
    repositories = [found for found in call.state.repositories_of(account) if role_of(call.viewer, found) != "NONE"]
    kinds = {"public": "private", "private": "private", "forks": "fork", "sources": "fork"}
    kind = call.request.query.get("type", "all")
    if kind in kinds:
        wanted = kind in ("private", "forks")
        repositories = [found for found in repositories if getattr(found, kinds[kind]) is wanted]
    sort = call.request.query.get("sort", "created")
    if sort not in _REPOSITORY_SORTS:
        raise invalid(f"sort can't be {sort!r}")
    direction = call.request.query.get("direction", "asc" if sort == "full_name" else "desc")
    repositories.sort(key=_REPOSITORY_SORTS[sort], reverse=direction == "desc")

    def view(repository: Repository) -> dict[str, Any]:
        return full_repository(call, repository)

    return page(call.request, repositories, view)


@route("GET", "/orgs/{org}/actions/secrets", scopes=("admin:org",), permission="organization_secrets")
def organization_secrets(call: Call) -> Response:
    """List an organisation's secrets, for its admins."""
    account = call.organization()
    check_single_sign_on(call.viewer, account)
    check_permission(call.viewer, Needs(permission="organization_secrets"))
    token = call.viewer.token
    if token is None or (call.viewer.classic and not call.viewer.has_scope("admin:org")):
        raise not_found()
    if token.kind != "installation" and not account.is_admin(token.login):
        raise Problem(403, "You must be an org admin or have the Actions secrets fine-grained permission.")

    def view(secret: StoredSecret) -> dict[str, Any]:
        url = call.url("orgs", account.login, "actions/secrets", secret.name, "repositories")
        chosen = {"selected_repositories_url": url} if secret.visibility == "selected" else {}
        dates = {"created_at": iso(secret.created_at), "updated_at": iso(secret.updated_at)}
        return {"name": secret.name, **dates, "visibility": secret.visibility, **chosen}

    return page(call.request, sorted(account.secrets.values(), key=_name), view, name="secrets")


def _profile(call: Call, account: Account) -> dict[str, Any]:
    nothing = ("company", "location", "email", "hireable", "bio", "twitter_username")
    public = sum(not repository.private for repository in call.state.repositories_of(account))
    return simple_user(call, account) | {
        "name": account.login,
        "blog": "",
        **dict.fromkeys(nothing),
        "public_repos": public,
        **dict.fromkeys(("public_gists", "followers", "following"), 0),
        "created_at": iso(account.created_at),
        "updated_at": iso(account.created_at),
    }


def _name(secret: StoredSecret) -> str:
    return secret.name
