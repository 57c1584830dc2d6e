"""Repositories and what is in them as GraphQL nodes: plain dictionaries whose costly fields are functions."""

from __future__ import annotations

from typing import Any, Final

from cellenics_ci.sandbox.github import trees
from cellenics_ci.sandbox.github.auth import check_single_sign_on, role_of, sso_header
from cellenics_ci.sandbox.github.graphql.connections import connection
from cellenics_ci.sandbox.github.graphql.context import Context, Info
from cellenics_ci.sandbox.github.graphql.problems import GraphQLProblem
from cellenics_ci.sandbox.github.http import Problem, iso
from cellenics_ci.sandbox.github.records import Account, DeployKey, Environment, Repository
from cellenics_ci.sandbox.github.rest.views import WEB, node_id

TEXT_LIMIT: Final = 512 * 1024
"""Bytes after which GitHub cuts a blob's text."""
DENIED: Final = "Resource not accessible by personal access token"

_SORTS: Final = {
    "CREATED_AT": lambda repository: repository.created_at,
    "NAME": lambda repository: repository.name.lower(),
    "PUSHED_AT": lambda repository: repository.pushed_at,
    "UPDATED_AT": lambda repository: repository.pushed_at,
    "STARGAZERS": lambda repository: repository.id,
}


def account_node(context: Context, account: Account) -> dict[str, Any]:
    """Return an organisation or a person."""
    return {
        "__typename": "User" if account.person else "Organization",
        "id": node_id("U" if account.person else "O", account.id),
        "databaseId": account.id,
        "login": account.login,
        "name": account.login,
        "url": f"{WEB}/{account.login}",
        "createdAt": iso(account.created_at),
        "viewerCanAdminister": account.is_admin(context.login),
        "viewerIsAMember": context.login in account.members,
        "repositories": lambda info, **given: _repositories(context, account, info, given),
        "repository": lambda info, name, **given: repository_by_name(context, account.login, name),
        "membersWithRole": lambda info, **given: _members(context, account, info, given),
    }


def repository_by_name(context: Context, owner: str, name: str) -> dict[str, Any]:
    """Return one repository; raises GraphQLProblem where it is not there, or must not be seen."""
    repository = context.state.repository(owner, name)
    if repository is not None:
        single_sign_on(context, repository.owner)
    if repository is None or role_of(context.viewer, repository) == "NONE":
        raise GraphQLProblem("NOT_FOUND", f"Could not resolve to a Repository with the name '{owner}/{name}'.")
    node = repository_node(context, repository)
    if isinstance(node, Exception):
        raise node
    return node


def repository_node(context: Context, repository: Repository) -> dict[str, Any] | GraphQLProblem:
    """Return a repository, or the error that was ordered for it."""
    if repository.graphql_error:
        return GraphQLProblem(repository.graphql_error, f"{repository.full_name} can't be read.")
    role = role_of(context.viewer, repository)
    context.state.git_read(repository)
    return {
        "id": node_id("R", repository.id),
        "databaseId": repository.id,
        "name": repository.name,
        "nameWithOwner": repository.full_name,
        "owner": lambda info: account_node(context, repository.owner),
        "description": repository.description,
        "isArchived": repository.archived,
        "isDisabled": repository.disabled,
        "isEmpty": not repository.files,
        "isFork": repository.fork,
        "isInOrganization": not repository.owner.person,
        "isLocked": repository.locked,
        "isPrivate": repository.private,
        "isTemplate": False,
        # What gh asks before it opens a page; a fork's origin is not in any world.
        **dict.fromkeys(("hasIssuesEnabled", "hasWikiEnabled"), True),
        **dict.fromkeys(("mergeCommitAllowed", "rebaseMergeAllowed", "squashMergeAllowed"), True),
        "parent": None,
        "visibility": "PRIVATE" if repository.private else "PUBLIC",
        "url": f"{WEB}/{repository.full_name}",
        "sshUrl": f"git@github.com:{repository.full_name}.git",
        "viewerPermission": role,
        "viewerCanAdminister": role == "ADMIN",
        "createdAt": iso(repository.created_at),
        "pushedAt": iso(repository.pushed_at),
        "updatedAt": iso(repository.pushed_at),
        "archivedAt": iso(repository.pushed_at) if repository.archived else None,
        "defaultBranchRef": lambda info: _default_branch(repository),
        "object": lambda info, **given: _object(context, repository, **given),
        "environments": lambda info, **given: _environments(context, repository, info, given),
        "deployKeys": lambda info, **given: _deploy_keys(context, repository, info, given),
    }


def single_sign_on(context: Context, owner: Account) -> None:
    """Raise GraphQLProblem where an organisation wants single sign-on, and note the header that says where."""
    try:
        check_single_sign_on(context.viewer, owner)
    except Problem as problem:
        context.headers |= sso_header(owner)
        raise GraphQLProblem("FORBIDDEN", problem.message, {"saml_failure": True}) from None


def _members(context: Context, account: Account, info: Info, given: dict[str, Any]) -> dict[str, Any]:
    """Return an organisation's people; unlike REST, nobody is left out without a word."""
    viewer = context.viewer
    if viewer.classic and not viewer.has_scope("read:org"):
        message = "Your token has not been granted the required scopes to execute this query: ['read:org']."
        raise GraphQLProblem("INSUFFICIENT_SCOPES", message)
    if not viewer.allows("members", "read"):
        raise GraphQLProblem("FORBIDDEN", DENIED)
    people = [found for login in account.members if (found := context.state.account(login)) is not None]
    return connection(info, people, given, lambda person: account_node(context, person))


def _repositories(context: Context, account: Account, info: Info, given: dict[str, Any]) -> dict[str, Any]:
    single_sign_on(context, account)
    wanted = {"isArchived": "archived", "isFork": "fork", "isLocked": "locked"}
    found = [one for one in context.state.repositories_of(account) if role_of(context.viewer, one) != "NONE"]
    for argument, field in wanted.items():
        if given.get(argument) is not None:
            found = [one for one in found if getattr(one, field) is given[argument]]
    for argument in ("privacy", "visibility"):
        if given.get(argument):
            found = [one for one in found if one.private is (given[argument] == "PRIVATE")]
    if order := given.get("orderBy"):
        found.sort(key=_SORTS[order["field"]], reverse=order["direction"] == "DESC")
    return connection(info, found, given, lambda repository: repository_node(context, repository))


def _environments(context: Context, repository: Repository, info: Info, given: dict[str, Any]) -> dict[str, Any]:
    def node(environment: Environment) -> dict[str, Any]:
        return {"id": node_id("EN", environment.id), "databaseId": environment.id, "name": environment.name}

    if not context.viewer.allows("actions", "read"):
        raise GraphQLProblem("FORBIDDEN", DENIED)
    return connection(info, list(repository.environments.values()), given, node)


def _deploy_keys(context: Context, repository: Repository, info: Info, given: dict[str, Any]) -> dict[str, Any]:
    def node(key: DeployKey) -> dict[str, Any]:
        return {
            "id": node_id("DK", key.id),
            "title": key.title,
            "key": key.key,
            "readOnly": key.read_only,
            "verified": key.verified,
            "enabled": key.enabled,
            "createdAt": iso(key.created_at),
        }

    if role_of(context.viewer, repository) != "ADMIN" or not context.viewer.allows("administration", "read"):
        raise GraphQLProblem("FORBIDDEN", DENIED)
    return connection(info, repository.deploy_keys, given, node)


def _default_branch(repository: Repository) -> dict[str, Any] | None:
    target = _git_object(repository, trees.head(repository), "")
    if target is None:
        return None
    names = {"name": repository.default_branch, "prefix": "refs/heads/"}
    return names | {"id": node_id("REF", repository.id), "target": target}


def _object(
    context: Context, repository: Repository, expression: str | None = None, oid: str | None = None
) -> dict[str, Any] | None:
    if not context.viewer.allows("contents", "read"):
        raise GraphQLProblem("FORBIDDEN", DENIED)
    if expression is not None:
        return _git_object(repository, trees.find(repository, expression), expression.partition(":")[2].strip("/"))
    return _git_object(repository, trees.with_id(repository, oid) if oid else trees.head(repository), "")


def _git_object(repository: Repository, found: trees.Node | trees.Commit | None, path: str) -> dict[str, Any] | None:
    # A submodule's commit is in another repository, so GitHub has no object for it here.
    if found is None or isinstance(found, trees.Gitlink):
        return None
    oid = found.oid
    node: dict[str, Any] = {"oid": oid, "abbreviatedOid": oid[:7], "id": f"G_{repository.id}_{oid}"}
    if isinstance(found, trees.Commit):
        return node | _commit(repository, found)
    if isinstance(found, trees.Tree):
        rows = sorted(found.children.items())
        entries = [_entry(repository, child, name, f"{path}/{name}".lstrip("/")) for name, child in rows]
        return node | {"__typename": "Tree", "entries": entries}
    text = None if found.binary else found.data[:TEXT_LIMIT].decode(errors="ignore")
    flags = {"isBinary": found.binary, "isTruncated": not found.binary and len(found.data) > TEXT_LIMIT}
    return node | flags | {"__typename": "Blob", "byteSize": len(found.data), "text": text}


def _commit(repository: Repository, commit: trees.Commit) -> dict[str, Any]:
    tree = commit.tree
    name, email, at = commit.person("author")

    def file(info: Info, path: str) -> dict[str, Any] | None:
        found = tree.at(path)
        return None if found is None else _entry(repository, found, path.rpartition("/")[2], path)

    def history(info: Info, path: str = "", **given: Any) -> dict[str, Any]:
        found = list(trees.history(repository, commit, path))
        return connection(info, found, given, lambda each: _git_object(repository, each, ""))

    return {
        "__typename": "Commit",
        "committedDate": iso(commit.at),
        "message": commit.message,
        "author": {"name": name, "email": email, "date": iso(at), "user": None},
        "tree": lambda info: _git_object(repository, tree, ""),
        "file": file,
        "history": history,
    }


def _entry(repository: Repository, node: trees.Node, name: str, path: str) -> dict[str, Any]:
    return {
        "name": name,
        "path": path,
        "mode": node.mode,
        "type": node.type,
        "size": len(node.data) if isinstance(node, trees.Blob) else 0,
        "oid": node.oid,
        "object": lambda info: _git_object(repository, node, path),
    }
