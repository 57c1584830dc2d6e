"""One file of a repository, changed by one commit without a clone.

REST's git data, not GraphQL's `createCommitOnBranch`: that one signs what it makes, but its author is always whoever
the token belongs to (GraphQL reference, CreateCommitOnBranchInput has no author). Here GitHub signs a commit as well,
if a GitHub App makes it and names no author ("About commit signature verification", for bots); with an author it does
not. Both compare and swap: here the branch is moved with `force: false`, and refuses what is no fast-forward (422).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from cellenics_ci.clients.answers import understood
from cellenics_ci.clients.github.answer import epoch
from cellenics_ci.clients.github.transport import Transport
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.git import Author, Change, Tip
from cellenics_ci.model.names import OrgName, RepoName

CHANGES: Final = 10
"""Commits of a file that are read along: the last few tell who deployed it, and whether ours has landed."""

_CHANGE: Final = "oid message committedDate author { name user { login } }"
_TIP: Final = f"""
query Tip($org: String!, $repo: String!, $path: String!) {{
  repository(owner: $org, name: $repo) {{
    isArchived
    defaultBranchRef {{
      name
      target {{
        oid
        ... on Commit {{
          tree {{ oid }}
          file(path: $path) {{ object {{ ... on Blob {{ text isTruncated isBinary }} }} }}
          history(first: {CHANGES}, path: $path) {{ nodes {{ {_CHANGE} }} }}
        }}
      }}
    }}
  }}
}}"""

_RULES: Final = {
    "pull_request": "changes must come by pull request",
    "required_status_checks": "status checks must pass",
    "required_signatures": "commits must be signed",
    "required_linear_history": "the history must be linear",
    "update": "updates are restricted",
    "creation": "creations are restricted",
    "non_fast_forward": "only fast-forwards are allowed",
    "required_deployments": "deployments must succeed",
    "merge_queue": "changes must come by the merge queue",
    "commit_message_pattern": "the commit's message must match a pattern",
    "commit_author_email_pattern": "the author's address must match a pattern",
    "committer_email_pattern": "the committer's address must match a pattern",
    "file_path_restriction": "some paths are restricted",
}
"""Rules of rulesets that a push can break, in words (REST reference, "Get rules for a branch")."""


class GitData:
    """The default branch of one repository. Shared by threads. Every method raises CallFailed only."""

    def __init__(self, transport: Transport, org: OrgName, repo: RepoName) -> None:
        self._transport, self._org, self._repo = transport, org, repo
        self._path = f"/repos/{quote(org, safe='')}/{quote(repo, safe='')}"

    @understood
    def tip(self, path: str) -> Tip:
        """Return the tip of the default branch with one file of it, all of the same commit: one request."""
        variables = {"org": self._org, "repo": self._repo, "path": path}
        answer = self._transport.graphql(_TIP, variables)
        repository = answer.data.get("repository")
        if repository is None:
            raise self._unseen(tuple(error.type for error in answer.errors))
        branch = repository["defaultBranchRef"]
        if branch is None:
            raise CallFailed(
                Failure.INVALID,
                f"{self._org}/{self._repo} is empty: it has no branch to push to.",
                remedy="Make its first commit, a README for instance.",
            )
        target = branch["target"]
        blob = (target.get("file") or {}).get("object")
        if blob is not None and (blob.get("isTruncated") or not isinstance(blob.get("text"), str)):
            raise CallFailed(Failure.INVALID, f"{path} in {self._org}/{self._repo} is no text that can be read whole.")
        return Tip(
            branch=str(branch["name"]),
            commit=str(target["oid"]),
            tree=str(target["tree"]["oid"]),
            text=None if blob is None else str(blob["text"]),
            changes=tuple(change_of(node) for node in target["history"]["nodes"]),
            archived=bool(repository["isArchived"]),
        )

    @understood
    def make_commit(self, tip: Tip, path: str, text: str, *, message: str, author: Author | None) -> str:
        """Make a commit on the tip with one file changed; no branch has it yet. DENIED: the token may not write."""
        entry = {"path": path, "mode": "100644", "type": "blob", "content": text}
        tree = self._write("git/trees", {"base_tree": tip.tree, "tree": [entry]})
        body: dict[str, Any] = {"message": message, "tree": tree["sha"], "parents": [tip.commit]}
        if author is not None:
            # The committer is the author, unless it is said.
            body["author"] = {"name": author.name, "email": author.email}
        return str(self._write("git/commits", body)["sha"])

    @understood
    def advance(self, tip: Tip, commit: str) -> None:
        """Move the branch from the tip to a commit made on it. CONFLICT where GitHub refuses. Sent once."""
        place = f"{self._path}/git/refs/heads/{quote(tip.branch)}"
        try:
            self._transport.patch(place, {"sha": commit, "force": False})
        except CallFailed as failed:
            if failed.kind is Failure.INVALID:
                # 422 for both: the branch has moved, or a rule holds it. What is there now tells them apart.
                raise CallFailed(Failure.CONFLICT, f"GitHub refused to move the branch {tip.branch}.") from None
            raise self._explained(failed) from None

    @understood
    def rules(self, branch: str) -> tuple[str, ...]:
        """Return what protects a branch, in words: rulesets' rules, and the older branch protection."""
        told = []
        for page in self._transport.pages(f"{self._path}/rules/branches/{quote(branch, safe='')}"):
            for rule in page.json:
                words = _RULES.get(str(rule["type"]), str(rule["type"]).replace("_", " "))
                source = f" of {rule['ruleset_source']}" if rule.get("ruleset_source") else ""
                told.append(f"{words} (ruleset {rule['ruleset_id']}{source})" if rule.get("ruleset_id") else words)
        found = self._transport.get(f"{self._path}/branches/{quote(branch, safe='')}").json
        if found.get("protected") and not told:
            checks = ((found.get("protection") or {}).get("required_status_checks") or {}).get("contexts") or []
            named = f", with the checks {', '.join(map(str, checks))}" if checks else ""
            told.append(f"the branch protection of {branch}{named} (Settings, Branches)")
        return tuple(told)

    def _write(self, what: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            made: Mapping[str, Any] = self._transport.post(f"{self._path}/{what}", body).json
        except CallFailed as failed:
            raise self._explained(failed) from None
        return made

    def _explained(self, failed: CallFailed) -> CallFailed:
        if failed.kind not in (Failure.DENIED, Failure.NOT_FOUND):
            return failed
        # It could be read just now, so it is there: who may not write is told 404 as well as 403.
        return CallFailed(
            Failure.DENIED,
            f"The token may read {self._org}/{self._repo}, and not write to it.",
            remedy="It takes the scope repo (classic), or Contents: read and write on that repository (fine-grained"
            " tokens and Apps). A workflow's own GITHUB_TOKEN never reaches another repository.",
        )

    def _unseen(self, kinds: Sequence[str]) -> CallFailed:
        denied = "FORBIDDEN" in kinds
        return CallFailed(
            Failure.DENIED if denied else Failure.NOT_FOUND,
            f"There is no repository {self._org}/{self._repo}, or the token may not see it.",
            remedy="Name it with --repo and --org, and see what the token may read.",
        )


def change_of(node: Mapping[str, Any]) -> Change:
    """Return a commit of a file's history."""
    author = node.get("author") or {}
    login = (author.get("user") or {}).get("login")
    return Change(
        commit=str(node["oid"]),
        message=str(node["message"]),
        at=epoch(node["committedDate"]),
        by=str(author.get("name") or login or ""),
    )
