"""Accounts and repositories as GitHub's REST API shows them: mostly addresses of other things."""

from __future__ import annotations

import base64
from typing import Any, Final

from cellenics_ci.sandbox.github.auth import role_of
from cellenics_ci.sandbox.github.http import iso
from cellenics_ci.sandbox.github.records import ROLES, Account, Repository, Role
from cellenics_ci.sandbox.github.routing import Call

WEB: Final = "https://github.com"

_REPOSITORY_URLS: Final = {
    "archive": "/{archive_format}{/ref}",
    "assignees": "/assignees{/user}",
    "blobs": "/git/blobs{/sha}",
    "branches": "/branches{/branch}",
    "collaborators": "/collaborators{/collaborator}",
    "comments": "/comments{/number}",
    "commits": "/commits{/sha}",
    "compare": "/compare/{base}...{head}",
    "contents": "/contents/{+path}",
    "contributors": "/contributors",
    "deployments": "/deployments",
    "downloads": "/downloads",
    "events": "/events",
    "forks": "/forks",
    "git_commits": "/git/commits{/sha}",
    "git_refs": "/git/refs{/sha}",
    "git_tags": "/git/tags{/sha}",
    "hooks": "/hooks",
    "issue_comment": "/issues/comments{/number}",
    "issue_events": "/issues/events{/number}",
    "issues": "/issues{/number}",
    "keys": "/keys{/key_id}",
    "labels": "/labels{/name}",
    "languages": "/languages",
    "merges": "/merges",
    "milestones": "/milestones{/number}",
    "notifications": "/notifications{?since,all,participating}",
    "pulls": "/pulls{/number}",
    "releases": "/releases{/id}",
    "stargazers": "/stargazers",
    "statuses": "/statuses/{sha}",
    "subscribers": "/subscribers",
    "subscription": "/subscription",
    "tags": "/tags",
    "teams": "/teams",
    "trees": "/git/trees{/sha}",
}
_ACCOUNT_URLS: Final = {
    "followers": "/followers",
    "following": "/following{/other_user}",
    "gists": "/gists{/gist_id}",
    "starred": "/starred{/owner}{/repo}",
    "subscriptions": "/subscriptions",
    "organizations": "/orgs",
    "repos": "/repos",
    "events": "/events{/privacy}",
    "received_events": "/received_events",
}


def node_id(prefix: str, number: int) -> str:
    """Return an id as GraphQL and the REST answers' `node_id` give it."""
    return f"{prefix}_{base64.urlsafe_b64encode(number.to_bytes(8, 'big')).decode().rstrip('=')}"


def simple_user(call: Call, account: Account) -> dict[str, Any]:
    """Return an account as it appears inside other answers."""
    url = call.url("users", account.login)
    return {
        "login": account.login,
        "id": account.id,
        "node_id": node_id("U" if account.person else "O", account.id),
        "avatar_url": f"https://avatars.githubusercontent.com/u/{account.id}?v=4",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{WEB}/{account.login}",
        **{f"{name}_url": url + path for name, path in _ACCOUNT_URLS.items()},
        "type": _type(account),
        "user_view_type": "public",
        "site_admin": False,
    }


def user_called(call: Call, login: str) -> dict[str, Any] | None:
    """Return the account of a login, None for one that is gone: GitHub shows it as `ghost`."""
    account = call.state.account(login)
    return None if account is None else simple_user(call, account)


def minimal_repository(call: Call, repository: Repository) -> dict[str, Any]:
    """Return a repository as it appears in lists and inside other answers."""
    url = call.url("repos", repository.owner.login, repository.name)
    return {
        "id": repository.id,
        "node_id": node_id("R", repository.id),
        "name": repository.name,
        "full_name": repository.full_name,
        "private": repository.private,
        "owner": simple_user(call, repository.owner),
        "html_url": f"{WEB}/{repository.full_name}",
        "description": repository.description,
        "fork": repository.fork,
        "url": url,
        **{f"{name}_url": url + path for name, path in _REPOSITORY_URLS.items()},
        "created_at": iso(repository.created_at),
        "updated_at": iso(repository.pushed_at),
        "pushed_at": iso(repository.pushed_at),
        "archived": repository.archived,
        "disabled": repository.disabled,
        "visibility": "private" if repository.private else "public",
        "default_branch": repository.default_branch,
        "permissions": permissions(call, repository),
        "is_template": False,
        "topics": [],
        "web_commit_signoff_required": False,
    }


def full_repository(call: Call, repository: Repository) -> dict[str, Any]:
    """Return a repository as `GET /repos/{owner}/{repo}` and an organisation's list show it."""
    web = f"{WEB}/{repository.full_name}"
    counts = ("forks", "open_issues", "watchers", "stargazers_count", "watchers_count", "forks_count")
    features = ("has_issues", "has_projects", "has_wiki", "has_downloads")
    return minimal_repository(call, repository) | {
        "git_url": f"git://github.com/{repository.full_name}.git",
        "ssh_url": f"git@github.com:{repository.full_name}.git",
        "clone_url": f"{web}.git",
        "svn_url": web,
        "mirror_url": None,
        "homepage": None,
        "language": None,
        "license": None,
        "size": sum(len(entry) for entry in repository.files.values() if isinstance(entry, bytes)) // 1024,
        **dict.fromkeys(counts, 0),
        "open_issues_count": 0,
        "subscribers_count": 0,
        "network_count": 0,
        **dict.fromkeys(features, True),
        "has_pages": False,
        "has_discussions": False,
        "allow_forking": not repository.private,
    }


def permissions(call: Call, repository: Repository) -> dict[str, bool]:
    """Return what the viewer may do in a repository."""
    held = ROLES.index(role_of(call.viewer, repository))
    names: dict[str, Role] = {
        "admin": "ADMIN",
        "maintain": "MAINTAIN",
        "push": "WRITE",
        "triage": "TRIAGE",
        "pull": "READ",
    }
    return {name: held >= ROLES.index(role) for name, role in names.items()}


def _type(account: Account) -> str:
    if account.login.endswith("[bot]"):
        return "Bot"
    return "User" if account.person else "Organization"
