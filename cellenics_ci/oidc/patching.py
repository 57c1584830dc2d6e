"""What becomes of a repository's workflows: the patch with which they assume the role, and what a person has to do."""

from __future__ import annotations

from dataclasses import dataclass

from cellenics_ci.model.names import Region, RoleName
from cellenics_ci.model.repositories import WorkflowFile
from cellenics_ci.oidc.whom import Frame
from cellenics_ci.survey.github import SurveyedRepository


@dataclass(frozen=True, slots=True)
class Patch:
    """The change to one repository's files.

    `text` is what `git apply` takes, "" where nothing changes. `by_hand` names what is not changed, and why.
    """

    text: str = ""
    files: tuple[str, ...] = ()
    by_hand: tuple[str, ...] = ()


def patch_of(
    surveyed: SurveyedRepository,
    role: RoleName,
    files: tuple[WorkflowFile, ...] | None,
    region: Region,
    frame: Frame,
) -> tuple[Patch, tuple[tuple[str, str], ...]]:
    """Return the change to a repository's workflows, and the variables to set for it."""
    return Patch(), ()
