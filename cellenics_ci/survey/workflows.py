"""What a survey keeps of a repository's workflows: the facts that most commands ask for, and the whole of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from cellenics_ci.model.repositories import WorkflowFile
from cellenics_ci.workflows.facts import UNKNOWN_PIPELINE, PipelineFacts
from cellenics_ci.workflows.reading import read_pipeline


@dataclass(frozen=True, slots=True)
class WorkflowFacts:
    """What the workflows on the default branch do. None: not known, a workflow's text is missing.

    `readers` are the files that read the pair. `pipeline` has the places, and what sets the jobs off.
    """

    reads_pair: bool | None
    reads_ci_token: bool | None
    assumes_role: bool | None
    readers: tuple[str, ...] = ()
    pipeline: PipelineFacts = field(default=UNKNOWN_PIPELINE, compare=False)


UNKNOWN_WORKFLOWS: Final = WorkflowFacts(None, None, None)


def workflow_facts(files: Iterable[WorkflowFile] | None, default_branch: str | None = None) -> WorkflowFacts:
    """Return what these workflow files do; all unknown where they could not be listed (None)."""
    found = read_pipeline(files, default_branch=default_branch)
    readers = dict.fromkeys(read.place.file.rpartition("/")[2] for read in found.key_reads)
    return WorkflowFacts(found.reads_pair, found.reads_ci_token, found.assumes_role, tuple(readers), found)
