"""Workflows of this repository that call each other: who must grant the token, and who need not hand on the pair."""

from __future__ import annotations

from cellenics_ci.model.names import PAIR_NAMES
from cellenics_ci.workflows.changes import Changes, Wanted
from cellenics_ci.workflows.credentials import in_lines
from cellenics_ci.workflows.document import Job, Source, pairs_of, value_of
from cellenics_ci.workflows.edits import Edit, Entry, without_flow, without_lines
from cellenics_ci.workflows.keys import is_secret
from cellenics_ci.workflows.permissions import grant
from cellenics_ci.workflows.pipeline import Pipeline
from cellenics_ci.workflows.text import mentions
from cellenics_ci.workflows.triggers import CALL, events
from cellenics_ci.yamltree import MapNode, Node


def grant_upwards(changes: Changes, pipeline: Pipeline, source: Source, job: Job, wanted: Wanted) -> None:
    """Let a job ask for a token, and every job that calls its workflow: nobody gets more than the caller has."""
    seen = set[int]()
    waiting = [(source, job)]
    while waiting:
        where, one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        changes.take(where, grant(pipeline, where, one, wanted.token_default))
        if CALL in events(where.get("on")):
            waiting += pipeline.callers(where)


def called_elsewhere(pipeline: Pipeline, source: Source, wanted: Wanted) -> bool:
    """Whether other repositories call this workflow, or nobody else can; the role would not trust them."""
    started = events(source.get("on"))
    return CALL in started and (
        source.path in wanted.called_elsewhere or (len(started) == 1 and not pipeline.callers(source))
    )


def stop_handing_on(changes: Changes, pipeline: Pipeline, source: Source) -> None:
    """Note what takes the pair out of a called workflow's declaration, and out of what its callers hand on.

    A caller that has it from its own caller, for nothing else, hands on the change too.
    """
    waiting, seen = [source], {source.path}
    while waiting:
        called = waiting.pop()
        _drop(changes, called, value_of(called.get("on"), CALL))
        for caller, job in pipeline.callers(called):
            for key, value in pairs_of(job.get("secrets")):
                if key.value in PAIR_NAMES and not is_secret(value, key.value):
                    changes.refuse(caller, key, "what is handed on under the key's name is not, or not only, the key")
            _drop(changes, caller, job.node)
            if CALL in events(caller.get("on")) and caller.path not in seen and _has_no_other_use(changes, caller):
                seen.add(caller.path)
                waiting.append(caller)


def _has_no_other_use(changes: Changes, source: Source) -> bool:
    """Whether everything in a file that reads the pair is taken out."""
    edits = changes.edits.get(source.path, [])
    return all(
        any(edit.start <= mention.offset < edit.end for edit in edits)
        for mention in mentions(source.text)
        if mention.secret in PAIR_NAMES
    )


def _drop(changes: Changes, source: Source, holder: Node | None) -> None:
    """Take the pair out of the `secrets` below a node, and `secrets` itself where nothing else is in it."""
    own = next((entry for entry in pairs_of(holder) if entry[0].value == "secrets"), None)
    if own is None or not isinstance(own[1], MapNode):
        return
    secrets = own[1]
    gone = [entry for entry in pairs_of(secrets) if entry[0].value in PAIR_NAMES]
    if not gone:
        return
    emptied = len(gone) == len(secrets.pairs)
    if secrets.repeated or (not secrets.flow and not in_lines(source, gone)):
        changes.refuse(source, own[0], "these secrets are no plain block of lines")
    elif not secrets.flow:
        changes.edit(source, *_without_block(source, own, gone, emptied=emptied))
    elif emptied:
        changes.edit(source, Edit(secrets.start, secrets.end, "{}"))
    else:
        changes.edit(source, *without_flow(source, secrets, gone))


def _without_block(source: Source, own: Entry, gone: list[Entry], *, emptied: bool) -> list[Edit]:
    key = own[0]
    if not emptied:
        return without_lines(source, gone)
    if in_lines(source, [own]):
        # `workflow_call:` with nothing in it is as good as an empty mapping.
        return without_lines(source, [(key, key), *gone])
    after = source.text.index(":", key.end) + 1
    return [Edit(after, after, " {}"), *without_lines(source, gone)]
