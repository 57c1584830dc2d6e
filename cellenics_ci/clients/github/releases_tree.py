"""The releases repository's tree with its manifests in one request, and what happened to them in one more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from cellenics_ci.clients.answers import understood
from cellenics_ci.clients.github.comparing import Comparing
from cellenics_ci.clients.github.git_data import CHANGES, change_of
from cellenics_ci.clients.github.transport import Transport
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.git import Change
from cellenics_ci.model.names import OrgName, RepoName
from cellenics_ci.model.releases import Behind, ReleasesTree, TreeFile

AT_ONCE: Final = 40
"""Files whose history is asked for in one request."""

# Manifests are two levels deep. Of candidates, which lie deeper and are many, the names alone are wanted.
_TREE: Final = """
query Releases($org: String!, $repo: String!) {
  repository(owner: $org, name: $repo) {
    defaultBranchRef {
      name
      target {
        oid
        ... on Commit {
          tree { entries { name type object { ... on Tree { entries {
            name type object {
              ... on Blob { text isTruncated }
              ... on Tree { entries { name type } }
            }
          } } } } }
        }
      }
    }
  }
}"""
_CHANGE: Final = "oid message committedDate author { name user { login } }"


class ReleasesRepositoryTree:
    """One releases repository. Raises CallFailed only."""

    def __init__(self, transport: Transport, org: OrgName, repo: RepoName) -> None:
        self._transport, self._org, self._repo = transport, org, repo

    @understood
    def tree(self) -> ReleasesTree:
        """Return the tree at the default branch's tip: one request."""
        answer = self._transport.graphql(_TREE, {"org": self._org, "repo": self._repo})
        repository = answer.data.get("repository")
        if repository is None:
            raise CallFailed(
                Failure.NOT_FOUND,
                f"There is no repository {self._org}/{self._repo}, or the token may not see it.",
                remedy="Name it with --repo and --org, and see what the token may read.",
            )
        branch = repository["defaultBranchRef"]
        if branch is None:
            return ReleasesTree("", "", ())
        target = branch["target"]
        return ReleasesTree(str(branch["name"]), str(target["oid"]), tuple(_files(target["tree"]["entries"])))

    @understood
    def changes(self, paths: Sequence[str]) -> Mapping[str, tuple[Change, ...]]:
        """Return the last commits of each file, the newest first: one request for 40 files."""
        found: dict[str, tuple[Change, ...]] = {}
        for start in range(0, len(paths), AT_ONCE):
            batch = paths[start : start + AT_ONCE]
            given = " ".join(f"$p{number}: String!" for number in range(len(batch)))
            wanted = " ".join(
                f"p{number}: history(first: {CHANGES}, path: $p{number}) {{ nodes {{ {_CHANGE} }} }}"
                for number in range(len(batch))
            )
            query = f"""
            query Changes($org: String!, $repo: String!, {given}) {{
              repository(owner: $org, name: $repo) {{
                defaultBranchRef {{ target {{ ... on Commit {{ {wanted} }} }} }}
              }}
            }}"""
            variables = {"org": self._org, "repo": self._repo}
            answer = self._transport.graphql(query, variables | {f"p{at}": path for at, path in enumerate(batch)})
            target = answer.data["repository"]["defaultBranchRef"]["target"]
            for number, path in enumerate(batch):
                found[path] = tuple(change_of(node) for node in target[f"p{number}"]["nodes"])
        return found


def _files(entries: Sequence[Mapping[str, Any]], folder: str = "") -> Iterator[TreeFile]:
    for entry in entries:
        path, inner = f"{folder}{entry['name']}", entry.get("object") or {}
        if entry["type"] == "tree":
            yield from _files(inner.get("entries") or (), f"{path}/")
        elif entry["type"] == "blob":
            text = inner.get("text")
            yield TreeFile(path, text if isinstance(text, str) and not inner.get("isTruncated") else None)


class CommitsBetween:
    """How many commits lie between two deployments of a service."""

    def __init__(self, comparing: Comparing) -> None:
        self._comparing = comparing

    def behind(self, repository: str, base: str, head: str) -> Behind:
        """Return how many commits `base` is behind `head`. Never raises."""
        try:
            compared = self._comparing.compare(repository, base, head)
        except CallFailed as failed:
            return Behind(None, failed.sentence)
        if compared.relation == "diverged":
            return Behind(compared.ahead_by, f"and has {compared.behind_by} that staging has not")
        if compared.relation == "behind":
            return Behind(0, f"ahead of staging by {compared.behind_by}")
        return Behind(compared.ahead_by)
