"""Discovery by REST, for servers whose GraphQL API is not there or does not answer: more requests, same result."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

from cellenics_ci.clients.github.transport import Transport
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.names import OrgName, RepoName
from cellenics_ci.model.repositories import (
    ACTION_NAMES,
    ACTIONS_FOLDER,
    CI_FILE_NAMES,
    WORKFLOWS_FOLDER,
    CiFile,
    FileKind,
    Repository,
    WorkflowFile,
)

_SIDE_BY_SIDE: Final = 16
_PERMISSIONS: Final = ("admin", "maintain", "push", "triage", "pull")
_ROLES: Final = {"admin": "ADMIN", "maintain": "MAINTAIN", "push": "WRITE", "triage": "TRIAGE", "pull": "READ"}
_KINDS: Final[dict[str, FileKind]] = {"dir": "directory", "submodule": "submodule"}


def repositories(transport: Transport, org: OrgName) -> Iterator[Repository]:
    """Yield an organisation's repositories with their CI files; workflows and environments stay unread."""
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        yield from pool.map(lambda listed: _repository(transport, org, listed), listing(transport, org))


def listing(transport: Transport, org: OrgName) -> list[dict[str, Any]]:
    """Return the entries of an organisation's repositories as REST lists them."""
    pages = transport.pages(f"/orgs/{quote(org, safe='')}/repos", type="all", sort="full_name")
    return [entry for page in pages for entry in page.json]


def details(transport: Transport, org: OrgName, name: RepoName) -> Repository:
    """Return a repository's CI files, workflows and environments; what can't be read is None, with the reason."""
    reasons: list[str] = []

    def attempt(read: Any) -> Any:
        try:
            return read(transport, org, name)
        except CallFailed as failed:
            reasons.append(failed.sentence)
            return None

    return Repository(
        name=name,
        id=0,
        ci_files=attempt(ci_files),
        workflows=attempt(workflows),
        environments=attempt(environments),
        unreadable=" ".join(reasons),
    )


def repository(transport: Transport, org: OrgName, name: RepoName) -> Repository | None:
    """Return one repository with its workflows, None where there is none that the token may see."""
    try:
        listed = transport.get(_base(org, name)).json
    except CallFailed as failed:
        if failed.kind is not Failure.NOT_FOUND:
            raise
        return None
    more = details(transport, org, RepoName(listed["name"]))
    found = _repository(transport, org, listed)
    return replace(found, workflows=more.workflows, environments=more.environments, unreadable=more.unreadable)


def ci_files(transport: Transport, org: OrgName, name: RepoName, *, with_text: bool = True) -> tuple[CiFile, ...]:
    """Return a repository's CI files: one request, and one for each file whose text is wanted."""
    found = []
    for entry in _listing(transport, org, name, ""):
        if entry["name"] not in CI_FILE_NAMES:
            continue
        kind = _KINDS.get(entry["type"], "file")
        # In listings GitHub calls a submodule a file, "for backwards compatibility": only its git URL tells.
        if kind == "file" and "/git/trees/" in (entry.get("git_url") or ""):
            kind = "submodule"
        if kind == "file" and with_text:
            found.append(_ci_file(transport, org, name, entry["name"]))
        else:
            found.append(CiFile(entry["name"], entry["sha"], kind=kind))
    return tuple(found)


def workflows(transport: Transport, org: OrgName, name: RepoName) -> tuple[WorkflowFile, ...]:
    """Return a repository's workflows and local actions: a request a folder, and one a file."""
    found = [
        _workflow(transport, org, name, WORKFLOWS_FOLDER, entry["name"])
        for entry in _listing(transport, org, name, WORKFLOWS_FOLDER)
        if entry["type"] == "file" and entry["name"].endswith((".yml", ".yaml"))
    ]
    for folder in _listing(transport, org, name, ACTIONS_FOLDER):
        if folder["type"] == "dir":
            path = f"{ACTIONS_FOLDER}/{folder['name']}"
            found += [
                _workflow(transport, org, name, path, entry["name"])
                for entry in _listing(transport, org, name, path)
                if entry["type"] == "file" and entry["name"] in ACTION_NAMES
            ]
    return tuple(found)


def environments(transport: Transport, org: OrgName, name: RepoName) -> tuple[str, ...]:
    """Return the names of a repository's environments; none where the server knows no such thing (404).

    A token without the right gets 403 (fine-grained and Apps: Actions, read; REST reference, "List environments").
    """
    try:
        pages = list(transport.pages(f"{_base(org, name)}/environments"))
    except CallFailed as failed:
        if failed.kind is not Failure.NOT_FOUND:
            raise
        # Raises NOT_FOUND again where it is the repository that is hidden or gone.
        transport.get(_base(org, name))
        return ()
    return tuple(found["name"] for page in pages for found in page.json.get("environments", []))


def with_environments(transport: Transport, org: OrgName, known: Repository) -> Repository:
    """Return a repository with its environments, or with why they can't be listed."""
    try:
        return replace(known, environments=environments(transport, org, known.name))
    except CallFailed as failed:
        return replace(known, environments=None, unreadable=failed.sentence)


def _repository(transport: Transport, org: OrgName, listed: dict[str, Any]) -> Repository:
    name = RepoName(listed["name"])
    granted = listed.get("permissions") or {}
    files: tuple[CiFile, ...] | None = ()
    reason = ""
    if not (listed.get("archived") or listed.get("fork") or listed.get("disabled")):
        try:
            files = ci_files(transport, org, name)
        except CallFailed as failed:
            files, reason = None, failed.sentence
    return Repository(
        name=name,
        id=int(listed["id"]),
        archived=bool(listed.get("archived")),
        fork=bool(listed.get("fork")),
        disabled=bool(listed.get("disabled")),
        empty=listed.get("size") == 0 and files == (),
        permission=next((_ROLES[right] for right in _PERMISSIONS if granted.get(right)), None),
        default_branch=listed.get("default_branch"),
        ci_files=files,
        workflows=None,
        environments=None,
        unreadable=reason,
    )


def _workflow(transport: Transport, org: OrgName, name: RepoName, folder: str, file: str) -> WorkflowFile:
    return WorkflowFile(file, _text(_content(transport, org, name, f"{folder}/{file}"))[0], folder)


def _ci_file(transport: Transport, org: OrgName, name: RepoName, file: str) -> CiFile:
    content = _content(transport, org, name, file)
    text, binary = _text(content)
    size = int(content.get("size") or 0)
    return CiFile(file, content["sha"], text, size, is_binary=binary, is_truncated=text is None and not binary)


def _listing(transport: Transport, org: OrgName, name: RepoName, path: str) -> list[dict[str, Any]]:
    """Return a folder's entries; none where there is no such folder, or no commit."""
    try:
        found = transport.get(f"{_base(org, name)}/contents/{path}".rstrip("/")).json
    except CallFailed as failed:
        if failed.kind is not Failure.NOT_FOUND:
            raise
        # 404 means an empty repository or an absent folder, but also a repository that is not there.
        transport.get(_base(org, name))
        return []
    return found if isinstance(found, list) else []


def _content(transport: Transport, org: OrgName, name: RepoName, path: str) -> dict[str, Any]:
    found = transport.get(f"{_base(org, name)}/contents/{quote(path)}").json
    return found if isinstance(found, dict) else {}


def _text(content: dict[str, Any]) -> tuple[str | None, bool]:
    """Return the text, and whether it is a binary's; files over 1 MB come without content."""
    if content.get("encoding") != "base64":
        return None, False
    raw = base64.b64decode(content.get("content") or "")
    try:
        return (None, True) if b"\0" in raw else (raw.decode(), False)
    except UnicodeDecodeError:
        return None, True


def _base(org: OrgName, name: RepoName) -> str:
    return f"/repos/{quote(org, safe='')}/{quote(name, safe='')}"
