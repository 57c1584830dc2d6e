"""The repository that a command runs in: the workflow's, or that of git's remote."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from typing import Final

from cellenics_ci.errors import UsageProblem
from cellenics_ci.model.remotes import RepositoryId, of_remote, repository_id
from cellenics_ci.privileges.problems import shown

VARIABLE: Final = "GITHUB_REPOSITORY"
_TIMEOUT: Final = 10.0
_REMEDY: Final = f"Name a repository, or set {VARIABLE} to ORG/REPO."


def own_repository(environ: Mapping[str, str]) -> RepositoryId | None:
    """Return the repository that we are in, None where nothing tells. Raises UsageProblem for what is no name."""
    if told := environ.get(VARIABLE):
        found = repository_id(told)
        if found is None:
            raise UsageProblem(f"{VARIABLE} is {shown(told)}, which is no repository.", remedy=_REMEDY)
        return found
    url = _remote()
    return None if url is None else of_remote(url)


def required_repository(environ: Mapping[str, str]) -> RepositoryId:
    """Return the repository that we are in. Raises UsageProblem where nothing tells."""
    found = own_repository(environ)
    if found is None:
        raise UsageProblem(
            f"Which repository is meant is not known: {VARIABLE} is not set, and there is no git remote `origin` here"
            " that names one.",
            remedy=_REMEDY,
        )
    return found


def _remote() -> str | None:
    """Return the address of `origin`; git knows about worktrees, includes and `insteadOf`."""
    try:
        done = subprocess.run(
            ["git", "remote", "get-url", "origin"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
