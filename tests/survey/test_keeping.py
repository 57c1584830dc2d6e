"""Workflow files are kept while a survey reads them, and the newest look counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cellenics_ci.model.names import RepoName
from cellenics_ci.model.repositories import Repository, WorkflowFile
from cellenics_ci.survey.keeping import KeepingFiles

FIRST, SECOND = (WorkflowFile("ci.yaml", text) for text in ("on: push", "on: [push]"))


class Reader:
    """A repository whose page lacks its files, and one that has them."""

    def repositories(self) -> Iterator[Repository]:
        yield Repository(RepoName("api"), 1, workflows=None)
        yield Repository(RepoName("ui"), 2, workflows=(FIRST,))

    def details(self, names: Sequence[RepoName]) -> Iterator[Repository]:
        yield Repository(RepoName("api"), 1, workflows=(SECOND,))
        yield Repository(RepoName("ui"), 2, workflows=None)


def test_what_passes_is_kept_and_a_second_look_takes_nothing_away() -> None:
    keeping = KeepingFiles(Reader())
    assert [found.name for found in keeping.repositories()] == ["api", "ui"]
    assert keeping.files == {"api": None, "ui": (FIRST,)}
    assert len(list(keeping.details([RepoName("api")]))) == 2
    assert keeping.files == {"api": (SECOND,), "ui": (FIRST,)}
