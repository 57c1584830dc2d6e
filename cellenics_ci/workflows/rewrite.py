"""From keys to the role: what changes in a repository's workflows, and what is left because it can't be done safely.

A job changes as a whole or not at all: half of it with a key and half with a role would be neither. The same goes for
a workflow that others call. What is left is named by its line and the reason; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from cellenics_ci.model.repositories import WorkflowFile
from cellenics_ci.workflows.calls import stop_handing_on
from cellenics_ci.workflows.changes import ACCOUNT_VARIABLE, REGION_VARIABLE, Changes, Wanted
from cellenics_ci.workflows.document import Job, Source
from cellenics_ci.workflows.edits import Edit, apply
from cellenics_ci.workflows.facts import PAIR, KeyRead, Place, Problem, Via
from cellenics_ci.workflows.job_change import change_job
from cellenics_ci.workflows.pipeline import Pipeline, read_files
from cellenics_ci.workflows.reading import facts_of
from cellenics_ci.workflows.text import mentions
from cellenics_ci.workflows.triggers import CALL, events

_WITH_THE_OTHERS: Final = "it stays with the rest of its job, which changes as a whole or not at all"
_NOWHERE: Final = "the key is used in a way that can't be changed safely"
_UNPROVEN: Final = "what a change would make of this file could not be verified: nothing is changed"


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A file that changes, as it is and as it is to be."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Rewrite:
    """What changes, what is left with its reason (lines are those of the files as they are), and what it needs.

    `variables` are the names of the repository variables that the changed files read.
    """

    files: tuple[Rewritten, ...] = ()
    left: tuple[Problem, ...] = ()
    variables: tuple[str, ...] = ()


def rewrite(files: Iterable[WorkflowFile], wanted: Wanted) -> Rewrite:
    """Return how these files come to use the role. A file whose text is missing is not looked at, nor told of."""
    listed = list(files)
    pipeline = read_files(listed)
    reads = facts_of(pipeline).key_reads
    edits: dict[str, list[Edit]] = {}
    problems: dict[Problem, None] = {}
    for source in pipeline.sources.values():
        for jobs in _units(pipeline, source, reads):
            changes = _change(pipeline, source, jobs, wanted)
            problems |= dict.fromkeys(changes.problems)
            if not changes.problems:
                for path, found in changes.edits.items():
                    edits.setdefault(path, []).extend(found)
    changed = [
        # Edits that overlap are a mistake of ours, which the check below finds: no text can be read from it.
        Rewritten(path, source.text, apply(source.text, edits[path]) or "")
        for path, source in sorted(pipeline.sources.items())
        if edits.get(path)
    ]
    gone = _gone(pipeline, edits)
    remaining = [read for read in reads if (read.place, read.secret) not in gone]
    left = {problem.place: problem for problem in _explained(pipeline, remaining)}
    left |= {problem.place: problem for problem in reversed(problems)}
    if not _holds(listed, changed, remaining):
        return Rewrite(left=tuple(Problem(read.place, _UNPROVEN) for read in reads))
    text = "".join(file.after for file in changed)
    used = tuple(name for name in (ACCOUNT_VARIABLE, REGION_VARIABLE) if f"vars.{name}" in text)
    return Rewrite(tuple(changed), tuple(left[place] for place in sorted(left)), used)


def _units(pipeline: Pipeline, source: Source, reads: tuple[KeyRead, ...]) -> Iterator[list[Job]]:
    """Yield the jobs that change together: all of a workflow that is called, or whose env holds the key; else each."""
    here = [read for read in reads if read.place.file == source.path]
    around = any(read.via is Via.WORKFLOW_ENV for read in here)
    jobs = [job for job in source.jobs if job.steps and (around or any(read.job == job.id for read in here))]
    if around or CALL in events(source.get("on")):
        if jobs:
            yield jobs
    else:
        yield from ([job] for job in jobs)


def _change(pipeline: Pipeline, source: Source, jobs: list[Job], wanted: Wanted) -> Changes:
    changes = Changes()
    for job in jobs:
        change_job(changes, pipeline, source, job, wanted)
    if CALL in events(source.get("on")):
        stop_handing_on(changes, pipeline, source)
    return changes


def _gone(pipeline: Pipeline, edits: dict[str, list[Edit]]) -> set[tuple[Place, str]]:
    """Return the readings that edits take away: place and secret."""
    return {
        (source.place(mention.offset), mention.secret or PAIR)
        for path, found in edits.items()
        for source in [pipeline.sources[path]]
        for mention in mentions(source.text)
        if any(edit.start <= mention.offset < edit.end for edit in found)
    }


def _explained(pipeline: Pipeline, remaining: Iterable[KeyRead]) -> Iterator[Problem]:
    """Yield why a reading stays, for those of which nothing else is said."""
    broken = {problem.place.file: problem.sentence for problem in pipeline.problems}
    for read in remaining:
        if read.place.file in broken:
            sentence = broken[read.place.file]
        elif read.via in (Via.CALL, Via.INHERIT):
            sentence = _call_sentence(pipeline, read)
        elif read.via is Via.ANYTHING:
            sentence = "it reads all secrets, or one whose name is put together when it runs"
        else:
            sentence = _WITH_THE_OTHERS if read.job else _NOWHERE
        yield Problem(read.place, sentence)


def _call_sentence(pipeline: Pipeline, read: KeyRead) -> str:
    source = pipeline.sources[read.place.file]
    job = next((job for job in source.jobs if job.id == read.job), None)
    if job is None or job.uses is None:
        return _NOWHERE
    if pipeline.called(job) is not None:
        return "the workflow that is called still reads the key, or knows it under another name"
    return f"the key is handed to a workflow that is not read here: {job.uses.value}"


def _holds(files: Iterable[WorkflowFile], changed: Iterable[Rewritten], remaining: list[KeyRead]) -> bool:
    """Whether the result is YAML, and reads exactly what was to remain. If not, a mistake of ours is caught here."""
    after = {file.path: file.after for file in changed}
    if not all(after.values()):
        return False
    facts = facts_of(read_files(replace(file, text=after.get(file.path, file.text)) for file in files))
    new_problems = [problem for problem in facts.problems if problem.place.file in after]
    return not new_problems and len(facts.key_reads) == len(remaining)
