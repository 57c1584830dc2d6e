"""The JSON of push-release. Its form is `push-release.schema.json`; a change that breaks readers is a new number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cellenics_ci.cli.views.json_text import Json
from cellenics_ci.cli.views.release_view import Facts
from cellenics_ci.releases.outcome import PushOutcome

SCHEMA: Final = 1
COMMAND: Final = "push-release"


def push_document(facts: Facts, outcome: PushOutcome, *, dry_run: bool, diff: Sequence[str] | None = None) -> Json:
    """Return a push as a JSON document. In a dry run `outcome` is what would happen; `diff` None: not looked at."""
    release = facts.release
    return {
        "schema": SCHEMA,
        "command": COMMAND,
        "dry_run": dry_run,
        "repository": facts.repository,
        "path": outcome.path,
        "environment": release.environment,
        "service": release.name,
        "source": {
            "repository": release.source.repository,
            "ref": release.source.ref,
            "commit": release.source.commit,
        },
        "namespace": release.namespace,
        "sandbox_id": release.sandbox_id,
        "images": [
            {"image": f"{release.registry}/{release.repository}", "tag": image.tag, "policy": image.policy}
            for image in release.images
        ],
        "image_checked": facts.seen,
        "outcome": outcome.status.value,
        "commit": outcome.commit,
        "conflicts": outcome.conflicts,
        "reason": outcome.reason,
        "next_step": outcome.next_step,
        "notes": list(outcome.notes),
        "diff": None if diff is None else list(diff),
    }
