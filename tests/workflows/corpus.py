"""The workflow files that the rewriting is tried on: one folder a repository, with what is to come of it.

`expected.patch` is the patch, `left.txt` what is left and why. `python -m tests.workflows.corpus` writes both anew:
look at the difference before you commit it.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Final

from cellenics_ci.model.repositories import WORKFLOWS_FOLDER, WorkflowFile
from cellenics_ci.workflows.changes import Wanted
from cellenics_ci.workflows.patch import patch_text
from cellenics_ci.workflows.rewrite import Rewrite, rewrite

CASES: Final = Path(__file__).parent / "cases"
_USUAL: Final = Wanted(role="ci-role-api", token_default="read")
_SPECIAL: Final = {
    "token-unknown": Wanted(role="ci-role-api"),
    "token-write": Wanted(role="ci-role-api", token_default="write"),
    "foreign-environment": Wanted(role="ci-role-api", foreign_environments=frozenset({"production"})),
    "reusable-called-by-others": Wanted(
        role="ci-role-api", called_elsewhere=frozenset({f"{WORKFLOWS_FOLDER}/image.yaml"})
    ),
}


def names() -> list[str]:
    """Return the names of the cases."""
    return sorted(folder.name for folder in CASES.iterdir())


@functools.cache
def files(name: str) -> tuple[WorkflowFile, ...]:
    """Return the files of a case, in the order in which they are discovered."""
    found = sorted((CASES / name).rglob("*.y*ml"), key=lambda path: ("actions" in path.parts, path))
    return tuple(
        WorkflowFile(path.name, path.read_bytes().decode(), str(path.parent.relative_to(CASES / name)))
        for path in found
    )


def wanted(name: str) -> Wanted:
    """Return what is known of the case's repository besides its files."""
    return _SPECIAL.get(name, _USUAL)


@functools.cache
def rewritten(name: str) -> Rewrite:
    """Return what is to be done in a case."""
    return rewrite(files(name), wanted(name))


def left_text(result: Rewrite) -> str:
    """Return what is left as lines."""
    return "".join(f"{problem}\n" for problem in result.left)


if __name__ == "__main__":
    for case in names():
        outcome = rewritten(case)
        (CASES / case / "expected.patch").write_bytes(patch_text(outcome.files).encode())
        (CASES / case / "left.txt").write_text(left_text(outcome))
