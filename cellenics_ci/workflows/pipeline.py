"""All of a repository's workflow files and local actions, and how they call each other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from cellenics_ci.model.repositories import ACTION_NAMES, ACTIONS_FOLDER, WorkflowFile
from cellenics_ci.workflows.actions import uses_of
from cellenics_ci.workflows.document import Job, Source, Step, read_source
from cellenics_ci.workflows.facts import Place, Problem
from cellenics_ci.workflows.text import concerns_us
from cellenics_ci.yamlfaults import YamlRefused

_DEEPEST: Final = 10
_LOCAL = re.compile(r"""\buses['"]?\s*:\s*['"]?\./([^\s'"#,}]+)""")


@dataclass(eq=False)
class Pipeline:
    """The files by their paths. `missing` are those whose text could not be read, `problems` those that are no YAML."""

    sources: dict[str, Source] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()

    def action(self, step: Step) -> Source | None:
        """Return the local action that a step uses, None where it uses none, or one that was not read."""
        uses = uses_of(step.uses.value) if step.uses else None
        if uses is None or not uses.local:
            return None
        found = (self.sources.get(f"{uses.target}/{name}") for name in ACTION_NAMES)
        return next((source for source in found if source is not None), None)

    def called(self, job: Job) -> Source | None:
        """Return the workflow of this repository that a job calls, None where it calls none, or one not read."""
        uses = uses_of(job.uses.value) if job.uses else None
        return self.sources.get(uses.target) if uses is not None and uses.local else None

    def callers(self, source: Source) -> list[tuple[Source, Job]]:
        """Return the jobs of this repository that call a workflow."""
        return [
            (other, job)
            for other in self.sources.values()
            for job in other.jobs
            if job.uses is not None and self.called(job) is source
        ]

    def steps(self, source: Source, steps: Iterable[Step]) -> Iterator[tuple[Source, Step, Step | None]]:
        """Yield steps with those of the local actions that they use, these with the step that uses the action.

        Deeper than GitHub allows ("Creating a composite action": ten levels) it does not go.
        """
        waiting: list[tuple[Source, Step, Step | None, int]] = [(source, step, None, 0) for step in steps]
        while waiting:
            where, step, user, depth = waiting.pop(0)
            yield where, step, user
            action = self.action(step)
            if action is not None and depth < _DEEPEST:
                waiting += [(action, inner, step, depth + 1) for inner in action.steps]


def read_files(files: Iterable[WorkflowFile]) -> Pipeline:
    """Read the files that matter: those that name a secret or a role, and then all that use each other too.

    Most repositories of an organisation have none of the first kind; nothing of theirs is parsed.
    """
    listed = list(files)
    texts = {file.path: file.text for file in listed if file.text is not None}
    missing = frozenset(file.path for file in listed if file.text is None)
    ours = {path for path, text in texts.items() if concerns_us(text)}
    if not ours:
        return Pipeline(missing=missing)
    used = {path: set(_LOCAL.findall(text)) for path, text in texts.items()}
    targets = set[str]().union(*used.values())
    sources: dict[str, Source] = {}
    problems: list[Problem] = []
    for path, text in texts.items():
        if path in ours or path in targets or used[path] or path.startswith(ACTIONS_FOLDER):
            try:
                sources[path] = read_source(path, text)
            except YamlRefused as refused:
                sources[path] = Source(path, text)
                problems.append(Problem(Place(path, refused.line), refused.sentence))
    return Pipeline(sources, missing, tuple(problems))
