"""Names of GitHub repositories with their organisation, as Actions writes them and as git's remotes do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from cellenics_ci.model.names import OrgName, RepoName

_SLUG: Final = re.compile(r"(?P<org>[A-Za-z0-9](?:[A-Za-z0-9-]{0,98}[A-Za-z0-9])?)/(?P<repo>[A-Za-z0-9_.-]{1,100})")
_SCP: Final = re.compile(r"(?:[^@/:\s]+@)?[^@/:\s]+:(?P<path>[^:\s]+)")
_SCHEMES: Final = ("https", "http", "ssh", "git", "git+ssh", "ssh+git")


@dataclass(frozen=True, slots=True)
class RepositoryId:
    """A repository of an organisation."""

    org: OrgName
    name: RepoName

    def __str__(self) -> str:
        return f"{self.org}/{self.name}"


def repository_id(text: str) -> RepositoryId | None:
    """Return the repository that `ORG/REPO` names, None for anything else."""
    found = _SLUG.fullmatch(text)
    if found is None or found["repo"] in (".", ".."):
        return None
    return RepositoryId(OrgName(found["org"]), RepoName(found["repo"]))


def of_remote(url: str) -> RepositoryId | None:
    """Return the repository that a git remote's address names: https, ssh, or `git@HOST:ORG/REPO.git`."""
    path = _path(url.strip())
    return None if path is None else repository_id(path.strip("/").removesuffix(".git"))


def _path(url: str) -> str | None:
    if "://" not in url:
        scp = _SCP.fullmatch(url)
        return scp["path"] if scp else None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts.path if parts.scheme in _SCHEMES and parts.hostname else None
