"""Which commit of which repository is released: from Actions' variables, or from what was typed.

Under `pull_request_target` GITHUB_REF and GITHUB_SHA are the base branch's (GitHub, "Events that trigger workflows"):
there the event's own text names the pull request's head.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cellenics_ci.errors import UsageProblem
from cellenics_ci.model.names import OrgName, RepoName
from cellenics_ci.privileges.problems import shown
from cellenics_ci.releases.kinds import mapping, part
from cellenics_ci.releases.names import is_commit, name_problem, ref_problem

FROM_A_PULL_REQUEST: Final = "pull_request_target"
_REPOSITORY: Final = re.compile(r"(?P<org>[A-Za-z0-9][A-Za-z0-9-]{0,99})/(?P<name>[^/]+)")


@dataclass(frozen=True, slots=True)
class Source:
    """A commit of a service's repository. `ref` is whole: refs/heads/master, refs/pull/12/merge, refs/tags/1.2.3."""

    org: OrgName
    name: RepoName
    ref: str
    commit: str
    server: str = "https://github.com"

    @property
    def repository(self) -> str:
        """The repository as `ORG/REPO`."""
        return f"{self.org}/{self.name}"

    @property
    def version(self) -> str | None:
        """The tag's name, where the ref is a tag."""
        return self.ref.removeprefix("refs/tags/") if self.ref.startswith("refs/tags/") else None

    @property
    def url(self) -> str:
        """The commit's page."""
        return f"{self.server}/{self.repository}/commit/{self.commit}"


def read_source(
    environ: Mapping[str, str], event: str | None, *, repository: str | None, ref: str | None, sha: str | None
) -> Source:
    """Return the source. `event` is the text of GITHUB_EVENT_PATH's file. Raises UsageProblem.

    What was typed goes before Actions' variables.
    """
    if environ.get("GITHUB_EVENT_NAME") == FROM_A_PULL_REQUEST and (ref is None or sha is None):
        head_ref, head = _head(event)
        ref, sha = ref or head_ref, sha or head
    repository = repository or environ.get("GITHUB_REPOSITORY") or ""
    ref, sha = ref or environ.get("GITHUB_REF") or "", sha or environ.get("GITHUB_SHA") or ""
    missing = [
        f"{option} ({variable})"
        for option, variable, value in (
            ("--repository", "GITHUB_REPOSITORY", repository),
            ("--ref", "GITHUB_REF", ref),
            ("--sha", "GITHUB_SHA", sha),
        )
        if not value
    ]
    if missing:
        raise UsageProblem(
            f"What is to be released is not known: {', '.join(missing)} is missing.",
            remedy="In GitHub Actions these are set; elsewhere give the options.",
        )
    found = _REPOSITORY.fullmatch(repository)
    if found is None:
        raise UsageProblem(f"{shown(repository)} is no repository.", remedy="Write it as ORG/REPO.")
    problem = name_problem(found["name"]) or ref_problem(ref)
    if problem is None and not is_commit(sha):
        problem = f"{shown(sha)} is no whole commit id (40 digits)"
    if problem is not None:
        raise UsageProblem(f"Nothing was pushed: {problem}.", remedy="Rename it, or give --ref, --sha or --repository.")
    server = environ.get("GITHUB_SERVER_URL") or "https://github.com"
    return Source(OrgName(found["org"]), RepoName(found["name"]), ref, sha, server.rstrip("/"))


def _head(event: str | None) -> tuple[str, str]:
    try:
        told: Any = json.loads(event or "")
    except ValueError:
        told = None
    request = mapping(told, "pull_request")
    number, head = request.get("number"), part(request, "head", "sha")
    if not isinstance(number, int) or not isinstance(head, str):
        raise UsageProblem(
            "The event of this pull request can't be read: its head is not known.",
            remedy="GITHUB_EVENT_PATH names the file; or give --ref and --sha.",
        )
    return f"refs/pull/{number}/merge", head
