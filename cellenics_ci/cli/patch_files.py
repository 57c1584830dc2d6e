"""Patches as files: one a repository, in a folder of the operator's."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cellenics_ci.errors import UsageProblem
from cellenics_ci.model.names import RepoName
from cellenics_ci.oidc.patching import Patch


def check_folder(folder: Path) -> None:
    """Make the folder, before anything is changed anywhere. Raises UsageProblem."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise UsageProblem(
            f"The folder {folder} can't be made ({problem.strerror or type(problem).__name__}).",
            remedy="Name another one with --patch.",
        ) from None


def write_patches(folder: Path, patches: Iterable[tuple[RepoName, Patch]]) -> dict[RepoName, Path]:
    """Write a file for each patch, in place of an older one. Raises UsageProblem where that fails."""
    written: dict[RepoName, Path] = {}
    for repo, patch in patches:
        path = folder / f"{repo}.patch"
        try:
            # As bytes: line ends are part of what a patch says.
            path.write_bytes(patch.text.encode())
        except OSError as problem:
            raise UsageProblem(
                f"{path} can't be written ({problem.strerror or type(problem).__name__}).",
                remedy="Run the same command again with another --patch: the roles are there already.",
            ) from None
        written[repo] = path
    return written
