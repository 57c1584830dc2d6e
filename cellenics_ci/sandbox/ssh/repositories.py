"""Bare git repositories in a folder, made by git itself."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

_WHO: Final = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "cellenics"), ("EMAIL", "ci@example.com"), ("DATE", "1800000000 +0000"))
}


def git_environment() -> dict[str, str]:
    """Return an environment in which git finds no configuration but its own."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.devnull,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "LC_ALL": "C",
        **_WHO,
    }


class Repositories:
    """Repositories as `ORG/REPO.git` below a folder; names in small letters, as GitHub does not tell them apart."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @staticmethod
    def available() -> bool:
        """Whether there is a git to make them with."""
        return shutil.which("git") is not None

    def path(self, full_name: str) -> Path:
        """Return where a repository (`org/repo`) is, or would be."""
        return self.folder / f"{full_name.lower()}.git"

    def add(self, full_name: str, branch: str) -> Path:
        """Make a repository with one commit on a branch, if it is not there yet."""
        path = self.path(full_name)
        if not path.exists():
            self.empty(full_name, branch)
            self.commit(full_name, branch, "README.md", f"# {full_name}\n")
        return path

    def empty(self, full_name: str, branch: str) -> Path:
        """Make a repository without a commit, if it is not there yet."""
        path = self.path(full_name)
        if not path.exists():
            path.mkdir(parents=True)
            self._git(path, "init", "--quiet", "--bare", f"--initial-branch={branch}", ".")
        return path

    def commit(self, full_name: str, branch: str, name: str, content: str) -> str:
        """Put a commit with one file on a branch, and return its id."""
        path = self.path(full_name)
        blob = self._git(path, "hash-object", "-w", "--stdin", text=content)
        tree = self._git(path, "mktree", text=f"100644 blob {blob}\t{name}\n")
        commit = self._git(path, "commit-tree", tree, "-m", f"Write {name}")
        self._git(path, "update-ref", f"refs/heads/{branch}", commit)
        return commit

    def _git(self, path: Path, *arguments: str, text: str = "") -> str:
        done = subprocess.run(
            ["git", "-C", str(path), *arguments],
            input=text,
            env=git_environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()
