"""The GraphQL queries of discovery, and how their answers are read. Pure: nothing is sent from here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, Final

from cellenics_ci.clients.github.answer import GraphError
from cellenics_ci.model.names import RepoName
from cellenics_ci.model.repositories import (
    ACTION_NAMES,
    ACTIONS_FOLDER,
    CI_FILE_NAMES,
    WORKFLOWS_FOLDER,
    CiFile,
    Repository,
    WorkflowFile,
)

NODES: Final = ("organization", "repositories", "nodes")

_YAML, _YML = CI_FILE_NAMES
_BLOB: Final = "text byteSize isBinary isTruncated"
_CI_FILES: Final = f"""
  yaml: object(expression: "HEAD:{_YAML}") {{ __typename oid ... on Blob {{ {_BLOB} }} }}
  yml: object(expression: "HEAD:{_YML}") {{ __typename oid ... on Blob {{ {_BLOB} }} }}
"""
_PLAIN: Final = "name databaseId isArchived isFork defaultBranchRef { name }"
_ENVIRONMENTS: Final = "environments(first: 100) { totalCount nodes { name } }"
_WORKFLOWS: Final = f"""
  workflows: object(expression: "HEAD:{WORKFLOWS_FOLDER}") {{
    ... on Tree {{ entries {{ name type object {{ ... on Blob {{ {_BLOB} }} }} }} }}
  }}
  actions: object(expression: "HEAD:{ACTIONS_FOLDER}") {{
    ... on Tree {{ entries {{ name type object {{ ... on Tree {{ entries {{ name type object {{
      ... on Blob {{ {_BLOB} }}
    }} }} }} }} }} }}
  }}
"""
# A submodule has no object in its repository: only the tree that holds it shows it.
_ROOT: Final = 'root: object(expression: "HEAD:") { ... on Tree { entries { name type } } }'


class Shape(Enum):
    """How much of each repository a page asks for: less for servers that time out, or that lack a field.

    UNLISTED is for tokens that may not list environments.
    """

    FULL = f"{_PLAIN} isDisabled isEmpty viewerPermission {_CI_FILES} {_ROOT} {_ENVIRONMENTS} {_WORKFLOWS}"
    UNLISTED = f"{_PLAIN} isDisabled isEmpty viewerPermission {_CI_FILES} {_ROOT} {_WORKFLOWS}"
    FILES = f"{_PLAIN} isDisabled isEmpty viewerPermission {_CI_FILES} {_ENVIRONMENTS}"
    LEAN = f"{_PLAIN} {_CI_FILES}"


WITH_WORKFLOWS: Final = (Shape.FULL, Shape.UNLISTED)
"""The heavy ones, which ask for workflows too."""


def page_query(shape: Shape) -> str:
    """Return the query for a page of an organisation's repositories; variables `org`, `size`, `cursor`."""
    return f"""
    query Repositories($org: String!, $size: Int!, $cursor: String) {{
      organization(login: $org) {{
        repositories(first: $size, after: $cursor, orderBy: {{field: NAME, direction: ASC}}) {{
          pageInfo {{ hasNextPage endCursor }}
          nodes {{ {shape.value} }}
        }}
      }}
    }}"""


def details_query(count: int, *, environments: bool = True) -> str:
    """Return the query for what pages had to leave out of some repositories; variables `org`, `r0`, `r1`, …"""
    return _aliased(count, f"name databaseId {_CI_FILES} {_ENVIRONMENTS if environments else ''} {_WORKFLOWS}")


def repository_query() -> str:
    """Return the query for all of one repository; variables `org`, `r0`."""
    return _aliased(1, Shape.FULL.value)


def ci_file_query(count: int) -> str:
    """Return the query for nothing but the ids of some repositories' CI files; variables `org`, `r0`, `r1`, …"""
    fields = " ".join(
        f'{alias}: object(expression: "HEAD:{name}") {{ __typename oid }}'
        for alias, name in (("yaml", _YAML), ("yml", _YML))
    )
    return _aliased(count, f"name {fields}")


def names_variables(org: str, names: Sequence[str]) -> dict[str, str]:
    """Return the variables of an aliased query."""
    return {"org": org, **{f"r{number}": name for number, name in enumerate(names)}}


def repository_of(node: Mapping[str, Any], errors: Mapping[str, str], shape: Shape) -> Repository:
    """Return the repository that a node describes. `errors` has the reason for each field that became null."""
    reason = next(iter(errors.values()), "")
    whole = shape in WITH_WORKFLOWS and not errors.keys() & {"workflows", "actions"}
    return Repository(
        name=RepoName(node["name"]),
        id=int(node.get("databaseId") or 0),
        archived=bool(node.get("isArchived")),
        fork=bool(node.get("isFork")),
        disabled=bool(node.get("isDisabled")),
        empty=bool(node.get("isEmpty", node.get("defaultBranchRef") is None)),
        permission=node.get("viewerPermission"),
        default_branch=(node.get("defaultBranchRef") or {}).get("name"),
        ci_files=None if errors.keys() & {"yaml", "yml", "root", "defaultBranchRef"} else ci_files_of(node),
        workflows=workflows_of(node) if whole else None,
        environments=None if "environments" in errors else environments_of(node),
        unreadable=reason,
    )


def details_of(name: RepoName, node: Mapping[str, Any]) -> Repository:
    """Return what `details_query` got of a repository; environments are None where it did not ask or get them all."""
    return Repository(
        name=name,
        id=int(node.get("databaseId") or 0),
        ci_files=ci_files_of(node),
        workflows=workflows_of(node),
        environments=environments_of(node),
    )


def unknown_repository(listed: Mapping[str, Any], reason: str) -> Repository:
    """Return a repository of which no more could be read than REST's list of repositories tells."""
    return Repository(
        name=RepoName(listed["name"]),
        id=int(listed.get("id") or 0),
        archived=bool(listed.get("archived")),
        fork=bool(listed.get("fork")),
        ci_files=None,
        workflows=None,
        environments=None,
        unreadable=reason or "GitHub did not say why",
    )


def ci_files_of(node: Mapping[str, Any]) -> tuple[CiFile, ...]:
    """Return the CI files in a node, with whatever stands in their place."""
    found = [
        _ci_file(name, node[alias]) for alias, name in (("yaml", _YAML), ("yml", _YML)) if node.get(alias) is not None
    ]
    entries = (node.get("root") or {}).get("entries") or ()
    found += [
        CiFile(entry["name"], oid="", kind="submodule")
        for entry in entries
        if entry["name"] in CI_FILE_NAMES and entry["type"] == "commit"
    ]
    return tuple(found)


def workflows_of(node: Mapping[str, Any]) -> tuple[WorkflowFile, ...]:
    """Return the workflows and local actions in a node; a file that GitHub did not give whole has no text."""
    found = [
        WorkflowFile(entry["name"], _whole_text(entry.get("object") or {}))
        for entry in _entries(node.get("workflows"))
        if entry["name"].endswith((".yml", ".yaml")) and entry["type"] == "blob"
    ]
    for folder in _entries(node.get("actions")):
        found += [
            WorkflowFile(entry["name"], _whole_text(entry.get("object") or {}), f"{ACTIONS_FOLDER}/{folder['name']}")
            for entry in _entries(folder.get("object"))
            if entry["name"] in ACTION_NAMES and entry["type"] == "blob"
        ]
    return tuple(found)


def _entries(tree: Mapping[str, Any] | None) -> Sequence[Mapping[str, Any]]:
    return (tree or {}).get("entries") or ()


def environments_of(node: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return the names of a repository's environments, None where there are more than were told."""
    found = node.get("environments")
    if found is None or None in found["nodes"] or found["totalCount"] > len(found["nodes"]):
        return None
    return tuple(environment["name"] for environment in found["nodes"])


def errors_by_node(errors: Iterable[GraphError], prefix: tuple[str, ...] = NODES) -> dict[int, dict[str, str]]:
    """Return the errors that name a node of a page: its index, then the field ("" for the node) to the reason."""
    found: dict[int, dict[str, str]] = {}
    depth = len(prefix)
    for error in errors:
        if error.path[:depth] == prefix and len(error.path) > depth and isinstance(error.path[depth], int):
            field = str(error.path[depth + 1]) if len(error.path) > depth + 1 else ""
            found.setdefault(int(error.path[depth]), {})[field] = reason_of(error)
    return found


def hidden_by_environments(errors: Iterable[GraphError], prefix: tuple[str, ...] = ()) -> bool:
    """Say whether environments could not be listed of a repository at that place.

    They can't be null in GitHub's schema (`EnvironmentConnection!`): the whole repository is, in their stead.
    """
    depth = len(prefix)
    return any(error.path[:depth] == prefix and error.path[depth + 1 :] == ("environments",) for error in errors)


def reason_of(error: GraphError) -> str:
    """Return what a person should read of an error."""
    return error.message or error.type or "GitHub did not say why"


def _aliased(count: int, fields: str) -> str:
    variables = " ".join(f"$r{number}: String!" for number in range(count))
    repositories = "\n".join(
        f"r{number}: repository(owner: $org, name: $r{number}) {{ ...repo }}" for number in range(count)
    )
    return f"query Named($org: String!, {variables}) {{ {repositories} }} fragment repo on Repository {{ {fields} }}"


def _ci_file(name: str, found: Mapping[str, Any]) -> CiFile:
    if found["__typename"] != "Blob":
        return CiFile(name, found["oid"], kind="directory" if found["__typename"] == "Tree" else "submodule")
    return CiFile(
        name=name,
        oid=found["oid"],
        text=found.get("text"),
        byte_size=int(found.get("byteSize") or 0),
        is_binary=bool(found.get("isBinary")),
        is_truncated=bool(found.get("isTruncated")),
    )


def _whole_text(blob: Mapping[str, Any]) -> str | None:
    text = blob.get("text")
    return None if not isinstance(text, str) or blob.get("isTruncated") or blob.get("isBinary") else text
