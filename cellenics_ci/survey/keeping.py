"""Workflow files kept while a survey reads them: it drops their texts, which whoever rewrites them needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cellenics_ci.model.names import RepoName
from cellenics_ci.model.repositories import Repository, WorkflowFile
from cellenics_ci.survey.ports import RepositoryReader


class KeepingFiles:
    """Reads repositories through another reader, and keeps the workflow files that pass."""

    def __init__(self, reader: RepositoryReader) -> None:
        self._reader = reader
        self._files: dict[RepoName, tuple[WorkflowFile, ...] | None] = {}

    @property
    def files(self) -> Mapping[RepoName, tuple[WorkflowFile, ...] | None]:
        """The files by repository, None where they could not be listed."""
        return self._files

    def repositories(self) -> Iterator[Repository]:
        """Yield every repository."""
        for found in self._reader.repositories():
            self._files[found.name] = found.workflows
            yield found

    def details(self, names: Sequence[RepoName]) -> Iterator[Repository]:
        """Yield some repositories again."""
        for found in self._reader.details(names):
            if found.workflows is not None:
                self._files[found.name] = found.workflows
            yield found
