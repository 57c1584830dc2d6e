"""Pull requests: what they change, who pushed them, and what is said to them. Nothing is ever checked out.

A fork's commits are read from the repository that the pull request is for: GitHub keeps all of a network's objects
together, and a pull request's head is there under refs/pull.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from cellenics_ci.clients.answers import understood
from cellenics_ci.clients.github.transport import Transport
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.names import OrgName, RepoName
from cellenics_ci.model.pulls import ChangedFile, Comment, Comparison, Modes, PullRequest, Push

_VIEWER: Final = "query Viewer { viewer { login } }"


class PullRequests:
    """The pull requests of one repository. Every method raises CallFailed only."""

    def __init__(self, transport: Transport, org: OrgName, repo: RepoName) -> None:
        self._transport = transport
        self._path = f"/repos/{quote(org, safe='')}/{quote(repo, safe='')}"

    @understood
    def pull(self, number: int) -> PullRequest:
        """Return a pull request as it is now."""
        found = self._transport.get(f"{self._path}/pulls/{number}").json
        head = found["head"]
        return PullRequest(
            number=int(found["number"]),
            author=_login(found["user"]),
            head=str(head["sha"]),
            source=str(head["repo"]["full_name"]) if head["repo"] else None,
            branch=str(head["ref"]),
            base=str(found["base"]["ref"]),
            open=found["state"] == "open",
            changed_files=int(found["changed_files"]),
        )

    @understood
    def files(self, number: int) -> tuple[ChangedFile, ...]:
        """Return the files that a pull request changes, from all pages; GitHub tells 3,000 at most."""
        pages = self._transport.pages(f"{self._path}/pulls/{number}/files")
        return tuple(_file(entry) for page in pages for entry in page.json)

    @understood
    def compare(self, base: str, head: str) -> Comparison:
        """Return what a commit changes since another one; GitHub tells 300 files at most."""
        span = f"{quote(base, safe='')}...{quote(head, safe='')}"
        found = self._transport.get(f"{self._path}/compare/{span}", per_page=1, page=1).json
        forward = found["status"] in ("ahead", "identical")
        return Comparison(forward, tuple(_file(entry) for entry in found["files"]))

    @understood
    def modes(self, commit: str) -> Modes | None:
        """Return the mode of every file of a commit, None where there are too many to be told at once."""
        found = self._transport.get(f"{self._path}/git/trees/{quote(commit, safe='')}", recursive=1).json
        if found["truncated"]:
            return None
        return {str(entry["path"]): str(entry["mode"]) for entry in found["tree"] if entry["type"] != "tree"}

    @understood
    def pushes(self, branch: str) -> tuple[Push, ...]:
        """Return who moved a branch, the last one first: unlike a commit's author, nobody can forge that."""
        pages = self._transport.pages(f"{self._path}/activity", ref=f"refs/heads/{branch}")
        return tuple(
            Push(_login(entry["actor"]), str(entry["after"]), entry["activity_type"] == "branch_creation")
            for page in pages
            for entry in page.json
        )

    @understood
    def comments(self, number: int) -> tuple[Comment, ...]:
        """Return what was said to a pull request, the oldest first."""
        pages = self._transport.pages(f"{self._path}/issues/{number}/comments")
        return tuple(
            Comment(int(entry["id"]), _login(entry["user"]), str(entry.get("body") or ""))
            for page in pages
            for entry in page.json
        )

    def say(self, number: int, body: str) -> None:
        """Say something to a pull request. Sent once."""
        self._transport.post(f"{self._path}/issues/{number}/comments", {"body": body})

    def rewrite(self, comment: int, body: str) -> None:
        """Write a comment anew. Sent once."""
        self._transport.patch(f"{self._path}/issues/comments/{comment}", {"body": body})

    def close(self, number: int) -> None:
        """Close a pull request. Sent once."""
        self._transport.patch(f"{self._path}/pulls/{number}", {"state": "closed"})

    @understood
    def own_login(self) -> str:
        """Return who we are. GraphQL tells Apps and a workflow's own token too, where `GET /user` refuses them.

        (fullsend-ai/fullsend#1953 has seen it do so; the login is APP[bot].)
        """
        answer = self._transport.graphql(_VIEWER, {})
        if not answer.data.get("viewer"):
            raise CallFailed(Failure.DENIED, "GitHub does not tell this token whose it is.")
        return str(answer.data["viewer"]["login"])


def _file(entry: Any) -> ChangedFile:
    before = entry.get("previous_filename")
    return ChangedFile(
        path=str(entry["filename"]),
        before=None if before is None else str(before),
        removed=entry["status"] == "removed",
    )


def _login(user: Any) -> str:
    return str(user["login"]) if user else ""
