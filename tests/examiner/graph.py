"""Two more people's ideas of GitHub's GraphQL: a small strict schema, and an answerer that takes anything."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import graphql

from tests.examiner.organisation import Organisation, Repo

SCHEMA = graphql.build_schema("""
scalar DateTime
scalar URI
scalar GitObjectID
type Query {
  viewer: User!
  organization(login: String!): Organization
  repositoryOwner(login: String!): RepositoryOwner
  repository(owner: String!, name: String!, followRenames: Boolean = true): Repository
  rateLimit(dryRun: Boolean = false): RateLimit
}
type RateLimit { cost: Int! limit: Int! remaining: Int! used: Int! resetAt: DateTime! nodeCount: Int! }
type User implements RepositoryOwner { id: ID! login: String! databaseId: Int name: String
  repositories(first: Int, after: String): RepositoryConnection! repository(name: String!): Repository }
interface RepositoryOwner { id: ID! login: String!
  repositories(first: Int, after: String): RepositoryConnection! repository(name: String!): Repository }
enum RepositoryOrderField { CREATED_AT UPDATED_AT PUSHED_AT NAME STARGAZERS }
enum OrderDirection { ASC DESC }
input RepositoryOrder { field: RepositoryOrderField! direction: OrderDirection! }
enum RepositoryAffiliation { OWNER COLLABORATOR ORGANIZATION_MEMBER }
enum RepositoryPrivacy { PUBLIC PRIVATE }
type Organization implements RepositoryOwner { id: ID! login: String! databaseId: Int name: String url: URI!
  viewerCanAdminister: Boolean! viewerIsAMember: Boolean!
  repositories(first: Int, last: Int, after: String, before: String, orderBy: RepositoryOrder, isFork: Boolean,
    isArchived: Boolean, privacy: RepositoryPrivacy, affiliations: [RepositoryAffiliation],
    ownerAffiliations: [RepositoryAffiliation] = [OWNER, COLLABORATOR]): RepositoryConnection!
  repository(name: String!, followRenames: Boolean = true): Repository }
type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! endCursor: String startCursor: String }
type RepositoryConnection { nodes: [Repository] edges: [RepositoryEdge] pageInfo: PageInfo! totalCount: Int! }
type RepositoryEdge { node: Repository cursor: String! }
type Repository { id: ID! databaseId: Int name: String! nameWithOwner: String! isArchived: Boolean! isFork: Boolean!
  isPrivate: Boolean! isEmpty: Boolean! isDisabled: Boolean! url: URI! owner: RepositoryOwner!
  defaultBranchRef: Ref object(oid: GitObjectID, expression: String): GitObject }
type Ref { id: ID! name: String! prefix: String! target: GitObject }
interface GitObject { id: ID! oid: GitObjectID! abbreviatedOid: String! }
type Commit implements GitObject { id: ID! oid: GitObjectID! abbreviatedOid: String! tree: Tree! }
type Blob implements GitObject { id: ID! oid: GitObjectID! abbreviatedOid: String! text: String byteSize: Int!
  isBinary: Boolean isTruncated: Boolean! }
type Tree implements GitObject { id: ID! oid: GitObjectID! abbreviatedOid: String! entries: [TreeEntry!] }
type TreeEntry { name: String! path: String type: String! mode: Int! oid: GitObjectID! object: GitObject size: Int! }
""")


def oid(what: Any) -> str:
    return hashlib.sha1(repr(what).encode()).hexdigest()


def blob(content: str | bytes) -> dict[str, Any]:
    raw = content.encode() if isinstance(content, str) else content
    binary = b"\0" in raw[:8000]
    long = len(raw) > 512_000
    text = None if binary else raw[:512_000].decode("utf-8", "replace")
    return {
        "__typename": "Blob", "id": "B_" + oid(raw), "oid": oid(raw), "abbreviatedOid": oid(raw)[:7],
        "text": text, "byteSize": len(raw), "isBinary": binary, "isTruncated": long,
    }  # fmt: skip


def tree(repo: Repo, path: str) -> dict[str, Any] | None:
    prefix = path.rstrip("/") + "/" if path else ""
    names: dict[str, Any] = {}
    for name, content in repo.files.items():
        if not name.startswith(prefix) or name == prefix:
            continue
        first, slash, _ = name[len(prefix) :].partition("/")
        full = prefix + first
        inner = (lambda full=full: tree(repo, full)) if slash or content is None else None
        names[first] = {
            "name": first, "path": full, "size": 0,
            "oid": oid((repo.name, full)) if inner else blob(content or "")["oid"],
            "type": "tree" if inner else "blob", "mode": 0o40000 if inner else 0o100644,
            "object": (inner() if slash else empty_tree()) if inner else blob(content or ""),
        }  # fmt: skip
    if not names and path:
        return None
    number = oid((repo.name, path))
    entries = list(names.values())
    return {"__typename": "Tree", "id": "T_" + number, "oid": number, "abbreviatedOid": number[:7], "entries": entries}


def empty_tree() -> dict[str, Any]:
    return {"__typename": "Tree", "id": "T_0", "oid": oid("empty"), "abbreviatedOid": "0" * 7, "entries": []}


def git_object(repo: Repo, expression: str | None) -> dict[str, Any] | None:
    if repo.empty or expression is None:
        return None
    _, colon, path = expression.partition(":")
    if not colon:
        number = oid(repo.name)
        return {"__typename": "Commit", "id": "C_" + number, "oid": number, "abbreviatedOid": number[:7]}
    if path in repo.files:
        content = repo.files[path]
        return empty_tree() if content is None else blob(content)
    return tree(repo, path)


def repository(org: Organisation, repo: Repo) -> dict[str, Any]:
    return {
        "__typename": "Repository", "id": f"R_{repo.number}", "databaseId": repo.number, "name": repo.name,
        "nameWithOwner": f"{org.login}/{repo.name}", "isArchived": repo.archived, "isFork": repo.fork,
        "isPrivate": True, "isEmpty": repo.empty, "isDisabled": False, "isLocked": False,
        "url": f"https://github.invalid/{org.login}/{repo.name}",
        "owner": {"__typename": "Organization", "id": "O_1", "login": org.login},
        "defaultBranchRef": None if repo.empty else {
            "__typename": "Ref", "id": "REF", "name": "main", "prefix": "refs/heads/",
            "target": lambda info=None, **_: git_object(repo, "HEAD"),
        },
        "object": lambda info=None, expression=None, oid=None: git_object(repo, expression),
    }  # fmt: skip


def page(org: Organisation, first: int | None, after: str | None, **_: Any) -> dict[str, Any]:
    if first is None:
        raise graphql.GraphQLError("You must provide a `first` or `last` value to properly paginate.")
    if not 1 <= first <= 100:
        raise graphql.GraphQLError(f"Requesting {first} records exceeds the `first` limit of 100 records.")
    start = int(base64.b64decode(after).decode().split(":")[1]) if after else 0
    everything = list(org.repos.values())
    some = everything[start : start + first]
    end = base64.b64encode(f"cursor:{start + len(some)}".encode()).decode() if some else None
    return {
        "nodes": [repository(org, repo) for repo in some], "totalCount": len(everything),
        "pageInfo": {"hasNextPage": start + len(some) < len(everything), "endCursor": end,
                     "hasPreviousPage": bool(start), "startCursor": after},
    }  # fmt: skip


def root(org: Organisation, login: str) -> dict[str, Any]:
    def organization(info: Any = None, login: str = "") -> dict[str, Any] | None:
        if login.lower() != org.login.lower():
            raise graphql.GraphQLError(f"Could not resolve to an Organization with the login of '{login}'.")
        return {
            "__typename": "Organization", "id": "O_1", "login": org.login, "databaseId": org.number, "name": "Acme",
            "url": "https://github.invalid", "viewerCanAdminister": True, "viewerIsAMember": True,
            "repositories": lambda info=None, first=None, after=None, **more: page(org, first, after, **more),
            "repository": lambda info=None, name="", **_: one(name),
        }  # fmt: skip

    def one(name: str) -> dict[str, Any] | None:
        found = {known.lower(): repo for known, repo in org.repos.items()}.get(name.lower())
        if found is None:
            raise graphql.GraphQLError(f"Could not resolve to a Repository with the name '{org.login}/{name}'.")
        return repository(org, found)

    return {
        "viewer": {"__typename": "User", "id": "U_1", "login": login, "databaseId": 1},
        "organization": organization,
        "repositoryOwner": organization,
        "repository": lambda info=None, owner="", name="", **_: one(name),
        "rateLimit": {"cost": 1, "limit": 5000, "remaining": 4990, "used": 10, "nodeCount": 100,
                      "resetAt": "2030-01-01T00:00:00Z"},
    }  # fmt: skip


def strict(org: Organisation, query: str, variables: dict[str, Any], login: str) -> dict[str, Any]:
    """Answer as graphql-core does with the schema above; as at GitHub, mistakes are told with status 200."""
    result = graphql.graphql_sync(
        SCHEMA, query, root_value=root(org, login), variable_values=variables,
        type_resolver=lambda value, *_: value["__typename"],
    )  # fmt: skip
    answer: dict[str, Any] = {"data": result.data} if result.data is not None or not result.errors else {}
    if result.errors:
        answer["errors"] = [_told(error) for error in result.errors]
    return answer


def _told(error: graphql.GraphQLError) -> dict[str, Any]:
    told: dict[str, Any] = {"message": error.message}
    if error.path is not None:
        told["path"] = error.path
    if error.message.startswith("Could not resolve"):
        told["type"] = "NOT_FOUND"
    if "Cannot query field" in error.message:
        told["extensions"] = {"code": "undefinedField"}
    return told


def loose(org: Organisation, query: str, variables: dict[str, Any], login: str) -> dict[str, Any]:
    """Answer whatever is asked: known fields by name, others null, types and schema unknown."""
    document = graphql.parse(query)
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, graphql.FragmentDefinitionNode)}
    operation = next(d for d in document.definitions if isinstance(d, graphql.OperationDefinitionNode))

    def value(node: Any) -> Any:
        if isinstance(node, graphql.VariableNode):
            return variables.get(node.name.value)
        return graphql.value_from_ast_untyped(node, variables)

    def walk(selections: Any, source: Any) -> Any:
        if source is None or selections is None:
            return source
        if isinstance(source, list):
            return [walk(selections, item) for item in source]
        out: dict[str, Any] = {}
        for node in selections.selections:
            if isinstance(node, graphql.FieldNode):
                found = source.get(node.name.value)
                if callable(found):
                    found = found(None, **{a.name.value: value(a.value) for a in node.arguments or ()})
                out[(node.alias or node.name).value] = walk(node.selection_set, found)
                continue
            condition = node.type_condition if isinstance(node, graphql.InlineFragmentNode) else None
            inner = node if condition or isinstance(node, graphql.InlineFragmentNode) else fragments[node.name.value]
            condition = inner.type_condition
            if condition is None or condition.name.value in (source.get("__typename"), "RepositoryOwner", "GitObject"):
                out.update(walk(inner.selection_set, source))
        return out

    try:
        return {"data": walk(operation.selection_set, root(org, login))}
    except graphql.GraphQLError as error:
        return {"data": {"organization": None, "repositoryOwner": None, "repository": None}, "errors": [_told(error)]}
