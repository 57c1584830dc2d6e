"""What a job may do with GITHUB_TOKEN, as far as its text shows: the question behind every added `permissions`.

A job without `permissions` has the repository's default. As soon as it names one, all others are gone
("Controlling permissions for GITHUB_TOKEN"), so `id-token: write` alone would take away what it lives on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import IntEnum
from typing import Final

from cellenics_ci.workflows.actions import uses_of
from cellenics_ci.workflows.document import Job, Source
from cellenics_ci.workflows.pipeline import Pipeline

_TOKEN = re.compile(r"github\.token|github\s*\[|GITHUB_TOKEN|github-token|toJSON\(\s*github\s*\)", re.IGNORECASE)
# Programs that may push with the credentials which checkout leaves behind in the clone.
_MAY_PUSH = re.compile(
    r"\bgit\s+push|\bgh\s|(?:^|[\s;&|(])\.{1,2}/|\b(?:make|npm|npx|yarn|pnpm|node|python3?|bash|sh|ruby|task|just|"
    r"gradle|mvn|semantic-release)\b"
)
_NO_TOKEN: Final = ("actions/upload-artifact", "actions/download-artifact", "actions/cache", "docker/setup-qemu-action")
_READS_AT_MOST: Final = (
    "actions/checkout",
    "actions/setup-dotnet",
    "actions/setup-go",
    "actions/setup-java",
    "actions/setup-node",
    "actions/setup-python",
    "azure/setup-helm",
    "azure/setup-kubectl",
    "docker/build-push-action",
    "docker/login-action",
    "docker/metadata-action",
    "docker/setup-buildx-action",
    "hashicorp/setup-terraform",
)
_OWNERS_WITHOUT_TOKEN: Final = ("aws-actions/",)


class TokenUse(IntEnum):
    """What a job needs of its token at most, from nothing to what can't be told."""

    NONE = 0
    READ_CONTENTS = 1
    WRITE_CONTENTS = 2
    UNKNOWN = 3


def token_use(pipeline: Pipeline, source: Source, job: Job) -> TokenUse:
    """Return what a job needs at most. What a workflow of another repository does is not known."""
    if job.uses is not None:
        return TokenUse.UNKNOWN
    text = source.text[job.node.start : job.node.end]
    environment = source.get("env")
    around = source.text[environment.start : environment.end] if environment else ""
    if _TOKEN.search(text) or _TOKEN.search(around):
        return TokenUse.UNKNOWN
    return _of_steps(pipeline, source, job)


def _of_steps(pipeline: Pipeline, source: Source, job: Job) -> TokenUse:
    found = TokenUse.NONE
    scripts: list[str] = []
    for where, step, _ in pipeline.steps(source, job.steps):
        if where is not source and _TOKEN.search(where.text):
            return TokenUse.UNKNOWN
        if step.run is not None:
            scripts.append(step.run.value)
        if step.uses is not None:
            found = max(found, _of_action(step.uses.value, known=pipeline.action(step) is not None))
    if found is TokenUse.READ_CONTENTS and _may_push(scripts):
        return TokenUse.WRITE_CONTENTS
    return found


def _of_action(written: str, *, known: bool) -> TokenUse:
    uses = uses_of(written)
    if uses.local:
        # What it does is in its steps; that it is there takes a checkout, which shows by itself.
        return TokenUse.NONE if known else TokenUse.UNKNOWN
    name = uses.target.casefold()
    if name in _NO_TOKEN or name.startswith(_OWNERS_WITHOUT_TOKEN):
        return TokenUse.NONE
    return TokenUse.READ_CONTENTS if name in _READS_AT_MOST else TokenUse.UNKNOWN


def _may_push(scripts: Iterable[str]) -> bool:
    return any(_MAY_PUSH.search(script) for script in scripts)
