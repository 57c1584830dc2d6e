"""How repositories get their AWS rights, and how far the organisation has come on its way from keys to roles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum

from cellenics_ci.survey.workflows import WorkflowFacts


class Rights(StrEnum):
    """What a repository's workflows on the default branch take AWS credentials with."""

    ROLE = "role"
    KEY = "key"
    BOTH = "both"
    NONE = "none"
    UNKNOWN = "unknown"


def rights_of(workflows: WorkflowFacts) -> Rights:
    """Return what workflows take credentials with. What could not be read whole may hold anything."""
    if workflows.reads_pair is None or workflows.assumes_role is None:
        return Rights.UNKNOWN
    if workflows.reads_pair:
        return Rights.BOTH if workflows.assumes_role else Rights.KEY
    return Rights.ROLE if workflows.assumes_role else Rights.NONE


def progress(rights: Iterable[Rights]) -> Mapping[Rights, int]:
    """Return how many repositories there are of each kind, zeros included."""
    found = Counter(rights)
    return {kind: found[kind] for kind in Rights}
